"""Interval for other listeners and other items at once, by resampling both."""

import numpy as np
from scipy import stats

from mixdream.survey.analysis.observations import Observations
from mixdream.survey.analysis.proportions import Interval

RESAMPLES = 1000
_AT_ONCE = 4_000_000  # numbers in memory


def two_way_interval(
    found: Observations,
    rng: np.random.Generator,
    limits: tuple[float, float] = (-np.inf, np.inf),
    resamples: int = RESAMPLES,
) -> Interval | None:
    """Compute a 95 % interval by the pigeonhole bootstrap: listeners and items drawn, each for itself.

    Listeners and items are both drawn with replacement and an answer counts as often as its listener times
    its item (Owen 2007). This counts the noise of single answers three times, once for each way and once for
    both. So listeners alone (variance L) and items alone (I) are resampled with the same draws, what both
    have over the two (C = both - L - I) is the noise, and ``V = L n/(n-1) + I m/(m-1) - C`` of n listeners
    and m items counts it once, as Cameron, Gelbach & Miller (2011) do. The interval is
    ``m +- t sqrt(V)``, with Satterthwaite's degrees of freedom for the sum of L and I: few items are the
    weak side, and 1.96 would not say so.

    Parameters
    ----------
    found : Observations
        Items are resampled within strata.
    rng : np.random.Generator
    limits : tuple of float
        Range of the values; the interval does not leave it.
    resamples : int

    Returns
    -------
    Interval or None
        None with fewer than 2 listeners, or 2 items in a stratum, or where all answers are alike.
    """
    complete = ~np.isnan(found.listener_means())
    total, number = (side[:, complete] for side in found.sums())
    listeners = int(complete.sum())
    items = [np.flatnonzero(number[k].sum(axis=0)) for k in range(len(number))]
    fewest = min((len(some) for some in items), default=0)
    if listeners < 2 or fewest < 2:
        return None
    at_once = max(1, _AT_ONCE // max(total.shape[1:]))
    replicates = np.concatenate(
        [
            _replicates(total, number, items, rng, min(at_once, resamples - start))
            for start in range(0, resamples, at_once)
        ],
        axis=1,
    )
    both, by_listener, by_item = np.nanvar(replicates, axis=1)
    noise = max(both - by_listener - by_item, 0.0)
    by_listener *= listeners / (listeners - 1)
    by_item *= fewest / (fewest - 1)
    variance = max(by_listener + by_item - noise, by_listener, by_item)
    if variance <= 1e-24:
        return None
    freedom = variance**2 / (by_listener**2 / (listeners - 1) + by_item**2 / (fewest - 1))
    freedom = max(freedom, min(listeners, fewest) - 1)
    half = float(stats.t.ppf(0.975, freedom) * np.sqrt(variance))
    middle = float(np.nanmean(found.listener_means()))
    return Interval(max(limits[0], middle - half), min(limits[1], middle + half))


def _replicates(
    total: np.ndarray, number: np.ndarray, items: list[np.ndarray], rng: np.random.Generator, count: int
) -> np.ndarray:
    """Means of resamples of both, of listeners and of items, shape (3, count)."""
    listeners = total.shape[1]
    drawn = rng.multinomial(listeners, np.full(listeners, 1 / listeners), size=count).astype(float)
    means = np.zeros((3, count))
    for k, some in enumerate(items):
        weights = rng.multinomial(len(some), np.full(len(some), 1 / len(some)), size=count).astype(float)
        # Every listener weighs as much as every other, by how many answers they gave.
        answers = number[k].sum(axis=1, keepdims=True)
        sums, shares = ((side[k] / answers)[:, some] for side in (total, number))
        said, counted = drawn @ sums, drawn @ shares
        ways = (
            ((said * weights).sum(axis=1), (counted * weights).sum(axis=1)),
            (said.sum(axis=1), counted.sum(axis=1)),
            (weights @ sums.sum(axis=0), weights @ shares.sum(axis=0)),
        )
        for row, (above, below) in enumerate(ways):
            # Of few answers a draw may hold none; it says nothing.
            means[row] += above / np.where(below > 0, below, np.nan) / len(items)
    return means
