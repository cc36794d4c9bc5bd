"""Answers as numbers, by listener and by clip; figures for other listeners and other clips at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mixdream.survey.analysis.crossed import Spread, crossed_spread
from mixdream.survey.storage.rows import Heard


def items_of(kind: str, pages: Sequence[Sequence[Heard]]) -> list[tuple[str, ...]]:
    """Name the music that each answer is about: that of its clip, or of both clips of a pair.

    In ``multi`` it is the one that is rated. Clips of a pair stand in the order of their conditions' names.
    Where every pair is of one item, as with ``same_item``, it is that one. X of ``abx`` is one of the two.
    """
    if kind in ("rate", "multi"):
        return [(clips[0].item,) for clips in pages]
    pairs = [sorted(clips[:2], key=lambda clip: clip.condition) for clips in pages]
    same = all(first.item == second.item for first, second in pairs)
    return [tuple(clip.item for clip in pair[: 1 if same else 2]) for pair in pairs]


@dataclass(frozen=True)
class Observations:
    """Values that listeners gave to clips.

    The figure of interest is the mean over listeners of what each said on average, so that nobody counts
    more for having answered more. Where there are strata, such as generated and real clips, a listener's
    figure is the weighted sum of the averages within them, and whoever lacks one of them does not count.

    Attributes
    ----------
    listener, value, stratum : ndarray, shape (n,)
    item : ndarray, shape (n, 1) or (n, 2)
        The music that a value is about.
    weights : tuple of float
        Of the strata in their order; without any they weigh alike and together 1. A difference is 1, -1.
    """

    listener: np.ndarray
    item: np.ndarray
    value: np.ndarray
    stratum: np.ndarray
    weights: tuple[float, ...] = field(default=())

    @cached_property
    def _weights(self) -> np.ndarray:
        strata = len(np.unique(self.stratum))
        return np.array(self.weights or [1 / max(strata, 1)] * strata)

    @cached_property
    def by_listener(self) -> dict[str, float]:
        """The figure of each listener who counts.

        >>> observe([("ann", "x", 1.0, 0), ("ann", "y", 0.0, 1), ("bob", "x", 1.0, 0)]).by_listener
        {'ann': 0.5}
        """
        names, listener = np.unique(self.listener, return_inverse=True)
        strata, stratum = np.unique(self.stratum, return_inverse=True)
        shape = len(self._weights), len(names)
        if len(strata) < len(self._weights):
            return {}
        cell = stratum * len(names) + listener
        number = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        total = np.bincount(cell, self.value, minlength=shape[0] * shape[1]).reshape(shape)
        counts = number.all(axis=0)
        means = self._weights @ (total[:, counts] / number[:, counts])
        return dict(zip(names[counts].tolist(), means.tolist(), strict=True))

    @property
    def means(self) -> np.ndarray:
        """The same without names, shape (listeners,)."""
        return np.array(list(self.by_listener.values()))

    @cached_property
    def spread(self) -> Spread | None:
        """Spread of the mean over other listeners and other clips of the same kinds."""
        chosen = np.isin(self.listener, list(self.by_listener))
        if not chosen.any():
            return None
        value, item = self.value[chosen], self.item[chosen]
        listener, stratum = (
            np.unique(labels[chosen], return_inverse=True)[1] for labels in (self.listener, self.stratum)
        )
        # Within a stratum every listener weighs as much as every other.
        own = listener * len(self._weights) + stratum
        weight = 1 / (len(self.by_listener) * np.bincount(own)[own])
        residual = weight * (value - np.bincount(stratum, weight * value)[stratum])
        clips = item.shape[1]
        role = stratum[:, None] * clips + np.arange(clips)
        return crossed_spread(residual * self._weights[stratum], listener, item, role)

    def among(self, listeners: Iterable[str]) -> "Observations":
        """Those of some listeners."""
        chosen = np.isin(self.listener, list(listeners))
        item, value, stratum = (column[chosen] for column in (self.item, self.value, self.stratum))
        return Observations(self.listener[chosen], item, value, stratum, self.weights)


def observe(
    values: Iterable[tuple[str, str | tuple[str, ...], float, int]], weights: tuple[float, ...] = ()
) -> Observations:
    """Gather values: listener, item or items, value, stratum."""
    listener, item, value, stratum = list(zip(*values, strict=True)) or [()] * 4
    rows = np.array(item).reshape(len(listener), -1) if listener else np.empty((0, 1), dtype=str)
    return Observations(np.array(listener), rows, np.array(value, float), np.array(stratum, int), weights)


def less(first: Observations, second: Observations) -> Observations:
    """The difference of two figures, each without strata, within listeners who have both."""
    listener, item, value = (
        np.concatenate(pair)
        for pair in (
            (first.listener, second.listener),
            (first.item, second.item),
            (first.value, second.value),
        )
    )
    stratum = np.repeat([0, 1], [len(first.value), len(second.value)])
    return Observations(listener, item, value, stratum, (1.0, -1.0))
