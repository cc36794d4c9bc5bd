"""Kicks of a loop: when they are struck, and how much of each frequency is theirs."""

import numpy as np
from scipy.ndimage import maximum_filter1d, median_filter

_BAND_HZ = (30.0, 400.0)  # where kicks are told from basses: both have a low end, a kick falls into it
_APART_S = 0.08
_LEAST_RISE = 0.4  # of the strongest
_ATTACK_S = 0.1
_LEAST_LIKENESS = 0.8  # cosine
_PEAK_WITHIN_S, _LENGTH_S = 0.15, 0.5
_FALLEN_S, _FALLEN = 0.2, 0.25  # power that a kick has lost after some time, of its peak
_LOUDNESS_S = 0.07  # by which strokes are compared
_GAINS = (0.3, 2.0)  # of a stroke, as power; what is further off is another sound on top
_STEADY_S = 0.125  # of a bass, which does not fall as fast as a kick
_NOTHING = 1e-20


def kick_share(magnitudes: np.ndarray, hop_s: float, bin_hz: float, reach: int) -> np.ndarray:
    """Share of the kicks in the power of each cell of a loop's spectrogram: a Wiener mask.

    The kicks of a loop are one sound that is struck again and again: the median, over all of them, of the
    power above that just before. From its peak on each frequency only falls, so that a bass which answers
    every kick is none of it; what does not fall as a whole is no kick. What is left of the power, evened out
    over time, is the rest.

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
    ndarray, shape (frames, bins), in [0, 1]
    """
    strokes = _strokes(magnitudes, hop_s, bin_hz)
    power, kicks = magnitudes**2, np.zeros_like(magnitudes)
    if not len(strokes):
        return kicks
    frames = len(power)
    before = np.minimum(*(power[(strokes - reach - back) % frames] for back in (1, 2)))
    after = np.arange(-reach, round(_LENGTH_S / hop_s))
    kick = _decaying(
        np.median(np.maximum(power[(strokes[:, None] + after) % frames] - before[:, None], 0), axis=0),
        reach + round(_PEAK_WITHIN_S / hop_s),
    )
    loudness = kick[:, slice(*_bins(bin_hz))].sum(axis=1)
    peak = int(loudness.argmax())
    if loudness[peak:][round(_FALLEN_S / hop_s) :].max(initial=0) > _FALLEN * loudness[peak]:
        return kicks  # a bass that is struck, not a drum
    attack = slice(reach, reach + round(_LOUDNESS_S / hop_s)), slice(*_bins(bin_hz))
    for stroke in strokes:
        places = (stroke + after) % frames
        gain = np.clip(np.median(power[places][attack] / (kick[attack] + _NOTHING)), *_GAINS)
        kicks[places] = np.maximum(kicks[places], gain * kick)
    steady = 2 * round(_STEADY_S / hop_s / 2) + 1
    rest = median_filter(np.maximum(power - kicks, 0), (steady, 1), mode="wrap")
    return kicks / (kicks + rest + _NOTHING)


def _bins(bin_hz: float) -> tuple[int, int]:
    low, high = _BAND_HZ
    return round(low / bin_hz), round(high / bin_hz)


def _decaying(sound: np.ndarray, within: int) -> np.ndarray:
    """Sound, shape (frames, bins), whose every frequency falls after its peak in the first frames."""
    fallen = np.arange(len(sound))[:, None] >= sound[:within].argmax(axis=0)
    return np.where(fallen, np.minimum.accumulate(np.where(fallen, sound, np.inf), axis=0), sound)


def _strokes(magnitudes: np.ndarray, hop_s: float, bin_hz: float) -> np.ndarray:
    """Frames in which a kick is struck.

    Of all places where the band rises and nowhere nearby more, those that sound alike and rise most together.
    """
    band = magnitudes[:, slice(*_bins(bin_hz))]
    roots = np.sqrt(band)
    rises = np.maximum(np.roll(roots, -1, axis=0) - np.roll(roots, 1, axis=0), 0).mean(axis=1)
    highest = maximum_filter1d(rises, 2 * round(_APART_S / hop_s) + 1, mode="wrap")
    places = np.flatnonzero((rises == highest) & (rises > _LEAST_RISE * rises.max()))
    if not len(places):
        return places
    around = places[:, None] + np.arange(-2, round(_ATTACK_S / hop_s))
    attacks = band[around % len(band)].reshape(len(places), -1)
    attacks = attacks / (np.linalg.norm(attacks, axis=1, keepdims=True) + _NOTHING)
    alike = attacks @ attacks.T > _LEAST_LIKENESS
    return places[alike[(alike @ rises[places]).argmax()]]
