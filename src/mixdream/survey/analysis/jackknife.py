"""Intervals for figures that are no mean of listeners' own figures, such as d' of all answers together."""

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from mixdream.survey.analysis.proportions import Interval

_CLOSE = 1e-7  # rounding of fits that end when they are close


def jackknife_intervals(
    by_listener: np.ndarray, estimate: Callable[[np.ndarray], np.ndarray]
) -> list[Interval | None]:
    """Compute 95 % intervals over listeners by leaving out one at a time.

    ``estimate +- t(n - 1) sqrt((n - 1) / n sum (e_i - mean e)^2)``, where e_i is the estimate without
    listener i (Tukey 1958). Resampling few listeners gives too little spread; this does not.

    Parameters
    ----------
    by_listener : np.ndarray, shape (listeners, ...)
        Counts of each.
    estimate : callable
        Turns sums of counts, shape (n, ...), into figures, shape (n, figures); NaN where they say nothing.

    Returns
    -------
    list of Interval or None
        For each figure; None with fewer than 2 listeners, where the estimate does not change, and where
        nothing can be estimated without one of them.

    Examples
    --------
    Of a mean it is Student's interval.

    >>> values_and_numbers = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    >>> (found,) = jackknife_intervals(values_and_numbers, lambda sums: sums[:, :1] / sums[:, 1:])
    >>> "%.3f %.3f" % found
    '-0.484 4.484'
    """
    n = len(by_listener)
    whole = by_listener.sum(axis=0)
    figures = estimate(whole[None])[0]
    if n < 2:
        return [None] * len(figures)
    without = estimate(whole - by_listener)
    error = np.sqrt((n - 1) * without.var(axis=0))
    half = float(stats.t.ppf(0.975, n - 1)) * error
    return [
        Interval(float(middle - width), float(middle + width))
        if math.isfinite(width) and width > _CLOSE
        else None
        for middle, width in zip(figures, half, strict=True)
    ]
