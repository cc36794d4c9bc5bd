"""Peak limiter: holds true peaks under a ceiling by turning down smoothly around them, never by clipping."""

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d

WIDTH_S = 0.03
"""Time over which the gain goes down and up again: less distorts bass, more is heard to pump."""


def limit(audio: np.ndarray, envelope: np.ndarray, ceiling: float, rate_hz: int, loop: bool) -> np.ndarray:
    """Turn audio down where its envelope passes a ceiling.

    The gain that every sample needs, held for `WIDTH_S` and smoothed over `WIDTH_S`, with as much look-ahead:
    a mean of values that are all small enough is small enough.

    Parameters
    ----------
    audio : ndarray, shape (samples,)
    envelope : ndarray, shape (samples,), >= 0
        True peak around each sample.
    ceiling : float, > 0
    rate_hz : int
    loop : bool
        The end goes on into the start.

    Returns
    -------
    ndarray, shape (samples,)

    Examples
    --------
    >>> step = np.where(np.arange(8000) < 4000, 0.25, 1.0)
    >>> limited = limit(step, step, 0.5, 8000, loop=False)
    >>> limited[0].item(), round(limited.max().item(), 9), round(limited[-1].item(), 9)
    (0.25, 0.5, 0.5)
    """
    needed = ceiling / np.maximum(envelope, ceiling)
    half = 2 * round(WIDTH_S * rate_hz / 4) + 1
    mode = "wrap" if loop else "nearest"
    held = minimum_filter1d(needed, 2 * half - 1, mode=mode)
    # Two running means are a triangle.
    return audio * uniform_filter1d(uniform_filter1d(held, half, mode=mode), half, mode=mode)
