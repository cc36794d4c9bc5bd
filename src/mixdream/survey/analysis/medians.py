"""Medians of ratings, with intervals that hold for other listeners and other clips; what a box plot shows."""

from dataclasses import replace

import numpy as np

from mixdream.survey.analysis.intervals import CHANCE, Interval
from mixdream.survey.analysis.measures import Measure
from mixdream.survey.analysis.tables import Box, Row

_WHISKER = 1.5  # times the distance of the quartiles (Tukey 1977)
_ROUNDING = 1e-9


def median_row(rating: Measure) -> Row:
    """The median of all ratings with its intervals and the quartiles; every listener weighs as much.

    A value is in the interval if the share of ratings up to it could be one half: the interval of that share,
    over listeners and clips as for any share, is turned round (Woodruff 1952). So it needs no density and
    keeps to the scale. With one rating of each listener it is that of the sign test.

    ``rating`` is on a scale. ``two_way`` is None where its mean has no interval for other clips.
    """
    low, middle, high = (_quantile(rating, share) for share in (0.25, 0.5, 0.75))
    shares = _Shares(rating)
    return {
        "median": middle,
        "two_way": shares.turned(middle, "two_way") if rating.two_way else None,
        "by_listener": shares.turned(middle, "by_listener"),
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


class _Shares:
    """Shares of ratings up to each value, with their intervals, computed where they are asked for."""

    def __init__(self, rating: Measure) -> None:
        self._rating = rating
        self._values = np.unique(rating.observations.value)
        self._known: dict[int, Measure] = {}

    def turned(self, median: float, kind: str) -> Interval | None:
        """Values around the median whose shares could be one half, by intervals of a kind."""
        if self._rating.scale is None or len(self._rating.means) < 2:
            return None
        values = self._values
        first = last = int(np.searchsorted(values, median, side="right")) - 1
        while first >= 0 and self._interval(first - 1, kind).high >= CHANCE:
            first -= 1
        while last < len(values) and self._interval(last, kind).low <= CHANCE:
            last += 1
        low, high = self._rating.scale
        return Interval(
            float(values[first]) if first >= 0 else low, float(values[last]) if last < len(values) else high
        )

    def _interval(self, place: int, kind: str) -> Interval:
        """Of the share up to a value, by its place among all; up to what is below all it is 0."""
        if place not in self._known:
            answers = self._rating.observations
            up_to = answers.value <= self._values[place] if place >= 0 else np.zeros(len(answers.value))
            self._known[place] = Measure("", replace(answers, value=up_to.astype(float)))
        share = self._known[place]
        return getattr(share, kind) or share.by_listener or Interval(0, 1)


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
