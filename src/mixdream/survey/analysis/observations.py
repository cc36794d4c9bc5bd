"""Numbers made of answers, by listener and by item: what intervals are computed from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Observations:
    """Values that listeners gave to items.

    The figure of interest is the mean over listeners of what each said on average, so that nobody counts
    more for having answered more. Where there are strata, such as generated and real clips, a listener's
    average is the mean of the averages within them, and whoever lacks one of them does not count.

    Attributes
    ----------
    listeners, items : tuple of str
        Their names.
    listener, item : np.ndarray, shape (n,), int
        Places in the two.
    value : np.ndarray, shape (n,)
    stratum : np.ndarray, shape (n,), int
        From 0; an item is in one of them.
    """

    listeners: tuple[str, ...]
    items: tuple[str, ...]
    listener: np.ndarray
    item: np.ndarray
    value: np.ndarray
    stratum: np.ndarray

    @property
    def strata(self) -> int:
        """Number of strata; 0 without values."""
        return int(self.stratum.max()) + 1 if len(self.stratum) else 0

    def sums(self) -> tuple[np.ndarray, np.ndarray]:
        """Sums and numbers of values, both of shape (strata, listeners, items)."""
        shape = (self.strata, len(self.listeners), len(self.items))
        place = (self.stratum * shape[1] + self.listener) * shape[2] + self.item
        size = int(np.prod(shape))
        number = np.bincount(place, minlength=size).astype(float)
        return np.bincount(place, self.value, minlength=size).reshape(shape), number.reshape(shape)

    def by_item(self) -> Iterator[tuple[str, np.ndarray]]:
        """The items and the values each was given."""
        for i, name in enumerate(self.items):
            yield name, self.value[self.item == i]

    def listener_means(self) -> np.ndarray:
        """What each listener said on average, shape (listeners,); NaN where a stratum is lacking.

        >>> found = observe([("ann", "x", 1.0, 0), ("ann", "y", 0.0, 1), ("bob", "x", 1.0, 0)])
        >>> found.listener_means()
        array([0.5, nan])
        """
        size = (max(self.strata, 1), len(self.listeners))
        place = self.stratum * size[1] + self.listener
        number = np.bincount(place, minlength=size[0] * size[1])
        total = np.bincount(place, self.value, minlength=size[0] * size[1])
        with np.errstate(invalid="ignore"):
            return (total / number).reshape(size).mean(axis=0)


def observe(values: Iterable[tuple[str, str, float, int]]) -> Observations:
    """Gather values.

    Parameters
    ----------
    values : iterable of (listener, item, value, stratum)
    """
    rows = list(values)
    listeners = tuple(sorted({row[0] for row in rows}))
    items = tuple(sorted({row[1] for row in rows}))
    place_of = {name: i for i, name in enumerate(listeners)}, {name: i for i, name in enumerate(items)}
    return Observations(
        listeners,
        items,
        np.array([place_of[0][row[0]] for row in rows], dtype=np.intp),
        np.array([place_of[1][row[1]] for row in rows], dtype=np.intp),
        np.array([row[2] for row in rows], dtype=np.float64),
        np.array([row[3] for row in rows], dtype=np.intp),
    )
