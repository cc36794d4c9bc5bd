"""Scaling: magnitudes to the values a model sees, and back."""

from collections.abc import Sequence
from statistics import median

import torch
from torch import Tensor

from mixdream.spectrogram.grid import Scaling
from mixdream.spectrogram.statistics import LOG_FLOOR_DB, LogStatistics, decibels

SPREAD = 3.0
"""Standard deviations of a bin that ``log-standard`` maps to 1, as SpecGAN does (Donahue et al. 2019).

A flow takes images times this, so that they vary as much as the noise does.
"""

_NOTHING_FITTED = LogStatistics(reference_db={"": 0.0}, mean_db=(), std_db=())


class Scaler:
    """Maps linear magnitudes to model values and back.

    Parameters
    ----------
    scaling : {"min-max", "as-is", "log", "log-standard", "waveform"}
        ``min-max``: each image to [0, 1], ``(x - min) / (max - min)`` as in scikit-learn's MinMaxScaler
        (a constant image becomes 0).
        ``as-is``: unchanged; so is ``waveform``, whose model sees no magnitudes.
        ``log``: decibels from -80 dB to 0 mapped to [-1, 1], quieter and louder ones clipped.
        ``log-standard``: decibels relative to the reference of the window's set, clipped to [-80, 0], then
        each bin standardised: its mean becomes 0, three standard deviations 1.
    statistics : LogStatistics, optional
        What ``log-standard`` needs, fitted on the training windows.

    Examples
    --------
    >>> Scaler("log").scale(torch.tensor([[1.0, 0.01, 0.0]]))
    tensor([[ 1.,  0., -1.]])
    """

    def __init__(self, scaling: Scaling, statistics: LogStatistics | None = None) -> None:
        if scaling == "log-standard" and statistics is None:
            raise ValueError("scaling log-standard needs the statistics of a corpus")
        self.scaling, self._statistics = scaling, statistics or _NOTHING_FITTED

    def scale(
        self, magnitudes: Tensor, sets: Sequence[str] = (), reference_db: float | None = None
    ) -> Tensor:
        """Linear magnitudes, shape (..., bins, frames), to values.

        ``log-standard`` takes shape (batch, bins, frames) and asks for the set that each spectrogram is from,
        or, for music that is of no set, its loudest cell as ``reference_db``.
        """
        if self.scaling == "min-max":
            low = magnitudes.amin((-2, -1), keepdim=True)
            span = magnitudes.amax((-2, -1), keepdim=True) - low
            return (magnitudes - low) / torch.where(span > 0, span, 1.0)
        if self.scaling == "log":
            return 1 - 2 * (decibels(magnitudes).clamp(LOG_FLOOR_DB, 0) / LOG_FLOOR_DB)
        if self.scaling == "log-standard":
            mean, spread = self._bins(magnitudes)
            relative = decibels(magnitudes) - self._references(sets, magnitudes, reference_db)
            return (relative.clamp(LOG_FLOOR_DB, 0) - mean) / spread
        return magnitudes

    def unscale(self, values: Tensor, sets: Sequence[str] = (), reference_db: float | None = None) -> Tensor:
        """Values to linear magnitudes >= 0, the inverse of `scale`.

        ``min-max`` has forgotten the level of its image: its values are taken as magnitudes as they are. For
        the logarithmic ones the floor becomes silence, so that nothing is added where there was nothing.
        Values that a model made up are of no set: they get the middle reference.
        """
        if self.scaling in ("min-max", "as-is", "waveform"):
            return values.clamp(min=0)
        if self.scaling == "log":
            relative, reference = (1 - values) / 2 * LOG_FLOOR_DB, torch.zeros(())
        else:
            mean, spread = self._bins(values)
            relative, reference = values * spread + mean, self._references(sets, values, reference_db)
        relative = relative.clamp(LOG_FLOOR_DB, 0)
        magnitudes = 10 ** ((relative + reference) / 20)
        # Rounding may lift the floor a little.
        return torch.where(relative <= LOG_FLOOR_DB + 1e-3, 0.0, magnitudes)

    def _bins(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and spread of each bin, shape (bins, 1)."""
        statistics = self._statistics
        mean, std = (like.new_tensor(values)[:, None] for values in (statistics.mean_db, statistics.std_db))
        return mean, SPREAD * std

    def _references(self, sets: Sequence[str], like: Tensor, reference_db: float | None) -> Tensor:
        """References of sets, shape (batch, 1, 1), the given one, or the middle one of all."""
        if reference_db is not None:
            return like.new_tensor(reference_db)
        known = self._statistics.reference_db
        if not sets:
            return like.new_tensor(median(known.values()))
        return like.new_tensor([known[name] for name in sets])[:, None, None]
