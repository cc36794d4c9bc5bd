"""Crossover: the gain of a low-pass without delay, whose high-pass is what is left."""

import numpy as np


def low_pass_gain(hz: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Gain at frequencies: half a cosine over an octave around the cutoff, where it is a half.

    >>> low_pass_gain(np.array([100.0, 150.0, 300.0]), 150).round(2).tolist()
    [1.0, 0.5, 0.0]
    """
    octaves = np.log2(np.maximum(hz, 1e-9) / cutoff_hz)
    return 0.5 - 0.5 * np.sin(np.pi * np.clip(octaves, -0.5, 0.5))
