"""Peaks between samples: the top of the parabola through three neighbouring values."""

import numpy as np


def top_between(left: np.ndarray, middle: np.ndarray, right: np.ndarray, flattest: float = 0.0) -> np.ndarray:
    """Where the parabola through three values has its top, in steps from the middle one, in [-0.5, 0.5].

    Smith 2011, "Spectral audio signal processing". A parabola that bends less than ``flattest``, or upward,
    is taken to bend that much.

    >>> float(top_between(np.array(3.0), np.array(4.0), np.array(3.5), 1e-9))
    0.16666666666666666
    """
    bend = np.minimum(left - 2 * middle + right, -flattest)
    return np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
