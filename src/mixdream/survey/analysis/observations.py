"""Answers as numbers, by listener and by item; the interval for other listeners and other items at once."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from mixdream.survey.analysis.intervals import Interval
from mixdream.survey.storage.rows import Heard


def item_of(kind: str, clips: Sequence[Heard]) -> str:
    """Name what an answer is about: the items over which `two_way_interval` speaks of others.

    It is the clip that was judged (of ``abx``: X); of ``prefer`` the items of both clips, in any order.
    """
    if kind == "prefer":
        return "+".join(sorted(clip.item for clip in clips))
    return f"{clips[-1].condition}/{clips[-1].item}"


@dataclass(frozen=True)
class Observations:
    """Values that listeners gave to items.

    The figure of interest is the mean over listeners of what each said on average, so that nobody counts
    more for having answered more. Where there are strata, such as generated and real clips, a listener's
    average is the mean of the averages within them, and whoever lacks one of them does not count.

    Attributes
    ----------
    listeners : tuple of str
    listener, item, stratum : np.ndarray, shape (n,), int
        Numbers from 0; an item is in one stratum.
    value : np.ndarray, shape (n,)
    """

    listeners: tuple[str, ...]
    listener: np.ndarray
    item: np.ndarray
    stratum: np.ndarray
    value: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums over each listener's answers, shape (strata, listeners)."""
        shape = int(self.stratum.max(initial=0)) + 1, len(self.listeners)
        cell = self.stratum * shape[1] + self.listener
        return np.bincount(cell, values, minlength=shape[0] * shape[1]).reshape(shape)

    def listener_means(self) -> np.ndarray:
        """What each listener said on average, shape (listeners,); NaN where a stratum is lacking.

        >>> observe([("ann", "x", 1.0, 0), ("ann", "y", 0.0, 1), ("bob", "x", 1.0, 0)]).listener_means()
        array([0.5, nan])
        """
        with np.errstate(invalid="ignore"):
            return (self.sums(self.value) / self.sums(np.ones_like(self.value))).mean(axis=0)


def observe(values: Iterable[tuple[str, str, float, int]]) -> Observations:
    """Gather values: listener, item, value, stratum."""
    rows = list(values)
    listeners, items = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    number_of = {name: i for i, name in enumerate(listeners)}
    item_number = {name: i for i, name in enumerate(items)}
    return Observations(
        tuple(listeners),
        np.array([number_of[row[0]] for row in rows], dtype=np.intp),
        np.array([item_number[row[1]] for row in rows], dtype=np.intp),
        np.array([row[3] for row in rows], dtype=np.intp),
        np.array([row[2] for row in rows], dtype=np.float64),
    )


def two_way_interval(
    answers: Observations, limits: tuple[float, float] = (-math.inf, math.inf)
) -> Interval | None:
    """95 % interval of the mean for other listeners and other items of the same kinds, cut at ``limits``.

    Variance = by listener + by item - by cell of both, each the sum of squares of summed residuals (Cameron,
    Gelbach & Miller 2011), with Student's t and Satterthwaite's degrees of freedom for the sum of the first
    two: few items are the weak side, and 1.96 would not say so. None with fewer than 2 listeners, or 2 items
    in a stratum, or where all answers are alike.
    """
    means = answers.listener_means()
    complete = ~np.isnan(means[answers.listener])
    listener, item, stratum, value = (
        array[complete] for array in (answers.listener, answers.item, answers.stratum, answers.value)
    )
    listeners = len(np.unique(listener))
    items = min((len(np.unique(item[stratum == kind])) for kind in np.unique(stratum)), default=0)
    if listeners < 2 or items < 2:
        return None
    # Within a stratum every listener weighs as much as every other, and every stratum as every other.
    weight = 1 / (listeners * answers.sums(np.ones_like(answers.value))[stratum, listener])
    stratum_mean = np.bincount(stratum, weight * value)
    residual = weight * (value - stratum_mean[stratum]) / len(stratum_mean)
    cell = listener * (item.max() + 1) + item
    by_listener, by_item, by_cell = (
        float((np.bincount(group, residual) ** 2).sum()) for group in (listener, item, cell)
    )
    by_listener *= listeners / (listeners - 1)
    by_item *= items / (items - 1)
    variance = max(by_listener + by_item - by_cell, by_listener, by_item)
    if variance <= 1e-24:
        return None
    freedom = variance**2 / (by_listener**2 / (listeners - 1) + by_item**2 / (items - 1))
    half = float(stats.t.ppf(0.975, max(freedom, min(listeners, items) - 1))) * math.sqrt(variance)
    middle = float(np.nanmean(means))
    return Interval(max(limits[0], middle - half), min(limits[1], middle + half))
