"""Automation: values that glide as Web Audio's do, and the filters of a voice that move with them."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from scipy.signal import lfilter

from mixdream.studio.play.play_state import RATE_HZ

FADE_S = 0.005
"""Time in which values change: as the page plays them."""

_TIME_CONSTANT = FADE_S / 3 * RATE_HZ  # samples
_ARRIVES = round(10 * FADE_S * RATE_HZ)  # samples after which a value is what it was to become
_BUTTERWORTH = math.sqrt(0.5)  # what the page's Q of -3.01 dB stands for: no bump at the cutoff


@dataclass
class Glide:
    """A value over time that approaches each new one exponentially (Web Audio API, ``setTargetAtTime``).

    >>> glide = Glide(1.0)
    >>> glide.to(0.0, at=100)
    >>> glide.values(99, 2).tolist(), round(glide.values(1100, 1)[0].item(), 3)
    ([1.0, 1.0], 0.0)
    """

    first: float
    _turns: list[tuple[int, float, float]] = field(default_factory=list)  # sample, value there, target

    def to(self, target: float, at: int) -> None:
        """Head for another value from a sample on, or from where it was told last; at 0 at once."""
        at = max(at, self._turns[-1][0]) if self._turns else at
        before = target if at == 0 else float(self.values(at, 1)[0])
        if target != (self._turns[-1][2] if self._turns else self.first) or at == 0:
            self._turns.append((at, before, target))

    def values(self, start: int, samples: int) -> np.ndarray:
        """Values of so many samples from one on."""
        made = np.full(samples, self.first)
        number = max(0, bisect_right(self._turns, start, key=lambda turn: turn[0]) - 1)
        for at, before, target in self._turns[number:]:
            if at >= start + samples:
                break
            inside = slice(max(0, at - start), samples)
            passed = np.arange(start + inside.start, start + samples) - at
            away = np.where(passed < _ARRIVES, np.exp(-passed / _TIME_CONSTANT), 0.0)
            made[inside] = target + (before - target) * away
        return made


class Cut:
    """A low or high cut of second order whose cutoff moves: a biquad as Web Audio has them.

    At 0 Hz the one, at half the rate the other lets everything pass as it is.
    """

    def __init__(self, passes: str, cutoff: Glide) -> None:
        self._high_pass = passes == "high"
        self._cutoff = cutoff
        self._before = np.zeros((2, 2, 2))  # the last two samples that came, and that went, on each side

    def filter(self, audio: np.ndarray, start: int) -> np.ndarray:
        """Filter the next samples, shape (2, n), the first of which is number ``start``."""
        cutoffs = self._cutoff.values(start, audio.shape[-1])
        if np.ptp(cutoffs) == 0:
            filtered = self._steady(biquad(cutoffs[:1], high_pass=self._high_pass)[:, 0], audio)
        else:
            filtered = filter_moving(biquad(cutoffs, high_pass=self._high_pass), audio, self._before)
        pairs = zip(self._before, (audio, filtered), strict=True)
        self._before = np.stack([np.concatenate([old, new], axis=1)[:, -2:] for old, new in pairs])
        return filtered

    def _steady(self, coefficients: np.ndarray, audio: np.ndarray) -> np.ndarray:
        b, a = coefficients[:3], coefficients[3:]
        if not a.any():
            return audio  # a wire
        came, went = self._before
        state = [
            b[1] * came[:, 1] + b[2] * came[:, 0] - a[0] * went[:, 1] - a[1] * went[:, 0],
            b[2] * came[:, 1] - a[1] * went[:, 1],
        ]
        return lfilter(b, [1.0, *a], audio, zi=np.stack(state, axis=1))[0]


def biquad(cutoff_hz: np.ndarray, *, high_pass: bool) -> np.ndarray:
    """Coefficients b0, b1, b2, a1, a2 of high-passes or low-passes, shape (5, cutoffs); a0 is 1.

    Web Audio API, "Filters Characteristics". Where nothing is cut they are those of a wire.
    """
    w = 2 * math.pi * cutoff_hz / RATE_HZ
    alpha, cosine = np.sin(w) / (2 * _BUTTERWORTH), np.cos(w)
    outer = (1 + cosine) / 2 if high_pass else (1 - cosine) / 2
    inner = -2 * outer if high_pass else 2 * outer
    made = np.stack([outer, inner, outer, -2 * cosine, 1 - alpha]) / (1 + alpha)
    made[:, cutoff_hz <= 0 if high_pass else cutoff_hz >= RATE_HZ / 2] = [[1.0], [0.0], [0.0], [0.0], [0.0]]
    return made


@njit(nogil=True, cache=True)
def filter_moving(coefficients: np.ndarray, audio: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Filter audio, shape (2, n), with coefficients for each sample, shape (5, n), in direct form I.

    That form goes on from what came and went, which stays what it was when the coefficients change; it is
    what browsers use. ``before``, shape (2, 2, 2), has the last two samples that came, and that went.
    """
    filtered = np.empty_like(audio)
    for side in range(len(audio)):
        x2, x1 = before[0, side]
        y2, y1 = before[1, side]
        for i in range(audio.shape[1]):
            b0, b1, b2, a1, a2 = coefficients[:, i]
            x = audio[side, i]
            y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
            x2, x1, y2, y1 = x1, x, y1, y
            filtered[side, i] = y
    return filtered
