"""Intervals for a mean where listeners, not answers, are what was drawn at random."""

import math

import numpy as np
from scipy import stats

from mixdream.survey.analysis.proportions import Interval, Z, binomial_p, clopper_pearson

_CLOSE = 1e-12  # rounding of means


def t_interval(means: np.ndarray, limits: tuple[float, float] = (-math.inf, math.inf)) -> Interval | None:
    """Student's interval over one average per listener: ``m +- t(n - 1) s / sqrt(n)``.

    Answers of a listener resemble each other, listeners are independent, so it is they who are counted.
    It speaks of other listeners who hear these items.

    Parameters
    ----------
    means : np.ndarray, shape (listeners,)
    limits : tuple of float
        Range of the values; the interval does not leave it.

    Returns
    -------
    Interval or None
        None with fewer than 2 listeners, or where all are alike.

    Examples
    --------
    >>> "%.3f %.3f" % t_interval(np.array([1.0, 2.0, 3.0]))
    '-0.484 4.484'
    """
    n = len(means)
    if n < 2 or _alike(means):
        return None
    half = float(stats.t.ppf(0.975, n - 1)) * float(means.std(ddof=1)) / math.sqrt(n)
    middle = float(means.mean())
    return Interval(max(limits[0], middle - half), min(limits[1], middle + half))


def share_interval(means: np.ndarray) -> Interval | None:
    """`t_interval` of shares in [0, 1], cut there.

    Where each listener is always or never right, as with one answer each, the shares are as far from normal
    as they can be, and where all are alike Student's has no width: then it is `clopper_pearson` with each
    listener as one answer.

    >>> "%.3f %.3f" % share_interval(np.ones(3))
    '0.292 1.000'
    """
    if len(means) < 2:
        return None
    if _alike(means) or _all_or_nothing(means):
        return clopper_pearson(float(means.sum()), len(means))
    return t_interval(means, (0, 1))


def t_p(means: np.ndarray, expected: float) -> float | None:
    """Two-sided t test of one average per listener against a value; None with fewer than 2 listeners.

    Exact where Student's fails: where each listener is at 0 or 1 it is the binomial test, where else all are
    alike the sign test, with all on one side.

    >>> round(t_p(np.array([1.0, 2.0, 3.0]), 0.0), 4)
    0.0742
    >>> t_p(np.full(6, 0.8), 0.5) == 2 / 2**6
    True
    """
    n = len(means)
    if n < 2:
        return None
    if _all_or_nothing(means) and 0 < expected < 1:
        return binomial_p(int(means.sum()), n, expected)
    if _alike(means):
        return 1.0 if abs(float(means.mean()) - expected) <= _CLOSE else 2 * 0.5**n
    return float(stats.ttest_1samp(means, expected).pvalue)


def _alike(means: np.ndarray) -> bool:
    return float(np.ptp(means)) <= _CLOSE


def _all_or_nothing(means: np.ndarray) -> bool:
    return bool(np.isin(means, (0, 1)).all())


def pooled_interval(values: np.ndarray) -> Interval | None:
    """Interval of many tools, ``m +- 1.96 s / sqrt(answers)``: as if each answer were another listener.

    It is too narrow wherever listeners differ, and is here to be compared.

    Parameters
    ----------
    values : np.ndarray, shape (answers,)
    """
    if len(values) < 2:
        return None
    half = Z * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Interval(float(values.mean()) - half, float(values.mean()) + half)
