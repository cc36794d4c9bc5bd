"""Shares with every kind of interval side by side: pooled ones and those that know whose answers they are."""

from typing import Any

import numpy as np

from mixdream.survey.analysis.means import share_interval, t_p
from mixdream.survey.analysis.observations import Observations
from mixdream.survey.analysis.proportions import binomial_p, clopper_pearson, wald, wilson
from mixdream.survey.analysis.tables import Column, percent
from mixdream.survey.analysis.two_way import two_way_interval

CHANCE = 0.5
"""Share that guessing, or listeners without a preference, give.

Of generated and real clips it is the mean of the shares judged right, however often one says "generated"
blindly.
"""

COUNT_COLUMNS = (
    Column("n", "n", "count"),
    Column("percent", "%", "number"),
    Column("wald", "Wald", "interval"),
    Column("wilson", "Wilson", "interval"),
)
"""Columns of `count_row`."""

SHARE_COLUMNS = (
    Column("listeners", "listeners", "count"),
    Column("answers", "answers", "count"),
    Column("percent", "%", "number"),
    Column("by_listener", "t, by listener", "interval"),
    Column("two_way", "two-way bootstrap", "interval"),
)
CHANCE_COLUMNS = (
    Column("chance_percent", "chance, %", "number"),
    Column("p_by_listener", "p (t, by listener)", "p"),
)
POOLED_COLUMNS = (
    Column("pooled_percent", "% of answers", "number", pooled=True),
    Column("wald", "Wald", "interval", pooled=True),
    Column("wilson", "Wilson", "interval", pooled=True),
    Column("exact", "exact", "interval", pooled=True),
    Column("p_binomial", "p (binomial)", "p", pooled=True),
)
"""Columns of `share_row`: of listeners; where there is a chance level; of answers taken as independent."""

SHARE_NOTE = (
    "The figure is the mean over listeners, with Student's interval over listeners: it holds for other "
    "listeners and these clips. Where each listener is at 0 or 100 %, or all are alike, interval and p are "
    "exact, with each listener as one answer. The two-way bootstrap draws clips too: it holds for other "
    "clips of the same kinds. Grey columns take all answers as independent, which they are where each "
    "listener gives one."
)


def count_row(count: int, of: int) -> dict[str, Any]:
    """Share of answers by different listeners: number, percent, intervals of Wald and Wilson."""
    if not of:
        return {"n": count}
    return {
        "n": count,
        "percent": 100 * count / of,
        "wald": percent(wald(count, of)),
        "wilson": percent(wilson(count, of)),
    }


def share_row(found: Observations, rng: np.random.Generator, chance: float | None = None) -> dict[str, Any]:
    """Share of several answers each of several listeners.

    Parameters
    ----------
    found : Observations
        Values 0 and 1, or 1/2 for ties, which leave out what counts answers.
    rng : np.random.Generator
    chance : float, optional
        What guessing gives.

    Returns
    -------
    dict
        For `SHARE_COLUMNS`, `CHANCE_COLUMNS` and `POOLED_COLUMNS`; what can't be computed is left out.
    """
    means = found.listener_means()
    means = means[~np.isnan(means)]
    row: dict[str, Any] = {"listeners": len(means), "answers": len(found.value)}
    if not len(means):
        return row
    row |= {
        "percent": percent(float(means.mean())),
        "by_listener": percent(share_interval(means)),
        "two_way": percent(two_way_interval(found, rng, limits=(0, 1))),
    }
    if chance is not None:
        row |= {"chance_percent": percent(chance), "p_by_listener": t_p(means, chance)}
    if found.strata == 1 and bool(np.isin(found.value, (0, 1)).all()):
        k, n = int(found.value.sum()), len(found.value)
        row |= {
            "pooled_percent": percent(k / n),
            "wald": percent(wald(k, n)),
            "wilson": percent(wilson(k, n)),
            "exact": percent(clopper_pearson(k, n)),
        }
        if chance is not None:
            row["p_binomial"] = binomial_p(k, n, chance)
    return row
