"""Results by who the listeners are: one group for each answer to a demographic question."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixdream.survey.analysis.means import share_interval, t_interval
from mixdream.survey.analysis.parts import Chart, Measure, Section
from mixdream.survey.analysis.tables import Column, Table, percent
from mixdream.survey.design.question import Question
from mixdream.survey.design.texts import in_language
from mixdream.survey.storage.rows import Answer

NOTE = (
    "Means over listeners of each group with Student's intervals over listeners. With so many groups one in "
    "twenty intervals misses by chance: what shows here is a guess to be tested with new listeners."
)


def breakdown(
    measures: Sequence[Measure], question: Question, rows: Sequence[Answer], language: str, name: str
) -> Section | None:
    """Break the measures of a block down by the answers to one question.

    Parameters
    ----------
    measures : sequence of Measure
    question : Question
        With options or a scale; free texts make no groups.
    rows : sequence of Answer
        To the demographic questions.
    language : str
    name : str
        Of the table and its chart.

    Returns
    -------
    Section or None
        None where there is nothing to break down.
    """
    groups = {row.session: row.value for row in rows if row.question == question.name and row.value}
    if question.kind == "text" or not measures or not groups:
        return None
    labels = (
        {option.value: in_language(option.label, language) for option in question.options}
        if question.kind == "choice"
        else {str(step): str(step) for step in range(question.lowest, question.highest + 1)}
    )
    lines = [{"group": label} | _line(measures, groups, value) for value, label in labels.items()]
    lines = [line for line in lines if line["listeners"]]
    columns = [Column("group", "answer"), Column("listeners", "listeners", "count")]
    for i, measure in enumerate(measures, 1):
        unit = "%" if measure.unit == "percent" else "mean"
        columns += [
            Column(f"value_{i}", f"{measure.name}, {unit}", "number"),
            Column(f"interval_{i}", "t", "interval"),
        ]
    ask = in_language(question.ask, language)
    digits = 2 if measures[0].unit == "points" else 1
    table = Table(name, f"By: {ask}", tuple(columns), tuple(lines), digits=digits, folded=True)
    first = measures[0]
    chart = Chart(
        name,
        f"{first.name[0].upper()}{first.name[1:]}, by: {ask}",
        tuple(f"{line['group']} ({line['listeners']})" for line in lines),
        tuple(line.get("value_1") for line in lines),
        tuple(line.get("interval_1") for line in lines),
        "% (number of listeners)" if first.unit == "percent" else "mean (number of listeners)",
    )
    return Section("", (chart,) if len(measures) == 1 else (), (table,))


def _line(measures: Sequence[Measure], groups: dict[str, str], value: str) -> dict[str, Any]:
    """A group's size, and the mean and interval of each measure in it."""
    line: dict[str, Any] = {"listeners": 0}
    seen = set()
    for i, measure in enumerate(measures, 1):
        means = measure.found.listener_means()
        chosen = np.array([groups.get(name) == value for name in measure.found.listeners]) & ~np.isnan(means)
        seen |= {measure.found.listeners[j] for j in np.flatnonzero(chosen)}
        some = means[chosen]
        if not len(some):
            continue
        if measure.unit == "percent":
            line |= {
                f"value_{i}": percent(float(some.mean())),
                f"interval_{i}": percent(share_interval(some)),
            }
        else:
            line |= {f"value_{i}": float(some.mean()), f"interval_{i}": t_interval(some, measure.limits)}
    return line | {"listeners": len(seen)}
