"""Half beats: when the beats of a near-constant tempo strike, exact to a part of a frame."""

from itertools import pairwise

import numpy as np
from scipy.linalg import solveh_banded

from mixdream.analysis.beats.onsets import FRAMES_PER_S
from mixdream.analysis.beats.tempo import BLOCK_S
from mixdream.analysis.parabola import top_between

_TIGHTNESS = 8000.0  # cost of a beat that is off by a ratio r: tightness x log(r)^2
_JUMP = 15.0  # cost of starting anew with another phase, in standard deviations of onset strength
_OFF = 0.06  # of a half beat; what is off by more is no half beat of the same pulse
_SMOOTH = 1e6  # half beats are smoothed over about its fourth root: 32 of them
_REACH = 4  # frames around a beat in which its onset is looked for

LATE_FRAMES = 1.0
"""The rise of a log spectrum is seen that much before the attack."""


def follow_pulse(onsets: np.ndarray, bpm: np.ndarray) -> list[np.ndarray]:
    """Find the half beats.

    Parameters
    ----------
    onsets : np.ndarray, shape (bands, T), >= 0, low frequencies first
        Evened out, so that bands and passages count alike.
    bpm : np.ndarray, shape (blocks,)
        Tempo of each `BLOCK_S`.

    Returns
    -------
    list of np.ndarray, float64
        Half beats in frames of the rise, `LATE_FRAMES` before the attack; rising. Which of them are beats is
        left open. A new array begins where tempo or phase jump.
    """
    attacks = onsets[1:].sum(axis=0)  # low notes rise too slowly to tell when
    frames = _trace(onsets.sum(axis=0), bpm)
    steps = 2 * np.diff(frames) / _periods(len(attacks), bpm)[frames[:-1]]
    # A jump by half a beat stays on the same half beats: it is left open here which of them are the beats.
    whole = np.maximum(np.rint(steps), 1)
    breaks = np.flatnonzero(np.abs(steps - whole) > _OFF) + 1
    pieces = []
    for first, last in pairwise([0, *breaks.tolist(), len(frames)]):
        number = np.concatenate([[0], np.cumsum(whole[first : last - 1])])
        halves = np.interp(np.arange(number[-1] + 1), number, frames[first:last])
        pieces.append(_refine(halves, attacks))
    return _to_both_ends([piece for piece in pieces if len(piece) > 3], len(attacks))


def _to_both_ends(pieces: list[np.ndarray], frames: int) -> list[np.ndarray]:
    """Carry the first and the last tempo on to the first and the last frame."""
    if not pieces:
        return []
    first, last = pieces[0], pieces[-1]
    step = (first[3] - first[0]) / 3
    lead = first[0] - step * np.arange(int((first[0] + _REACH) / step), 0, -1)
    pieces[0] = np.concatenate([lead, first])
    step = (last[-1] - last[-4]) / 3
    rest = last[-1] + step * np.arange(1, int((frames - last[-1]) / step) + 1)
    pieces[-1] = np.concatenate([pieces[-1], rest])
    return pieces


def _periods(frames: int, bpm: np.ndarray) -> np.ndarray:
    """Frames per beat at each frame, shape (frames,)."""
    block = np.minimum((np.arange(frames) / (BLOCK_S * FRAMES_PER_S)).astype(int), len(bpm) - 1)
    return 60 * FRAMES_PER_S / bpm[block]


def _trace(onsets: np.ndarray, bpm: np.ndarray) -> np.ndarray:
    """Beats as whole frames, by dynamic programming (Ellis, 2007), with jumps allowed at a price."""
    strength = (onsets - onsets.mean()) / max(float(onsets.std()), 1e-6)
    strength = np.convolve(strength, [0.25, 0.5, 0.25], "same")
    periods = _periods(len(strength), bpm)
    costs = {}
    for period in np.unique(periods):
        lags = np.arange(round(1.5 * period), round(0.5 * period) - 1, -1)
        costs[period] = len(lags), lags[0], np.minimum(_JUMP, _TIGHTNESS * np.log(lags / period) ** 2)
    margin = round(1.5 * periods.max())
    total = np.concatenate([np.zeros(margin), strength])
    came_from = np.full(len(total), -1)
    for now, period in enumerate(periods.tolist(), margin):
        count, longest, cost = costs[period]
        arrivals = total[now - longest : now - longest + count] - cost
        best = int(arrivals.argmax())
        total[now] += arrivals[best]
        came_from[now] = now - longest + best
    last = len(total) - round(periods[-1])
    now = max(last, margin) + int(total[max(last, margin) :].argmax())
    beats = []
    while now >= margin:
        beats.append(now - margin)
        now = int(came_from[now])
    return np.array(beats[::-1])


def _refine(frames: np.ndarray, attacks: np.ndarray) -> np.ndarray:
    """Least squares: close to the onsets that are there, as even in tempo as possible."""
    beats = frames.astype(float)
    for _ in range(3):  # what lies far off counts less each time
        near = np.rint(beats).astype(int)[:, None] + np.arange(-_REACH, _REACH + 1)
        around = attacks[np.clip(near, 0, len(attacks) - 1)]
        best = np.clip(around.argmax(axis=1), 1, 2 * _REACH - 1)
        left, top, right = around[np.arange(len(beats)), best + np.array([[-1], [0], [1]])]
        struck = near[:, 0] + best + top_between(left, top, right, flattest=1e-6)
        weight = np.clip(top / max(float(np.percentile(top, 75)), 1e-6), 0, 1) ** 2
        weight /= 1 + np.square(struck - beats)
        beats = _even(struck, weight)
        beats += _even(struck - beats, weight)  # once more, or a steady drift would be flattened at the ends
    return beats


def _even(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Minimise the weighted squared distance to ``values`` and the squared second differences."""
    count = len(values)
    if count < 3:
        return values
    bands = np.zeros((3, count))
    bands[2] = weight + 1e-6
    for i, value in enumerate((1.0, -2.0, 1.0)):
        for j, other in enumerate((1.0, -2.0, 1.0)):
            if j >= i:
                bands[2 - (j - i), j : j + count - 2] += _SMOOTH * value * other
    return solveh_banded(bands, (weight + 1e-6) * values)
