"""Whether beats are sure and right, sure and wrong, or not sure."""

from typing import Protocol

import numpy as np

from mixdream.analysis.beats.beats import Beats

VERDICTS = ("sure and right", "sure and wrong", "not sure")

_NEAR_S = 0.05
_WRONG_BEATS = 4  # a bar


class Truth(Protocol):
    """What is true of a recording of one tempo: its beats, their places in the bar, the quarters of a bar."""

    @property
    def bpm(self) -> float: ...
    @property
    def beat_s(self) -> np.ndarray: ...
    @property
    def in_bar(self) -> np.ndarray: ...
    @property
    def quarters(self) -> float: ...


def right_beats(truth: Truth, beats: Beats) -> np.ndarray:
    """Which beats at 8 kHz are right in time, place in the bar and tempo, shape (N,), bool."""
    time_s = beats.sample / 8000
    if len(beats) < 2:
        return np.zeros(len(beats), bool)
    nearest = np.abs(time_s[:, None] - truth.beat_s).argmin(axis=1)
    right = np.abs(time_s - truth.beat_s[nearest]) < _NEAR_S
    right &= truth.in_bar[nearest] == beats.in_bar
    right &= np.abs(np.gradient(time_s) * truth.bpm / 60 - 1) < 0.1
    return right & (truth.quarters == 4)


def verdict(truth: Truth, beats: Beats) -> str:
    """Judge beats at 8 kHz: wrong where a bar's worth of sure ones is; right where half of all are sure."""
    right = right_beats(truth, beats)
    if (beats.sure & ~right).sum() >= _WRONG_BEATS:
        return "sure and wrong"
    return "sure and right" if (beats.sure & right).sum() >= max(1, len(beats) / 2) else "not sure"
