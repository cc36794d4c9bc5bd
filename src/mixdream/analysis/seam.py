"""Whether a loop can be heard to start again: its seam against every other place in it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from mixdream.analysis.levels import levels_db, rises_db

_FRAME_S, _HOP_S = 0.008, 0.002  # short frames: a click is spread over few of them
_REACH = 3  # hops to either side of a place from which a frame still touches it
_NOTHING_DB = 1e-3  # steady tones rise by nothing but rounding


@dataclass(frozen=True)
class Seam:
    """How much begins at the seam of a loop.

    Attributes
    ----------
    ratio : float
        Spectral flux at the seam over the strongest anywhere else: up to 1 something else in the loop is as
        sudden; far above 1 the seam stands out.
    quantile : float in [0, 1]
        Share of the other places at which less begins than at the seam.
    """

    ratio: float
    quantile: float


def seam_score(audio: np.ndarray, rate_hz: int) -> Seam:
    """Compare spectral flux where the end of a loop meets its start with that in the rest of the loop.

    A kick on the downbeat is no flaw where other beats have kicks; a click, a jump or a break of phase raises
    frequencies that nothing else in the loop raises as suddenly. What the loop's own onsets cover is not
    found, nor does the ear find it.

    The audio, shape (samples,), is one period of at least 0.1 s.

    >>> whole_cycles = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> bool(seam_score(whole_cycles, 8000).ratio < 1.5)
    True
    >>> bool(seam_score(whole_cycles[:-9], 8000).ratio > 5)
    True
    """
    frames = round(len(audio) / (_HOP_S * rate_hz))
    flux = rises_db(levels_db(audio, rate_hz, _FRAME_S, frames, loop=True), loop=True)
    strongest = maximum_filter1d(flux, 2 * _REACH + 1, mode="wrap")
    seam, others = strongest[0], strongest[2 * _REACH + 1 : -2 * _REACH]
    ratio = max(seam, _NOTHING_DB) / max(others.max(), _NOTHING_DB)
    return Seam(float(ratio), float(np.mean(others < seam)))
