"""Beats and tempo of a set, as a corpus keeps them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from mixdream.errors import InputError
from mixdream.files import write_with

_STORED = np.dtype([("sample", "<f8"), ("in_bar", "i1"), ("sure", "?")])


class TempoBlock(BaseModel):
    """Tempo of some seconds of a set.

    Attributes
    ----------
    start_s, stop_s : float, in seconds of the source
    bpm : float
        In quarter notes, between 79 and 180.5; where the block is not sure, the best guess.
    confidence : float in [0, 1]
        Smallest where tempo, beats or downbeats may well be others; see `mixdream.analysis.beats.tracking`.
    sure : bool
        Whether most of its beats are.
    """

    model_config = ConfigDict(frozen=True)

    start_s: float
    stop_s: float
    bpm: float
    confidence: float = Field(ge=0, le=1)
    sure: bool


@dataclass(frozen=True)
class Beats:
    """Beats of a set in 4/4.

    Attributes
    ----------
    sample : np.ndarray, shape (N,), float64, rising
        Position in kept samples of the set, with fractions: the coordinates of `SetRecord.segments`.
    in_bar : np.ndarray, shape (N,), int8
        0 is a downbeat, then 1, 2, 3.
    sure : np.ndarray, shape (N,), bool
        Whether tempo, phase and downbeat are certain enough to cut loops here.
    """

    sample: np.ndarray
    in_bar: np.ndarray
    sure: np.ndarray

    def __len__(self) -> int:
        return len(self.sample)

    def write(self, path: Path) -> None:
        """Write a .npy file, which is on the disk when the method returns."""
        stored = np.empty(len(self), _STORED)
        stored["sample"], stored["in_bar"], stored["sure"] = self.sample, self.in_bar, self.sure
        write_with(path, lambda file: np.save(file, stored))

    @classmethod
    def read(cls, path: Path) -> "Beats":
        """Read what `write` wrote; InputError where the file is missing or is something else."""
        try:
            stored = np.load(path)
        except FileNotFoundError:
            raise InputError(
                f"'{path}' is missing: build the corpus again, it makes only what is missing"
            ) from None
        except (OSError, ValueError, EOFError) as error:
            raise InputError(f"cannot read '{path}': {error}") from None
        if not isinstance(stored, np.ndarray) or stored.dtype != _STORED or stored.ndim != 1:
            raise InputError(f"'{path}' holds no beats: see 'mixdream corpus verify', then build again")
        return cls(*(np.ascontiguousarray(stored[name]) for name in ("sample", "in_bar", "sure")))
