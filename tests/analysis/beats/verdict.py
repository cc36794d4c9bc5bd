"""Whether beats are sure and right, sure and wrong, or not sure."""

import numpy as np

from mixdream.analysis.beats.beats import Beats
from tests.analysis.beats.rendering import Rendering

VERDICTS = ("sure and right", "sure and wrong", "not sure")

_NEAR_S = 0.05
_WRONG_BEATS = 4  # a bar


def verdict(rendering: Rendering, beats: Beats) -> str:
    """Judge beats at 8 kHz: wrong where a bar's worth of sure ones is; right where half of all are sure."""
    time_s = beats.sample / 8000
    if not beats.sure.any():
        return "not sure"
    nearest = np.abs(time_s[:, None] - rendering.beat_s).argmin(axis=1)
    right = np.abs(time_s - rendering.beat_s[nearest]) < _NEAR_S
    right &= rendering.in_bar[nearest] == beats.in_bar
    right &= np.abs(np.gradient(time_s) * rendering.bpm / 60 - 1) < 0.1
    right &= rendering.quarters == 4
    if (beats.sure & ~right).sum() >= _WRONG_BEATS:
        return "sure and wrong"
    return "sure and right" if (beats.sure & right).mean() >= 0.5 else "not sure"
