"""Answers as numbers, by listener and by item; the interval for other listeners and other items at once."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

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
    """Values that listeners gave to items, four arrays of shape (n,).

    The figure of interest is the mean over listeners of what each said on average, so that nobody counts
    more for having answered more. Where there are strata, such as generated and real clips, a listener's
    average is the mean of the averages within them, and whoever lacks one of them does not count. An item is
    in one stratum.
    """

    listener: np.ndarray
    item: np.ndarray
    value: np.ndarray
    stratum: np.ndarray

    @cached_property
    def by_listener(self) -> dict[str, float]:
        """What each listener who counts said on average.

        >>> observe([("ann", "x", 1.0, 0), ("ann", "y", 0.0, 1), ("bob", "x", 1.0, 0)]).by_listener
        {'ann': 0.5}
        """
        names, listener = np.unique(self.listener, return_inverse=True)
        strata, stratum = np.unique(self.stratum, return_inverse=True)
        shape = len(strata), len(names)
        cell = stratum * len(names) + listener
        number = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        total = np.bincount(cell, self.value, minlength=shape[0] * shape[1]).reshape(shape)
        counts = number.all(axis=0)
        means = (total[:, counts] / number[:, counts]).sum(axis=0) / max(len(strata), 1)
        return dict(zip(names[counts].tolist(), means.tolist(), strict=True))

    @property
    def means(self) -> np.ndarray:
        """The same without names, shape (listeners,)."""
        return np.array(list(self.by_listener.values()))


def observe(values: Iterable[tuple[str, str, float, int]]) -> Observations:
    """Gather values: listener, item, value, stratum."""
    columns = list(zip(*values, strict=True)) or [()] * 4
    return Observations(*map(np.array, columns))


def two_way_interval(
    answers: Observations, limits: tuple[float, float] = (-math.inf, math.inf)
) -> Interval | None:
    """95 % interval of the mean for other listeners and other items of the same kinds, cut at ``limits``.

    Variance = by listener + by item - by cell of both, each the sum of squares of summed residuals (Cameron,
    Gelbach & Miller 2011), with Student's t and Satterthwaite's degrees of freedom for the sum of the first
    two: few items are the weak side, and 1.96 would not say so. None with fewer than 2 listeners, or 2 items
    in a stratum, or where all answers are alike.
    """
    listeners = len(answers.by_listener)
    if listeners < 2:
        return None
    counts = np.isin(answers.listener, list(answers.by_listener))
    value = answers.value[counts]
    listener, item, stratum = (
        np.unique(labels[counts], return_inverse=True)[1]
        for labels in (answers.listener, answers.item, answers.stratum)
    )
    strata = len(np.unique(stratum))
    items = min(len(np.unique(item[stratum == i])) for i in range(strata))
    if items < 2:
        return None
    # Within a stratum every listener weighs as much as every other, and every stratum as every other.
    own = listener * strata + stratum
    weight = 1 / (listeners * np.bincount(own)[own])
    residual = weight * (value - np.bincount(stratum, weight * value)[stratum]) / strata
    by_listener, by_item, by_cell = (
        float((np.bincount(group, residual) ** 2).sum())
        for group in (listener, item, listener * (item.max() + 1) + item)
    )
    by_listener *= listeners / (listeners - 1)
    by_item *= items / (items - 1)
    variance = max(by_listener + by_item - by_cell, by_listener, by_item)
    if variance <= 1e-24:
        return None
    freedom = variance**2 / (by_listener**2 / (listeners - 1) + by_item**2 / (items - 1))
    half = float(stats.t.ppf(0.975, max(freedom, min(listeners, items) - 1))) * math.sqrt(variance)
    middle = float(answers.means.mean())
    return Interval(max(limits[0], middle - half), min(limits[1], middle + half))
