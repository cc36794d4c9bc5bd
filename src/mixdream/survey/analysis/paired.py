"""Conditions compared within listeners, and what many comparisons at once do to a p value."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

from mixdream.survey.analysis.means import t_interval, t_p
from mixdream.survey.analysis.observations import Observations
from mixdream.survey.analysis.tables import Column, percent

DIFFERENCE_COLUMNS = (
    Column("pair", "pair"),
    Column("listeners", "listeners", "count"),
    Column("difference", "difference", "number"),
    Column("by_listener", "t, by listener", "interval"),
    Column("p", "p", "p"),
    Column("p_holm", "p, Holm", "p"),
)
"""Columns of `differences`, once `add_holm` was there."""

DIFFERENCE_NOTE = (
    "Within listeners who answered on both. p is that of the t test over listeners, or of the exact sign "
    "test where all differences are alike or none is other than -1, 0 and 1 (of yes and no: McNemar's). "
    "Holm's correction is for the number of rows, the intervals are of one row each."
)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct p values for their number: the chance that any of them is a false alarm stays below the level.

    The i-th smallest of m is multiplied by m - i + 1, none gets smaller than the one before it (Holm 1979).
    None, where nothing could be tested, stays None and does not count.

    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        corrected[i] = largest
    return corrected


def add_holm(lines: Sequence[dict[str, Any]], key: str = "p") -> None:
    """Add ``p_holm`` to rows of a table, each of which has a p value."""
    for line, p in zip(lines, holm([line[key] for line in lines]), strict=True):
        line["p_holm"] = p


def differences(found: Mapping[str, Observations], widest: float, unit: str) -> list[dict[str, Any]]:
    """Compare every two conditions within listeners who answered on both.

    Parameters
    ----------
    found : mapping of condition to Observations
        Of one stratum each.
    widest : float
        Largest difference there can be.
    unit : {"percent", "points"}
        Shares in [0, 1] are shown in percent.

    Returns
    -------
    list of dict
        For `DIFFERENCE_COLUMNS`, but for Holm's correction.
    """
    means = {key: dict(zip(one.listeners, one.listener_means(), strict=True)) for key, one in found.items()}
    show = percent if unit == "percent" else lambda value: value
    lines: list[dict[str, Any]] = []
    for first, second in combinations(found, 2):
        both = sorted(means[first].keys() & means[second].keys())
        if not both:
            continue
        apart = np.array([means[first][name] - means[second][name] for name in both])
        lines.append(
            {
                "pair": f"{first} − {second}",
                "listeners": len(both),
                "difference": show(float(apart.mean())),
                "by_listener": show(t_interval(apart, (-widest, widest))),
                "p": _differ_p(apart),
            }
        )
    return lines


def _differ_p(apart: np.ndarray) -> float | None:
    # Of -1, 0 and 1, as with one yes or no each, the t test makes up to 8 % false alarms of 5.
    if len(apart) > 1 and np.isin(apart, (-1, 0, 1)).all():
        return sign_p((apart + 1) / 2)
    return t_p(apart, 0.0)


def sign_p(shares: np.ndarray) -> float:
    """Exact sign test over listeners: do as many prefer one as the other?

    Parameters
    ----------
    shares : np.ndarray, shape (listeners,), in [0, 1]
        How often each preferred the first; whoever is at 0.5 has no preference and does not count.

    Returns
    -------
    float
        Two-sided p value; 1 where nobody has a preference.

    Examples
    --------
    >>> sign_p(np.array([1.0, 0.75, 1.0, 0.6, 0.5])) == 2 / 2**4
    True
    """
    first, second = int((shares > 0.5).sum()), int((shares < 0.5).sum())
    return float(stats.binomtest(first, first + second).pvalue) if first + second else 1.0
