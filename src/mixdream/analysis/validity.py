"""Validity: clips that no metric should see, because they are silent, clipped or not numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mixdream.errors import InputError

SILENT_DBFS = -60.0
FULL_SCALE = 0.999
CLIPPED_RUN = 3  # samples in a row at full scale; a peak that merely touches it has fewer


@dataclass(frozen=True)
class Validity:
    """What is wrong with a set of clips.

    Attributes
    ----------
    nan, silent, clipped : np.ndarray, shape (n,), bool
        Clips with NaN or infinity; with a level under -60 dBFS (RMS, the mean taken out); with 3 samples or
        more in a row at full scale. What is not a number is neither silent nor clipped.
    """

    nan: np.ndarray
    silent: np.ndarray
    clipped: np.ndarray

    @property
    def usable(self) -> np.ndarray:
        """Clips that can be embedded: finite and not silent; clipped ones can."""
        return ~(self.nan | self.silent)

    @property
    def shares(self) -> dict[str, float]:
        """Share of clips of each kind, in [0, 1]."""
        kinds = {"nan": self.nan, "silent": self.silent, "clipped": self.clipped}
        return {name: float(clips.mean()) for name, clips in kinds.items()}


def check_clips(clips: Iterable[np.ndarray]) -> Validity:
    """Look for broken clips, as they are written: models may overshoot before.

    Each is of shape (samples,) or (samples, channels); a clip is clipped where one of its channels is.
    InputError where there are none, or one is empty.

    >>> check_clips([np.zeros(100), np.full(100, np.nan), np.sin(np.arange(100))]).shares["silent"]
    0.333...
    """
    faults = [_faults(i, np.asarray(clip, dtype=np.float64)) for i, clip in enumerate(clips)]
    if not faults:
        raise InputError("there are no clips to check")
    nan, silent, clipped = np.array(faults).T
    return Validity(nan, silent, clipped)


def _faults(i: int, clip: np.ndarray) -> tuple[bool, bool, bool]:
    if clip.ndim not in (1, 2) or clip.size == 0:
        raise InputError(
            f"clip {i} has shape {clip.shape}: it must be (samples,) or (samples, channels), and not empty"
        )
    if not np.isfinite(clip).all():
        return True, False, False
    sides = clip.reshape(len(clip), -1)
    silent = (sides - sides.mean(axis=0)).std() < 10 ** (SILENT_DBFS / 20)
    # One after the other, with a sample between them that is not full.
    full = np.pad(np.abs(sides) >= FULL_SCALE, ((1, 1), (0, 0))).T.reshape(-1).astype(np.int8)
    edges = np.flatnonzero(np.diff(full))
    longest = (edges[1::2] - edges[::2]).max(initial=0)
    return False, bool(silent), bool(longest >= CLIPPED_RUN)
