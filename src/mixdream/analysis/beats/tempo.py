"""Tempo over time: which period the onsets repeat with, as one smooth path through blocks."""

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from mixdream.analysis.beats.onsets import FRAMES_PER_S
from mixdream.analysis.parabola import top_between

SLOWEST_BPM, FASTEST_BPM = 88.5, 180.5
"""A little over an octave: each music has one tempo in it; what is heard as half is decided later."""

BLOCK_S = 3.0
_SPAN_S = 20.0  # audio that the tempo of a block is measured from
_COMB = np.array([1, 4, 1, 4, 1, 2, 1, 16, 1, 2, 1, 4, 1, 2, 1, 16]) / 59
"""How much it counts that onsets are alike 1, 2, 3, ... half beats later: bars, and halves that a tempo 4/3
as fast has not, tell dotted rhythms from beats."""
_STEP = 0.005  # between tempos, as a ratio
_JUMP = 0.35  # evidence it takes to believe in another tempo
_GLIDE = 0.03  # the same per step of drift
_CLEAR = 0.15  # score, and lead over the next best in parts of it, from which on a tempo is beyond doubt

TEMPOS_BPM = SLOWEST_BPM * (1 + _STEP) ** np.arange(1 + np.log(FASTEST_BPM / SLOWEST_BPM) / np.log(1 + _STEP))


def tempo_path(onsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the tempo of each block of `BLOCK_S` from onsets, shape (bands, T), >= 0.

    Returns
    -------
    bpm : np.ndarray, shape (blocks,)
        Of what strikes regularly, between `SLOWEST_BPM` and `FASTEST_BPM`.
    clarity : np.ndarray, shape (blocks,), in [0, 1]
        1 where the onsets repeat well with this tempo, and clearly better than with 2/3, 3/4, ... of it.
    """
    scores = _scores(onsets)
    path = _best_path(scores)
    best = scores[np.arange(len(path)), path]
    rivals = np.zeros_like(best)
    for ratio in (2 / 3, 3 / 4, 4 / 5, 5 / 4, 4 / 3, 3 / 2):
        rival = np.rint(path + np.log(ratio) / np.log(1 + _STEP)).astype(int)
        inside = (rival > 0) & (rival < len(TEMPOS_BPM) - 1)
        near = np.clip(rival, 1, len(TEMPOS_BPM) - 2) + np.array([[-1], [0], [1]])
        rivals = np.maximum(rivals, inside * scores[np.arange(len(path)), near].max(axis=0))
    lead = (best - rivals) / np.maximum(best, 1e-6)
    return _between(scores, path), np.clip(best / _CLEAR, 0, 1) * np.clip(lead / _CLEAR, 0, 1)


def _scores(onsets: np.ndarray) -> np.ndarray:
    """Comb of the autocorrelation per block and tempo, shape (blocks, tempos)."""
    span, hop = round(_SPAN_S * FRAMES_PER_S), round(BLOCK_S * FRAMES_PER_S)
    lag = 60 * FRAMES_PER_S / TEMPOS_BPM
    shifts = np.arange(1, len(_COMB) + 1)[:, None] * lag / 2
    blocks = max(1, -(-onsets.shape[1] // hop))
    padded = np.pad(onsets, ((0, 0), (span // 2, span)))
    size = next_fast_len(2 * span, real=True)
    scores = np.zeros((blocks, len(TEMPOS_BPM)))
    lags = np.arange(span)
    for block in range(blocks):
        start = block * hop + hop // 2
        part = padded[:, start : start + span]
        part = part - part.mean(axis=1, keepdims=True)
        power = np.square(np.abs(rfft(part, size, axis=1)))
        repeats = irfft(power, size, axis=1)[:, :span]
        repeats = (repeats / np.maximum(repeats[:, :1], 1e-3)).sum(axis=0) / len(onsets)
        repeats = np.convolve(repeats / np.maximum(1 - lags / span, 0.2), [0.25, 0.5, 0.25], "same")
        scores[block] = _COMB @ np.interp(shifts, lags, repeats)
    return scores


def _between(scores: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Tempos of a path, finer than the steps: the tops of parabolas through three scores, shape (blocks,)."""
    middle = np.clip(path, 1, scores.shape[1] - 2)
    left, top, right = scores[np.arange(len(path)), middle + np.array([[-1], [0], [1]])]
    return TEMPOS_BPM[path] * (1 + _STEP) ** top_between(left, top, right, flattest=1e-9)


def _best_path(scores: np.ndarray) -> np.ndarray:
    """Path with the largest sum of scores less the cost of its changes (Viterbi), shape (blocks,)."""
    blocks, tempos = scores.shape
    steps = np.arange(tempos)
    cost = np.minimum(_JUMP, _GLIDE * np.abs(steps[:, None] - steps))
    came_from = np.zeros((blocks, tempos), np.int16)
    total = scores[0]
    for block in range(1, blocks):
        arrivals = total - cost
        came_from[block] = arrivals.argmax(axis=1)
        total = arrivals.max(axis=1) + scores[block]
    path = np.zeros(blocks, int)
    path[-1] = total.argmax()
    for block in range(blocks - 1, 0, -1):
        path[block - 1] = came_from[block, path[block]]
    return path
