"""Slots: eighths of a pulse, and what is heard at each of them."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from mixdream.analysis.beats.onsets import FRAMES_PER_S, SPECTRA_PER_S, Onsets

SLOTS = 8
"""In a beat of the pulse."""

FEATURES = 19

_NOTHING = 0.1  # standard deviation of what does not tell one slot from another
_REACHES = (16, 32, 128)  # slots before and after, between which the change of notes is measured
_FIRST_HIGH_NOTE = 28  # of the spectra: 207 Hz
_USUAL_S = 0.5  # of a beat
_AT_ONCE = 4096  # slots whose spectra are summed up together


def slots_of(half_beats: np.ndarray) -> np.ndarray:
    """Frames of the slots of a pulse, shape (S,), from its half beats, in frames."""
    parts = SLOTS // 2
    count = parts * (len(half_beats) - 1) + 1
    return np.interp(np.arange(count) / parts, np.arange(len(half_beats)), half_beats)


def slot_features(frames: np.ndarray, measured: Onsets, evened: np.ndarray) -> np.ndarray:
    """What is heard at each slot, shape (FEATURES, slots), float32; about as large as 1.

    Six bands of onsets and six of levels; how much low and high notes change over a half, a whole and four
    bars' worth of slots; the length of a beat.

    Parameters
    ----------
    frames : np.ndarray, shape (slots,)
    evened : np.ndarray, shape (6, T)
        Onset strength by `even_out`.
    """
    attack = strength_at(frames, evened)
    ends = np.append(frames, 2 * frames[-1] - frames[-2])
    level = _means(ends, np.cumsum(measured.level.astype(np.float64), axis=1))
    level = level - uniform_filter1d(level, 128, axis=1, mode="nearest")
    level /= np.maximum(level.std(axis=1, keepdims=True), _NOTHING)
    beat_s = SLOTS * np.median(np.diff(frames)) / FRAMES_PER_S
    rows = [
        attack - 0.7,
        level,
        *(
            _standard(_change(frames, notes, reach))[None]
            for notes in (measured.spectra[:, :_FIRST_HIGH_NOTE], measured.spectra[:, _FIRST_HIGH_NOTE:])
            for reach in _REACHES
        ),
        np.full((1, len(frames)), 4 * np.log(beat_s / _USUAL_S)),
    ]
    return np.concatenate(rows).astype(np.float32)


def strength_at(frames: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Log of the strongest onset within 16 ms, shape (bands, N)."""
    near = np.rint(frames).astype(int)[:, None] + np.arange(-2, 3)
    return np.log1p(onsets[:, np.clip(near, 0, onsets.shape[1] - 1)].max(axis=2))


def _means(ends: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Means between ends, from running sums, shape (rows, T)."""
    total = np.pad(total, ((0, 0), (1, 0)))
    at = np.clip(ends, 0, total.shape[1] - 1)
    sums = np.stack([np.interp(at, np.arange(total.shape[1]), row) for row in total])
    return np.diff(sums, axis=1) / np.maximum(np.diff(at), 1e-3)


def _standard(values: np.ndarray) -> np.ndarray:
    """Distance from the mean in standard deviations; what stands out does so within limits.

    Where nothing differs, as in a metronome, rounding is not made into evidence.
    """
    return np.clip((values - values.mean()) / max(float(values.std()), _NOTHING), -3, 6)


def _change(frames: np.ndarray, spectra: np.ndarray, reach: int) -> np.ndarray:
    """How the spectrum after each frame differs from the one before, over ``reach`` slots each."""
    count = len(frames)
    column = np.clip(frames / FRAMES_PER_S * SPECTRA_PER_S, 0, len(spectra))
    column = np.append(column, len(spectra))
    change = np.zeros(count)
    for first in range(0, count, _AT_ONCE):  # spectra of hours are large once they are summed up
        here = np.arange(first, min(first + _AT_ONCE, count))
        turns = column[np.stack([np.maximum(here - reach, 0), here, np.minimum(here + reach, count)])]
        low, high = int(turns[0, 0]), int(turns[2, -1])
        total = np.cumsum(spectra[low : high + 1], axis=0, dtype=np.float64)
        total = np.concatenate([np.zeros((1, total.shape[1])), total])
        whole = np.minimum(turns.astype(int) - low, len(total) - 2)
        part = (turns - low - whole)[..., None]
        sums = (1 - part) * total[whole] + part * total[whole + 1]
        before, after = np.diff(sums, axis=0) / np.maximum(np.diff(turns, axis=0), 1e-3)[..., None]
        change[here] = np.sqrt(np.square(after - before).mean(axis=1))
    # Where there is less than the reach to compare with, there is always a difference; it says nothing.
    inside = slice(reach, max(reach, count - reach))
    middle = change[inside].mean() if count > 2 * reach else 0.0
    change[: inside.start] = change[inside.stop :] = middle
    return change
