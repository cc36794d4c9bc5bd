"""Signal detection: how far two kinds of clips are apart for listeners, whatever they like to answer."""

from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, stats

from mixdream.survey.analysis.crossed import figure_intervals
from mixdream.survey.analysis.intervals import jackknife

FARTHEST = 10.0
"""Where `abx_d_prime` ends."""


class Detection(NamedTuple):
    """How many clips there were of each kind, and how many were called generated; numbers or arrays."""

    hits: float
    generated: float
    false_alarms: float
    real: float


def d_prime(counts: Detection) -> float:
    """Distance of the two distributions in their standard deviations, ``d' = z(H) - z(F)``.

    0 is chance, 1 about 69 % right without a bias. Rates are corrected log-linearly, ``(k + 0.5) / (n + 1)``
    (Hautus 1995), so that 0 and 1 have a finite z.

    >>> d_prime(Detection(5, 10, 5, 10))
    0.0
    """
    return float(_figures(np.array([counts]))[0, 0])


def criterion(counts: Detection) -> float:
    """Bias, ``c = -(z(H) + z(F)) / 2``, above 0 where few clips are called generated."""
    return float(_figures(np.array([counts]))[0, 1])


def detection_rows(
    listener: np.ndarray, item: np.ndarray, generated: np.ndarray, called: np.ndarray
) -> tuple[Detection, list[dict[str, Any]]]:
    """Count judgements of clips; value and intervals of `d_prime` and of `criterion`.

    Arrays are of shape (judgements,): who judged which music, whether it is generated, whether it was called
    so. Over listeners the variance is the jackknife's, over clips it is that of the figures' first order.
    """
    number, who = np.unique(listener, return_inverse=True)
    kind = np.where(generated, 0, 1)
    by_listener = np.zeros((len(number), 4))
    np.add.at(by_listener, (who, 2 * kind), called)
    np.add.at(by_listener, (who, 2 * kind + 1), 1)
    counts = Detection(*by_listener.sum(axis=0).tolist())
    heard = np.array([counts.generated, counts.real])[kind]
    right = np.array([counts.hits, counts.false_alarms])[kind]
    slope = stats.norm.pdf(stats.norm.ppf((right + 0.5) / (heard + 1)))  # of z, whose rate moves by 1 / n
    moved = (called - right / heard) / ((heard + 1) * slope)
    where = listener, item[:, None], kind[:, None]
    d, c = moved * np.where(generated, 1, -1), -moved / 2
    of_d, of_c = jackknife(by_listener, _figures)
    rows = [
        {"value": d_prime(counts)} | figure_intervals(d_prime(counts), of_d, d, *where),
        {"value": criterion(counts)} | figure_intervals(criterion(counts), of_c, c, *where),
    ]
    return counts, rows


def abx_right(distance: float) -> float:
    """Share right in ABX of listeners who compare X with A and with B (differencing).

    ``Phi(d'/sqrt 2) Phi(d'/sqrt 6) + Phi(-d'/sqrt 2) Phi(-d'/sqrt 6)`` (Macmillan & Creelman 2005, ch. 9). It
    is the model for tests whose trials have other music each, where nobody can learn where the border lies;
    with one pair of clips over and over listeners could do better at the same d' (independent observation).

    >>> abx_right(0.0)
    0.5
    """
    a, b = stats.norm.cdf(distance / np.sqrt(2)), stats.norm.cdf(distance / np.sqrt(6))
    return float(a * b + (1 - a) * (1 - b))


def abx_d_prime(share_right: float) -> float:
    """Undo `abx_right`; 0 for chance and below, at most `FARTHEST`."""
    if share_right <= 0.5:
        return 0.0
    if share_right >= abx_right(FARTHEST):
        return FARTHEST
    return float(optimize.brentq(lambda distance: abx_right(distance) - share_right, 0, FARTHEST))


def _figures(counts: np.ndarray) -> np.ndarray:
    """D' and criterion, shape (n, 2), of counts, shape (n, 4); NaN where one of the kinds was not heard."""
    called, heard = counts[:, [0, 2]], counts[:, [1, 3]]
    hit, false_alarm = stats.norm.ppf((called + 0.5) / (heard + 1)).T
    figures = np.stack([hit - false_alarm, -(hit + false_alarm) / 2], axis=-1)
    figures[(heard == 0).any(axis=1)] = np.nan
    return figures
