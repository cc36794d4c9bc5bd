"""95 % intervals, tests and Holm's correction, for shares and means over listeners."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import special, stats

CHANCE = 0.5
"""Share that guessing, or having no preference, gives."""

LEVEL = 0.05
"""Below it a p value shows something."""

EVERYTHING = (-math.inf, math.inf)
"""Limits that cut nothing."""

_ROUNDING = 1e-12  # of means
_FIT_ROUNDING = 1e-7  # of fits that end when they are close


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


def percent(value: Any) -> Any:
    """Share, or interval of shares, in percent; None stays None."""
    if value is None:
        return None
    return Interval(100 * value.low, 100 * value.high) if isinstance(value, Interval) else 100 * value


def wald(k: int, n: int) -> Interval:
    """Normal interval ``p +- 1.96 sqrt(p (1 - p) / n)``, cut at 0 and 1, as the thesis prints it (4.7).

    It has no width at 0 and 1 and is too narrow near them (Brown, Cai & DasGupta 2001): prefer `wilson`.

    >>> "%.4f %.4f" % wald(68, 137)
    '0.4126 0.5801'
    """
    p = k / n
    half = float(stats.norm.ppf(0.975)) * math.sqrt(p * (1 - p) / n)
    return Interval(max(0.0, p - half), min(1.0, p + half))


def wilson(k: int, n: int) -> Interval:
    """Interval of a share of answers by different listeners (Wilson 1927).

    >>> "%.3f %.3f" % wilson(0, 10)
    '0.000 0.278'
    """
    return Interval(*map(float, stats.binomtest(k, n).proportion_ci(method="wilson")))


def exact(k: float, n: int) -> Interval:
    """Interval of Clopper & Pearson (1934); k may be a fraction, as half of a tie, which scipy's may not."""
    low = float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return Interval(low, high)


def binomial_p(k: int, n: int, chance: float) -> float:
    """Exact two-sided binomial test."""
    return float(stats.binomtest(k, n, chance).pvalue)


def t_interval(means: np.ndarray, limits: tuple[float, float] = EVERYTHING) -> Interval | None:
    """Student's interval over one average per listener, cut at ``limits``.

    Answers of a listener resemble each other and listeners are independent, so listeners are counted. The
    interval holds for other listeners who hear these clips. None with fewer than 2, or where all are alike.

    >>> "%.3f %.3f" % t_interval(np.array([1.0, 2.0, 3.0]))
    '-0.484 4.484'
    """
    if len(means) < 2 or _alike(means):
        return None
    n, middle = len(means), float(means.mean())
    half = float(special.stdtrit(n - 1, 0.975)) * math.sqrt(float(means.var(ddof=1)) / n)
    return Interval(max(limits[0], middle - half), min(limits[1], middle + half))


def share_interval(means: np.ndarray) -> Interval | None:
    """`t_interval` of shares, or `exact` with each listener as one answer where Student's fails.

    It fails where every listener is at 0 or 1, as with one answer each, and where all are alike.

    >>> "%.3f %.3f" % share_interval(np.ones(3))
    '0.292 1.000'
    """
    if len(means) < 2:
        return None
    if _alike(means) or _all_or_nothing(means):
        return exact(float(means.sum()), len(means))
    return t_interval(means, (0, 1))


def t_p(means: np.ndarray, expected: float) -> float | None:
    """Two-sided t test of one average per listener against a value; None with fewer than 2 listeners.

    Where every listener is at 0 or 1 it is the binomial test; where else all are alike it is the sign test,
    with all on one side.

    >>> t_p(np.full(6, 0.8), 0.5) == 2 / 2**6
    True
    """
    n = len(means)
    if n < 2:
        return None
    if _all_or_nothing(means) and 0 < expected < 1:
        return binomial_p(int(means.sum()), n, expected)
    if _alike(means):
        return 1.0 if abs(float(means.mean()) - expected) <= _ROUNDING else 2 * 0.5**n
    return float(stats.ttest_1samp(means, expected).pvalue)


def sign_p(shares: np.ndarray) -> float:
    """Exact sign test: do as many listeners prefer the one as the other? 1 where nobody has a preference.

    ``shares`` says how often each listener preferred the first; whoever is at 0.5 does not count.

    >>> sign_p(np.array([1.0, 0.75, 1.0, 0.6, 0.5])) == 2 / 2**4
    True
    """
    first, second = int((shares > CHANCE).sum()), int((shares < CHANCE).sum())
    return binomial_p(first, first + second, 0.5) if first + second else 1.0


def difference_p(differences: np.ndarray) -> float | None:
    """Test differences within listeners against 0.

    Of differences that are all -1, 0 or 1, as with one yes or no each, the t test raises up to 8 % false
    alarms instead of 5: there it is the sign test (McNemar's).
    """
    if len(differences) > 1 and np.isin(differences, (-1, 0, 1)).all():
        return sign_p((differences + 1) / 2)
    return t_p(differences, 0.0)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct p values for their number (Holm 1979); None, where nothing could be tested, does not count.

    The i-th smallest of m is multiplied by m - i + 1, and none gets smaller than the one before it.

    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        corrected[i] = largest
    return corrected


def jackknife(by_listener: np.ndarray, estimate: Callable[[np.ndarray], np.ndarray]) -> list[float | None]:
    """Variances of figures of all answers together, such as d', by leaving out one listener at a time.

    ``(n - 1) / n sum (e_i - mean e)^2``, where e_i is the estimate without listener i (Tukey 1958).
    Resampling few listeners gives too little spread; this does not.

    ``by_listener`` holds the counts of each, shape (listeners, ...); ``estimate`` turns sums of counts, shape
    (n, ...), into figures, shape (n, figures), NaN where they say nothing. None stands for fewer than 2
    listeners, an estimate that never changes, and one that cannot be made without one of them.
    """
    n = len(by_listener)
    without = estimate(by_listener.sum(axis=0) - by_listener)
    if n < 2:
        return [None] * without.shape[1]
    variances = ((n - 1) * without.var(axis=0)).tolist()
    return [variance if variance > _FIT_ROUNDING**2 else None for variance in variances]


def _alike(means: np.ndarray) -> bool:
    return float(np.ptp(means)) <= _ROUNDING


def _all_or_nothing(means: np.ndarray) -> bool:
    return bool(np.isin(means, (0, 1)).all())
