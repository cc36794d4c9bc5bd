"""Kicks of a loop: when they are struck, and how much of each frequency is theirs."""

import numpy as np
from scipy.ndimage import maximum_filter1d

_BAND_HZ = (30.0, 400.0)  # where kicks are told from basses: both have a low end, a kick also falls into it
_APART_S = 0.08
_LEAST_RISE = 0.4  # of the strongest
_ATTACK_S, _RISE_S, _LENGTH_S = 0.1, 0.1, 0.35
_LEAST_LIKENESS = 0.8  # cosine


def kick_power(magnitudes: np.ndarray, hop_s: float, bin_hz: float, reach: int) -> np.ndarray:
    """Power of the kicks in each cell of a loop's spectrogram.

    The kicks of a loop are one sound, struck again and again: where the low end rises in the same way as in
    most other places, there is one. Its power is the median over all kicks of what is above the level just
    before; from the peak of a frequency on it only falls, so that a bass that comes after it is none of it.

    Parameters
    ----------
    magnitudes : ndarray, shape (frames, bins), of one period
    hop_s : float
        Between frames.
    bin_hz : float
        Between bins.
    reach : int
        Frames before a stroke whose windows touch it.

    Returns
    -------
    ndarray, shape (frames, bins), >= 0
        All 0 where nothing is struck.
    """
    frames = len(magnitudes)
    struck = _strokes(magnitudes, hop_s, bin_hz)
    power = np.zeros_like(magnitudes)
    if not len(struck):
        return power
    after = np.arange(-reach, round(_LENGTH_S / hop_s))
    rest = np.minimum(*(magnitudes[(struck - reach - back) % frames] for back in (1, 2)))
    above = magnitudes[(struck[:, None] + after) % frames] ** 2 - rest[:, None] ** 2
    kick = np.median(np.maximum(above, 0), axis=0)
    peak = kick[: reach + round(_RISE_S / hop_s)].argmax(axis=0)
    falling = np.arange(len(kick))[:, None] >= peak
    kick[falling] = np.minimum.accumulate(np.where(falling, kick, np.inf), axis=0)[falling]
    for stroke in struck:
        places = (stroke + after) % frames
        power[places] = np.maximum(power[places], kick)
    return power


def _strokes(magnitudes: np.ndarray, hop_s: float, bin_hz: float) -> np.ndarray:
    """Frames in which a kick is struck."""
    low, high = (round(hz / bin_hz) for hz in _BAND_HZ)
    band = magnitudes[:, low:high]
    if not band.any():
        return np.array([], int)
    rises = np.maximum(np.roll(np.sqrt(band), -1, 0) - np.roll(np.sqrt(band), 1, 0), 0).mean(axis=1)
    highest = maximum_filter1d(rises, 2 * round(_APART_S / hop_s) + 1, mode="wrap")
    candidates = np.flatnonzero((rises == highest) & (rises > _LEAST_RISE * rises.max()))
    around = candidates[:, None] + np.arange(-2, round(_ATTACK_S / hop_s))
    attacks = band[around % len(band)].reshape(len(candidates), -1)
    attacks = attacks / np.linalg.norm(attacks, axis=1, keepdims=True)
    usual = np.median(attacks, axis=0)
    likeness = attacks @ usual / max(float(np.linalg.norm(usual)), 1e-12)
    return candidates[likeness > _LEAST_LIKENESS]
