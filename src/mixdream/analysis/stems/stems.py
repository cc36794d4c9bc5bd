"""Stems of a loop: drums, bass and music, which add up to it."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import median_filter

from mixdream.analysis.lines.pitch import track_pitch
from mixdream.analysis.stems.kicks import kick_share
from mixdream.audio.crossover import low_pass_gain
from mixdream.spectrogram.periodic import PeriodicTransform

_FRAME_S, _HOP_S = 0.046, 0.0115
_TONAL_S, _PERCUSSIVE_HZ = 0.4, 370.0  # lengths of the median filters
_KICK_HZ = 350.0  # below, kicks are the only drums
BASS_NOTES = 24, 64  # MIDI, C1 to E4
_PLAIN_HZ, _CROSSOVERS_HZ = 200.0, (120.0, 300.0)
_HIGH = 0.9  # quantile of its pitch by power
_NOTHING = 1e-20


class Stems(NamedTuple):
    """Parts of a loop, each of its shape, whose sum it is."""

    drums: np.ndarray
    bass: np.ndarray
    music: np.ndarray


def split_stems(audio: np.ndarray, rate_hz: int) -> Stems:
    """Split a loop, one period of shape (samples,) or (channels, samples), into stems, which loop too.

    Masks on its spectrogram, the same for all channels. What stands still in the spectrogram is tonal, what
    is short and of all frequencies is percussive, as medians over time and over frequency tell (Fitzgerald
    2010, "Harmonic/percussive separation using median filtering"); the low end of kicks, which looks tonal,
    is found by `mixdream.analysis.stems.kicks`. What is left is bass below a crossover, which the bass itself
    sets, and music above.
    """
    size, hop = 2 * round(_FRAME_S * rate_hz / 2), round(_HOP_S * rate_hz)
    transform = PeriodicTransform(audio.shape[-1], size, hop)
    spectra = transform(audio)
    magnitudes = np.abs(spectra).reshape(-1, *spectra.shape[-2:]).mean(axis=0)
    bin_hz = rate_hz / size
    hz = np.arange(magnitudes.shape[1]) * bin_hz
    percussive = _percussive(magnitudes, hop / rate_hz, bin_hz)
    kick = kick_share(magnitudes, hop / rate_hz, bin_hz, round(0.4 * size / hop))
    low = low_pass_gain(hz, _KICK_HZ)
    drums = low * kick + (1 - low) * np.maximum(percussive, kick)
    pitched = spectra * (1 - drums)
    deep = transform.inverse(pitched * low_pass_gain(hz, _PLAIN_HZ))
    bass = (1 - drums) * low_pass_gain(hz, _crossover_hz(np.atleast_2d(deep).mean(axis=0), rate_hz))
    return Stems(*(transform.inverse(spectra * mask) for mask in (drums, bass, 1 - drums - bass)))


def _crossover_hz(deep: np.ndarray, rate_hz: int) -> float:
    """An octave above the high notes of the bass."""
    track = track_pitch(deep, rate_hz, round(len(deep) / rate_hz / _HOP_S), *BASS_NOTES)
    if not track.sounds.any():
        return _PLAIN_HZ
    power = 10 ** (track.level_db[track.sounds] / 10)
    high_hz = np.quantile(track.hz, _HIGH, weights=power, method="inverted_cdf")
    return float(np.clip(2 * high_hz, *_CROSSOVERS_HZ))


def _percussive(magnitudes: np.ndarray, hop_s: float, bin_hz: float) -> np.ndarray:
    """Share of each cell that is percussive: a Wiener mask."""
    frames, bins = (
        2 * round(length / step / 2) + 1 for length, step in ((_TONAL_S, hop_s), (_PERCUSSIVE_HZ, bin_hz))
    )
    tonal = median_filter(magnitudes, (frames, 1), mode="wrap") ** 2
    percussive = median_filter(magnitudes, (1, bins), mode="nearest") ** 2
    return percussive / (tonal + percussive + _NOTHING)
