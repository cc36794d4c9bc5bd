"""Transient smear: how much longer attacks take to rise than they did in the original."""

import numpy as np

ONSET_DB = 6.0
"""Rise of energy over `_SIDE_S` that makes an onset."""

_ENVELOPE_S = 0.002  # smoothing: shorter than an attack that the ear takes for a click
_STEP_S = 0.001
_SIDE_S = 0.010
_BEFORE_S, _AFTER_S = 0.060, 0.030
_APART_S = 0.050
_QUIET_DB = -50.0  # below the loudest moment nothing begins


def transient_smear_ms(original: np.ndarray, inverted: np.ndarray, rate_hz: int) -> float | None:
    """Rise time of the average onset, inverted minus original, in ms.

    Onsets are found in the original; envelopes around them are averaged in both, each onset with equal
    weight, and the time from 10 to 50 % of the rise is read off the average. Averaging keeps what all onsets
    share, which is what an inversion does to them, and loses what each does on its own.

    Both are of shape (samples,) and aligned in time. 0 is as sharp as it was; None where the original has
    fewer than three onsets.
    """
    onsets = find_onsets(original, rate_hz)
    if len(onsets) < 3:
        return None
    return rise_time_ms(inverted, rate_hz, onsets) - rise_time_ms(original, rate_hz, onsets)


def find_onsets(audio: np.ndarray, rate_hz: int) -> np.ndarray:
    """Onsets, in ms from the start: the steepest moments of the strongest rises within 50 ms.

    >>> click = np.zeros(8000)
    >>> click[[1600, 4800]] = 1
    >>> find_onsets(click, 8000).tolist()
    [200, 600]
    """
    energy = _envelope(audio, rate_hz)
    side, apart = _steps(_SIDE_S), _steps(_APART_S)
    floor = energy.max(initial=0.0) * 10 ** (_QUIET_DB / 10)
    if floor == 0.0:
        return np.zeros(0, np.int64)
    sums = np.cumsum(np.pad(energy, (side + 1, side)))
    before = sums[side : -side - 1] - sums[: -2 * side - 1]
    after = sums[2 * side + 1 :] - sums[side + 1 : -side]
    rise_db = 10 * np.log10((after + side * floor) / (before + side * floor))
    steepness = np.diff(energy, prepend=energy[:1])
    onsets: list[int] = []
    for rise in np.flatnonzero(rise_db >= ONSET_DB):
        first = max(0, int(rise) - side)
        steepest = first + int(steepness[first : rise + side].argmax())
        is_strongest = rise_db[rise] == rise_db[max(0, rise - apart) : rise + apart + 1].max()
        fits = _steps(_BEFORE_S) <= steepest < len(energy) - _steps(_AFTER_S)
        if is_strongest and fits and (not onsets or steepest - onsets[-1] > apart):
            onsets.append(steepest)
    return np.array(onsets, np.int64)


def rise_time_ms(audio: np.ndarray, rate_hz: int, onsets_ms: np.ndarray) -> float:
    """Time from 10 to 50 % of the rise of the average envelope around onsets, in ms.

    The rise goes from the mean level of the first third of the time before the onset to the highest level
    after it. The upper half is not looked at: on a plateau, noise decides where the highest level is.
    """
    energy = _envelope(audio, rate_hz)
    before, after = _steps(_BEFORE_S), _steps(_AFTER_S)
    shapes = np.stack([energy[onset - before : onset + after] for onset in onsets_ms])
    means = shapes.mean(axis=1, keepdims=True)
    shape = np.divide(shapes, means, out=np.zeros_like(shapes), where=means > 0).mean(axis=0)
    rest = before // 3
    base = shape[:rest].mean()
    rise = shape[rest:] - base
    half = _crossing(rise, 0.5 * rise.max(), int(np.argmax(rise >= 0.5 * rise.max())))
    started = np.flatnonzero(rise[: int(np.ceil(half))] < 0.1 * rise.max())
    tenth = _crossing(rise, 0.1 * rise.max(), int(started[-1]) + 1) if len(started) else 0.0
    return float((half - tenth) * _STEP_S * 1000)


def _crossing(shape: np.ndarray, level: float, step: int) -> float:
    """Where, in steps, the line from the step before to this one passes a level."""
    if step == 0 or shape[step] == shape[step - 1]:
        return float(step)
    return step - float((shape[step] - level) / (shape[step] - shape[step - 1]))


def _steps(seconds: float) -> int:
    return round(seconds / _STEP_S)


def _envelope(audio: np.ndarray, rate_hz: int) -> np.ndarray:
    """Energy every millisecond; differences first, since attacks are in the treble and kicks would hum."""
    energy = np.square(np.diff(audio, prepend=audio[:1]))
    window = np.hanning(2 * max(1, round(_ENVELOPE_S * rate_hz)) + 1)
    smooth = np.convolve(energy, window / window.sum(), "same")
    return smooth[
        np.round(np.arange(0, len(audio) / rate_hz - _STEP_S / 2, _STEP_S) * rate_hz).astype(np.int64)
    ]
