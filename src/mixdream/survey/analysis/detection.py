"""Signal detection: how far two kinds of clips are apart for listeners, whatever they like to answer."""

from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from mixdream.survey.analysis.jackknife import jackknife_intervals
from mixdream.survey.analysis.proportions import Interval

FARTHEST = 10.0
"""Where `abx_d_prime` ends."""


class Detection(NamedTuple):
    """Answers "generated" about clips.

    Attributes
    ----------
    hits, generated : float
        Generated clips called so, and all generated clips.
    false_alarms, real : float
        Real clips called generated, and all real clips.
    """

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
    hit, false_alarm = _z_rates(counts)
    return float(hit - false_alarm)


def criterion(counts: Detection) -> float:
    """Bias, ``c = -(z(H) + z(F)) / 2``: above 0 few clips are called generated (Macmillan & Creelman 2005).

    >>> criterion(Detection(2, 10, 2, 10)) > 0
    True
    """
    hit, false_alarm = _z_rates(counts)
    return float(-(hit + false_alarm) / 2)


def detection_intervals(by_listener: np.ndarray) -> tuple[Interval | None, Interval | None]:
    """95 % intervals of `d_prime` and `criterion`, over listeners, by `jackknife_intervals`.

    Parameters
    ----------
    by_listener : np.ndarray, shape (listeners, 4)
        Counts of `Detection` for each.
    """
    distance, bias = jackknife_intervals(by_listener, _distance_and_bias)
    return distance, bias


def _distance_and_bias(sums: np.ndarray) -> np.ndarray:
    hit, false_alarm = _z_rates(Detection(*sums.T))
    found = np.stack([hit - false_alarm, -(hit + false_alarm) / 2], axis=-1)
    found[(sums[:, [1, 3]] == 0).any(axis=1)] = np.nan
    return found


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
    """Undo `abx_right`; 0 for chance and below, at most `FARTHEST`.

    >>> round(abx_d_prime(abx_right(1.5)), 6)
    1.5
    """
    if share_right <= 0.5:
        return 0.0
    if share_right >= abx_right(FARTHEST):
        return FARTHEST
    return float(optimize.brentq(lambda distance: abx_right(distance) - share_right, 0, FARTHEST))


def _z_rates(counts: Detection) -> tuple[np.ndarray, np.ndarray]:
    hit = (np.asarray(counts.hits) + 0.5) / (np.asarray(counts.generated) + 1)
    false_alarm = (np.asarray(counts.false_alarms) + 0.5) / (np.asarray(counts.real) + 1)
    return stats.norm.ppf(hit), stats.norm.ppf(false_alarm)
