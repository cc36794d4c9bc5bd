"""Spread of a figure over listeners and clips at once: what holds for other listeners *and* other clips."""

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from mixdream.survey.analysis.intervals import EVERYTHING, Interval

_NOTHING = 1e-24  # of a variance


class Spread(NamedTuple):
    """Variance of a figure, and degrees of freedom of Student's t for it."""

    variance: float
    freedom: float

    def interval(self, middle: float, limits: tuple[float, float] = EVERYTHING) -> Interval:
        """95 % interval around a figure, cut at ``limits``."""
        half = float(special.stdtrit(self.freedom, 0.975)) * math.sqrt(self.variance)
        return Interval(max(limits[0], middle - half), min(limits[1], middle + half))

    def p(self, distance: float) -> float:
        """Two-sided test of a figure that lies so far from what is expected."""
        return 2 * float(special.stdtr(self.freedom, -abs(distance) / math.sqrt(self.variance)))


def crossed_spread(
    residual: np.ndarray,
    listener: np.ndarray,
    item: np.ndarray,
    role: np.ndarray,
    over_listeners: float | None = None,
) -> Spread | None:
    """Spread of a figure of answers, each of one listener and about one clip or two.

    Variance = by listener + by item - by cell of both, each the sum of squares of summed residuals (Cameron,
    Gelbach & Miller 2011; an answer about two clips is in the cluster of each, as in Cameron & Miller's
    dyads, 2014). Student's t has Satterthwaite's degrees of freedom for the sum of the first two: few items
    are the weak side, and 1.96 would not say so. Items of one name are one cluster, which is right whether
    two files of that name have anything in common or not.

    Parameters
    ----------
    residual : ndarray, shape (answers,)
        What each answer adds to the figure's error, to first order; they sum to 0 in each role.
    listener : ndarray, shape (answers,)
    item, role : ndarray, shape (answers, clips)
        The music of each clip, and which population it was drawn from, such as a condition.
    over_listeners : float, optional
        Variance over listeners where it is known better than from the residuals.

    Returns
    -------
    Spread or None
        None with fewer than 2 listeners, or 2 items in a role, or where nothing varies.
    """
    if not len(residual):
        return None
    listener = np.unique(listener, return_inverse=True)[1]
    item, role = (np.unique(labels, return_inverse=True)[1].ravel() for labels in (item, role))
    clips = len(item) // len(residual)
    who, each = np.repeat(listener, clips), np.repeat(residual, clips)
    pairs, place = np.unique(np.stack([role, item]), axis=1, return_inverse=True)
    items = np.bincount(pairs[0])  # of each role
    listeners = int(listener.max()) + 1
    if listeners < 2 or items.min() < 2:
        return None
    if over_listeners is None:
        over_listeners = listeners / (listeners - 1) * _squares(listener, residual)
    widening = np.sqrt(items / (items - 1))[role]
    widened = each * widening
    over_items = _squares(item, widened)
    # Nobody hears a clip twice: of what clips differ by, sums over a listener hold less than cells do.
    cells = _squares(who * (item.max() + 1) + item, each / widening)
    # An answer about two clips is in two cells.
    variance = max(over_listeners + over_items - cells, over_listeners, over_items - (1 - 1 / clips) * cells)
    if variance <= _NOTHING:
        return None
    of_role = np.bincount(pairs[0], np.bincount(place.ravel(), widened) ** 2)
    # As if items were as different as they are on average in each role (Welch, where roles share none).
    of_item = np.bincount(pairs[1], (of_role / np.sqrt(items * (items - 1)))[pairs[0]])
    free_items = of_role.sum() ** 2 / max(float((of_item**2).sum()), _NOTHING**2)
    freedom = variance**2 / (over_listeners**2 / (listeners - 1) + over_items**2 / max(free_items, 1.0))
    return Spread(variance, max(freedom, min(listeners - 1, free_items), 1.0))


def _squares(cluster: np.ndarray, residual: np.ndarray) -> float:
    """Sum of squares of residuals that are summed in clusters."""
    cluster = np.unique(cluster, return_inverse=True)[1]
    return float((np.bincount(cluster, residual) ** 2).sum())


def figure_intervals(
    figure: float,
    over_listeners: float | None,
    residual: np.ndarray,
    listener: np.ndarray,
    item: np.ndarray,
    role: np.ndarray,
) -> dict[str, Interval | None]:
    """Both intervals of a figure of all answers: ``by_listener`` of these clips, ``two_way`` of others too.

    ``over_listeners`` is the variance by `jackknife`; the others are as in `crossed_spread`.
    """
    if over_listeners is None:
        return {"by_listener": None, "two_way": None}
    these = Spread(over_listeners, len(np.unique(listener)) - 1).interval(figure)
    spread = crossed_spread(residual, listener, item, role, over_listeners)
    return {"by_listener": these, "two_way": widest(these, spread.interval(figure)) if spread else None}


def widest(these: Interval, others: Interval) -> Interval:
    """Make the interval for other clips no narrower than the one for these, which may be exact."""
    return Interval(min(these.low, others.low), max(these.high, others.high))
