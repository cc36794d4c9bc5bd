"""Medians of ratings, with intervals that hold for other listeners and other clips; what a box plot shows."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mixdream.survey.analysis.intervals import CHANCE, Interval, share_interval
from mixdream.survey.analysis.measures import Measure
from mixdream.survey.analysis.tables import Box, Row

_WHISKER = 1.5  # times the distance of the quartiles (Tukey 1977)
_ROUNDING = 1e-9


def median_row(rating: Measure) -> Row:
    """The median of all ratings with its intervals and the quartiles; every listener weighs as much.

    A value is in the interval if the share of ratings up to it could be one half: the interval of that share,
    over listeners and clips as for any share, is turned round (Woodruff 1952). So it needs no density and
    keeps to the scale. With one rating of each listener it is that of the sign test.

    ``rating`` is on a scale. ``two_way`` is None where no share has an interval for other clips.
    """
    low, middle, high = (_quantile(rating, share) for share in (0.25, 0.5, 0.75))
    return {
        "median": middle,
        "two_way": _turned(rating, lambda share: share.two_way or share.by_listener)
        if rating.two_way
        else None,
        "by_listener": _turned(rating, lambda share: share.by_listener),
        "lower_quartile": low,
        "upper_quartile": high,
    }


def box_of(rating: Measure) -> Box:
    """Quartiles of all ratings, and whiskers to the farthest that are not far beyond them."""
    lower, upper = _quantile(rating, 0.25), _quantile(rating, 0.75)
    reach = _WHISKER * (upper - lower)
    value = rating.observations.value
    near = value[(value >= lower - reach) & (value <= upper + reach)]
    beyond = np.unique(value[(value < near.min()) | (value > near.max())])
    return Box(float(near.min()), lower, upper, float(near.max()), tuple(beyond.tolist()))


def _turned(rating: Measure, interval_of: Callable[[Measure], Interval | None]) -> Interval | None:
    """Values that the median can have, by intervals of the shares of ratings up to each value."""
    if rating.scale is None or len(rating.means) < 2:
        return None
    answers = rating.observations
    values = np.unique(answers.value)

    def share(place: int) -> Interval:
        """Interval of the share of ratings up to a value, by its place; -1 is below all."""
        if place < 0:
            return share_interval(np.zeros(len(rating.means))) or Interval(0, 1)
        up_to = Measure("", replace(answers, value=(answers.value <= values[place]).astype(float)))
        return interval_of(up_to) or Interval(0, 1)

    middle = int(np.searchsorted(values, _quantile(rating, CHANCE), side="right")) - 1
    first = last = middle
    while first >= 0 and share(first - 1).high >= CHANCE:
        first -= 1
    while last < len(values) and share(last).low <= CHANCE:
        last += 1
    low, high = rating.scale
    return Interval(
        float(values[first]) if first >= 0 else low, float(values[last]) if last < len(values) else high
    )


def _quantile(rating: Measure, share: float) -> float:
    """Smallest rating with so many up to it; between two where just so many are (Hyndman & Fan's type 2)."""
    answers = rating.observations
    _, listener, number = np.unique(answers.listener, return_inverse=True, return_counts=True)
    order = np.argsort(answers.value, kind="stable")
    value, weight = answers.value[order], (1 / number[listener])[order]
    up_to = np.cumsum(weight) / weight.sum()
    first = int(np.searchsorted(up_to, share - _ROUNDING))
    last = min(int(np.searchsorted(up_to, share + _ROUNDING)), len(value) - 1)
    return float(value[first] + value[last]) / 2
