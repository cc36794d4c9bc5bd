"""Fidelity: how near audio is to the original that it was made from.

Both are arrays of shape (samples,) at one rate and of one length, aligned in time, the second brought to the
level of the first by `match_gain`. Spectrograms that scores are taken from are given in time, so that they
are the same at every rate, and none of them is one that is inverted.
"""

import numpy as np

from mixdream.spectrogram.frames import cut_frames

GRIDS_S = (0.020, 0.045, 0.100)
"""Hann windows of the independent spectrograms; the hop is a quarter of each."""

FLOOR_DB = -60.0
"""Below the loudest cell of the original; quieter cells count as equally quiet."""

BANDWIDTH_DB = -80.0
"""Below the loudest frequency; what is quieter on average counts as missing."""


def match_gain(original: np.ndarray, inverted: np.ndarray) -> float:
    """Factor that gives the inverted audio the root mean square of the original; 1 where one is silent.

    >>> match_gain(np.array([1.0, -1.0]), np.array([0.5, 0.5]))
    2.0
    """
    wanted, made = np.linalg.norm(original), np.linalg.norm(inverted)
    return float(wanted / made) if wanted and made else 1.0


def magnitude_snr_db(original: np.ndarray, inverted: np.ndarray, rate_hz: int) -> float:
    """Magnitude signal-to-noise ratio on three independent spectrograms, averaged in dB.

    ``-20 log10(| |S| - |S^| | / | |S| |)`` (Frobenius norms): minus the spectral convergence of Sturmel &
    Daudet (2011) in dB, on spectrograms that the inversion was not asked to meet. Twice as far: 6 dB less.

    ValueError for lengths that differ, or audio that is shorter than 0.1 s.

    >>> tone = np.sin(np.arange(4000))
    >>> round(magnitude_snr_db(tone, 0.9 * tone, 8000), 3)
    20.0
    """
    ratios = []
    for length_s in GRIDS_S:
        wanted, made = _both(original, inverted, rate_hz, length_s)
        error, norm = float(np.linalg.norm(wanted - made)), float(np.linalg.norm(wanted))
        ratios.append(20 * np.log10(max(norm, 1e-12) / max(error, 1e-12)))
    return float(np.mean(ratios))


def log_spectral_distance_db(original: np.ndarray, inverted: np.ndarray, rate_hz: int) -> float:
    """Log-spectral distance (Gray & Markel 1976) with a floor, in dB.

    Mean over frames of the root mean square over frequency of ``L - L^``, where L are decibels, not below
    `FLOOR_DB` of the original's loudest cell. Every cell counts alike: missing treble shows here.

    >>> tone = np.sin(np.arange(4000))
    >>> bool(log_spectral_distance_db(tone, tone / 2, 8000) < 6.03)
    True
    """
    wanted, made = _both(original, inverted, rate_hz, GRIDS_S[1])
    floor = max(wanted.max() * 10 ** (FLOOR_DB / 20), 1e-12)
    difference = 20 * np.log10(np.maximum(wanted, floor) / np.maximum(made, floor))
    return float(np.sqrt(np.square(difference).mean(axis=1)).mean())


def bandwidth_hz(audio: np.ndarray, rate_hz: int) -> float:
    """Highest frequency that the audio has, in Hz: mean power above `BANDWIDTH_DB` of the strongest one.

    >>> tones = np.sin(np.arange(8000) * 0.5) + 0.01 * np.sin(np.arange(8000) * 2.0)
    >>> abs(bandwidth_hz(tones, 8000) - 2.0 * 8000 / (2 * np.pi)) < 100
    True
    """
    # The longest window: what it lets through beside something loud ends after 130 Hz.
    power = np.square(_spectrogram(audio, rate_hz, GRIDS_S[2])).mean(axis=0)
    present = np.flatnonzero(power > max(power.max() * 10 ** (BANDWIDTH_DB / 10), 1e-24))
    return float(present[-1] * rate_hz / _samples(rate_hz, GRIDS_S[2])) if len(present) else 0.0


def _both(
    original: np.ndarray, inverted: np.ndarray, rate_hz: int, length_s: float
) -> tuple[np.ndarray, np.ndarray]:
    if original.shape != inverted.shape or original.ndim != 1:
        raise ValueError(f"audio of shapes {original.shape} and {inverted.shape} cannot be compared")
    return _spectrogram(original, rate_hz, length_s), _spectrogram(inverted, rate_hz, length_s)


def _samples(rate_hz: int, length_s: float) -> int:
    return max(4, round(rate_hz * length_s / 4) * 4)


def _spectrogram(audio: np.ndarray, rate_hz: int, length_s: float) -> np.ndarray:
    """Magnitudes, shape (frames, bins); a full-scale sine has at most magnitude 1."""
    length = _samples(rate_hz, length_s)
    if len(audio) < length:
        raise ValueError(f"{len(audio)} samples are too short to score: {length} are needed at {rate_hz} Hz")
    window = np.hanning(length + 1)[:-1]
    frames = cut_frames(audio, length, slice(None, None, length // 4))
    return np.abs(np.fft.rfft(frames * window, axis=1)) * (2 / window.sum())
