"""Fingerprints of loops: how far two are from each other, wherever each of them begins."""

import numpy as np

from mixdream.analysis.levels import levels_db

_EDGES_HZ = tuple(62.5 * 2 ** (third / 3) for third in range(19))  # thirds of an octave to 4 kHz
_FRAME_S = 0.064
_PER_BEAT = 32  # so fine that a loop which begins between two frames is within 2.2 dB of itself
_RANGE_DB = 40.0  # noise that is 30 dB down moves a fingerprint by 1 dB at most


def fingerprint(audio: np.ndarray, rate_hz: int, beats: int) -> np.ndarray:
    """Levels of 18 bands of a loop, 32 times a beat: shape (18, 32 * beats), in dB below the loudest cell."""
    levels = levels_db(audio, rate_hz, _FRAME_S, _PER_BEAT * beats, loop=True, edges_hz=_EDGES_HZ)
    return np.maximum(levels, -_RANGE_DB)


def distance_db(first: np.ndarray, second: np.ndarray) -> float:
    """Root mean square difference of two fingerprints, the second turned in time to where it is smallest.

    ``|x - turned y|^2 = |x|^2 + |y|^2 - 2 x . turned y``, and all the products at once are a circular
    correlation. In dB; 0 for the same loop, also where it begins on another beat.

    >>> print_of = np.random.default_rng(0).normal(size=(18, 64))
    >>> round(distance_db(print_of, np.roll(print_of, 9, axis=1)), 6)
    0.0
    """
    spectra = np.fft.rfft(first, axis=1) * np.fft.rfft(second, axis=1).conj()
    product = np.fft.irfft(spectra.sum(axis=0), first.shape[1]).max()
    square = np.square(first).sum() + np.square(second).sum() - 2 * product
    return float(np.sqrt(max(0.0, square) / first.size))
