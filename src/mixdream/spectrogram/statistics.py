"""Statistics of log magnitudes: a reference per set, mean and standard deviation per frequency bin."""

from collections.abc import Callable, Iterable
from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from torch import Tensor

LOG_FLOOR_DB = -80.0  # quietest magnitude that logarithmic scalings tell apart
SMALLEST_STD_DB = 1.0  # a bin that never changes, such as one above a codec's cut-off, is not blown up


def decibels(magnitudes: Tensor) -> Tensor:
    """Level relative to a full-scale sine, in dB; zero becomes -240 dB."""
    return 20 * torch.log10(magnitudes.clamp(min=1e-12))


class LogStatistics(BaseModel):
    """What a model with scaling ``log-standard`` has to keep.

    ``reference_db`` is the level of each set that counts as 0 dB: its loudest cell, so that the dynamics
    within a set survive. Mean and deviation of each bin are of levels relative to that, clipped to [-80, 0].
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference_db: dict[str, FiniteFloat] = Field(min_length=1)
    mean_db: tuple[FiniteFloat, ...]
    std_db: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...]


def fit_statistics(
    batches: Callable[[], Iterable[tuple[list[str], Tensor]]], parent: LogStatistics | None = None
) -> LogStatistics:
    """Fit on spectrograms that come in batches; they are gone through twice.

    Each call of ``batches`` gives them anew: the set of each spectrogram, and magnitudes of shape
    (batch, bins, frames). Bins are standardised as by a ``parent``, where there is one, for a model that has
    learnt with it; references are of these sets in any case.
    """
    reference: dict[str, float] = {}
    for sets, magnitudes in batches():
        loudest = decibels(magnitudes).amax((1, 2)).tolist()
        for name, level in zip(sets, loudest, strict=True):
            reference[name] = max(level, reference.get(name, level))
    known = dict(sorted(reference.items()))
    if parent is not None:
        return LogStatistics(reference_db=known, mean_db=parent.mean_db, std_db=parent.std_db)
    cells, total, squares = 0, torch.zeros(()), torch.zeros(())
    for sets, magnitudes in batches():
        references = magnitudes.new_tensor([reference[name] for name in sets])[:, None, None]
        relative = (decibels(magnitudes) - references).clamp(LOG_FLOOR_DB, 0).double()
        cells += relative.shape[0] * relative.shape[2]
        total = total + relative.sum((0, 2)).cpu()
        squares = squares + relative.square().sum((0, 2)).cpu()
    mean = total / cells
    std = (squares / cells - mean.square()).clamp(min=0).sqrt().clamp(min=SMALLEST_STD_DB)
    return LogStatistics(reference_db=known, mean_db=tuple(mean.tolist()), std_db=tuple(std.tolist()))
