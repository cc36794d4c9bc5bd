"""Intervals for a share of answers, each of which is taken for a listener of its own."""

import math
from typing import NamedTuple

from scipy import stats

Z = float(stats.norm.ppf(0.975))
"""1.96: half width of a 95 % normal interval in standard errors."""


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


def wald(k: int, n: int) -> Interval:
    """Normal interval, ``p +- z sqrt(p (1 - p) / n)``, cut at 0 and 1, as the thesis has it (4.7).

    It is too narrow for small n and for shares near 0 and 1, and has no width at 0 and 1 (Brown, Cai &
    DasGupta 2001): `wilson` is to be preferred.

    Parameters
    ----------
    k, n : int
        Answers that count, of all; n >= 1.

    Examples
    --------
    >>> "%.4f %.4f" % wald(68, 137)
    '0.4126 0.5801'
    """
    p = k / n
    half = Z * math.sqrt(p * (1 - p) / n)
    return Interval(max(0.0, p - half), min(1.0, p + half))


def wilson(k: float, n: float) -> Interval:
    """Score interval: all shares that a score test does not reject (Wilson 1927).

    ``(p + z^2/2n +- z sqrt(p (1 - p) / n + z^2/4n^2)) / (1 + z^2/n)``.

    Parameters
    ----------
    k, n : float
        Answers that count, of all; n > 0.

    Examples
    --------
    >>> "%.3f %.3f" % wilson(0, 10)
    '0.000 0.278'
    """
    p, square = k / n, Z**2 / n
    middle = (p + square / 2) / (1 + square)
    half = Z * math.sqrt(p * (1 - p) / n + square / (4 * n)) / (1 + square)
    return Interval(max(0.0, middle - half) if k else 0.0, min(1.0, middle + half) if k < n else 1.0)


def clopper_pearson(k: float, n: int) -> Interval:
    """Exact interval: all shares that neither tail of the binomial distribution rejects at 2.5 %.

    Quantiles of beta distributions (Clopper & Pearson 1934). It covers 95 % at least, mostly more.

    Parameters
    ----------
    k : float
        Answers that count; half of one is a tie.
    n : int
        All answers, at least 1.

    Examples
    --------
    >>> "%.4f %.4f" % clopper_pearson(0, 10)
    '0.0000 0.3085'
    """
    low = float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return Interval(low, high)


def binomial_p(k: int, n: int, chance: float) -> float:
    """Exact two-sided binomial test: how probable is a count no more probable than k, by chance alone.

    Parameters
    ----------
    k, n : int
        Answers that count, of all; n >= 1.
    chance : float in (0, 1)

    Examples
    --------
    >>> binomial_p(10, 10, 0.5) == 2 / 2**10
    True
    """
    return float(stats.binomtest(k, n, chance).pvalue)
