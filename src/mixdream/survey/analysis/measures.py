"""The figures of a block: each `Measure` is a row of a table, a point of a chart, words in a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mixdream.survey.analysis.intervals import (
    LEVEL,
    Interval,
    difference_p,
    holm,
    percent,
    share_interval,
    t_interval,
    t_p,
    wald,
    wilson,
)
from mixdream.survey.analysis.observations import Observations, item_of, observe, two_way_interval
from mixdream.survey.analysis.tables import Row, Section, Table
from mixdream.survey.design.question import Question, in_language
from mixdream.survey.storage.rows import Answer, Heard

SHARE = "listeners answers percent by_listener two_way"
MEAN = "listeners answers mean by_listener two_way"
CHANCE_LEVEL = "chance_percent p_by_listener"
"""Columns of `Measure.row`: of a share, of a mean on a scale, and where there is a chance level."""

DIFFERENCE = "pair listeners difference by_listener p p_holm"
COUNT = "n percent wilson"
"""Columns of `differences` with Holm's correction, and of `count_row`."""

NOBODY = "There are no answers."
NOTE = (
    "The figure is the mean over listeners, with Student's interval over listeners: it holds for other "
    "listeners who hear these clips. two_way in the CSV file and in report.json holds for other clips too."
)
SHARE_NOTE = (
    f"{NOTE} Where each listener is at 0 or 100 %, or all are alike, interval and p are exact, with each "
    "listener as one answer."
)
DIFFERENCE_NOTE = (
    "Within listeners who answered on both. p is that of the t test over listeners, or of the exact sign "
    "test where all differences are alike or none is other than -1, 0 and 1 (of yes and no: McNemar's). "
    "Holm's correction is for the number of rows, the intervals are of one row each."
)
BREAKDOWN_NOTE = (
    "Means over listeners of each group with Student's intervals over listeners. With so many groups one in "
    "twenty intervals misses by chance: what shows here is a guess to be tested with new listeners."
)


@dataclass(frozen=True)
class Measure:
    """A figure of a block."""

    name: str
    observations: Observations
    chance: float | None = None  # what guessing gives
    scale: tuple[float, float] | None = None  # ends of a rating scale; without it values are shares in [0, 1]

    @property
    def unit(self) -> str:
        """Of a heading."""
        return "mean" if self.scale else "%"

    @property
    def means(self) -> np.ndarray:
        """Of each listener who counts."""
        return self.observations.means

    @property
    def p(self) -> float | None:
        """Of the test against chance."""
        return None if self.chance is None else t_p(self.means, self.chance)

    def in_unit(self, value: Any) -> Any:
        """A value or an interval as it is shown: a share in percent, a rating in points of its scale."""
        return value if self.scale else percent(value)

    def estimate(self, means: np.ndarray | None = None) -> tuple[float, Interval | None]:
        """Mean and interval over listeners, of all or of some of them, as they are shown."""
        means = self.means if means is None else means
        interval = t_interval(means, self.scale) if self.scale else share_interval(means)
        return self.in_unit(float(means.mean())), self.in_unit(interval)

    def row(self) -> Row:
        """Cells of `SHARE` and `CHANCE_LEVEL`, or of `MEAN`, as far as they are known."""
        row: Row = {"listeners": len(self.means), "answers": len(self.observations.value)}
        if not len(self.means):
            return row
        row["mean" if self.scale else "percent"], row["by_listener"] = self.estimate()
        row["two_way"] = self.in_unit(two_way_interval(self.observations, self.scale or (0, 1)))
        if self.chance is not None:
            row |= {"chance_percent": 100 * self.chance, "p_by_listener": self.p}
        return row

    def __str__(self) -> str:
        """Value and interval as a sentence has them: ``52 % (45 to 59)`` or ``3.2 (2.9 to 3.5)``."""
        value, interval = self.estimate()
        digits, unit = (1, "") if self.scale else (0, " %")
        ends = f" ({interval.low:.{digits}f} to {interval.high:.{digits}f})" if interval else ""
        return f"{value:.{digits}f}{unit}{ends}"


def measure_of(
    name: str,
    rows: Sequence[Answer],
    values: Sequence[float],
    chance: float | None = None,
    scale: tuple[float, float] | None = None,
) -> Measure:
    """Measure one value of each answer."""
    observations = observe(
        (row.session, item_of(row.kind, row.clips), value, 0) for row, value in zip(rows, values, strict=True)
    )
    return Measure(name, observations, chance, scale)


def by_clip(values: Iterable[tuple[Heard, float]]) -> list[tuple[Row, np.ndarray]]:
    """Values of each clip, and its condition and item as cells of a table."""
    groups: dict[tuple[str, str], list[float]] = {}
    for clip, value in values:
        groups.setdefault((clip.condition, clip.item), []).append(value)
    return [
        ({"condition": condition, "item": item}, np.array(group))
        for (condition, item), group in sorted(groups.items())
    ]


@dataclass(frozen=True)
class BlockReport:
    """What a block has shown."""

    sentence: str  # the result
    sections: Sequence[Section] = ()
    measures: Sequence[Measure] = ()  # what is broken down by who the listeners are
    notes: Sequence[str] = ()
    name: str = ""
    kind: str = ""
    ask: str = ""  # what listeners were asked; empty where that differs
    everyone: str = ""  # the result with nobody left out; empty where nobody is
    breakdowns: Sequence[Section] = ()


def verdict(p: float | None, is_above: bool, above: str, below: str, neither: str) -> str:
    """Say what a test shows; with one listener it shows nothing.

    >>> [verdict(p, True, "above", "below", "neither") for p in (0.03, 0.3)]
    ['above', 'neither']
    """
    if p is None:
        return "one listener says nothing about others"
    if p >= LEVEL:
        return neither
    return above if is_above else below


def add_holm(lines: Sequence[Row], key: str = "p") -> None:
    """Add ``p_holm`` to rows of a table, each of which has a p value."""
    for line, p in zip(lines, holm([line[key] for line in lines]), strict=True):
        line["p_holm"] = p


def differences(name: str, title: str, measures: Mapping[str, Sequence[Measure]], **how: Any) -> list[Table]:
    """Compare every two measures within listeners who answered on both, with Holm's correction for all.

    Measures come in groups, by an answer that they are about; a single group needs no name. ``how`` is for
    `Table`. The list is empty where there is nothing to compare.
    """
    lines: list[Row] = []
    for answer, group in measures.items():
        for first, second in combinations(group, 2):
            means, others = first.observations.by_listener, second.observations.by_listener
            if both := sorted(means.keys() & others.keys()):
                apart = np.array([means[listener] - others[listener] for listener in both])
                low, high = first.scale or (0, 1)
                line: Row = {"pair": f"{first.name} − {second.name}", "listeners": len(both)}
                line["difference"] = first.in_unit(float(apart.mean()))
                line["by_listener"] = first.in_unit(t_interval(apart, (low - high, high - low)))
                lines.append(line | {"answer": answer, "p": difference_p(apart)})
    add_holm(lines)
    columns = f"answer {DIFFERENCE}" if any(measures) else DIFFERENCE
    return [Table(name, title, columns, lines, DIFFERENCE_NOTE, **how)] if lines else []


def count_row(count: int, of: int) -> Row:
    """Share of answers by different listeners; ``wald`` is for the thesis's tables."""
    if not of:
        return {"n": count}
    intervals = {"wald": percent(wald(count, of)), "wilson": percent(wilson(count, of))}
    return {"n": count, "percent": 100 * count / of} | intervals


def breakdown(
    measures: Sequence[Measure], question: Question, rows: Sequence[Answer], language: str, name: str
) -> list[Section]:
    """Break measures down by the answers to a demographic question, where there is anything to break down."""
    answer_of = {row.session: row.value for row in rows if row.question == question.name and row.value}
    if question.kind == "text" or not measures or not answer_of:
        return []
    labels = {option.value: in_language(option.label, language) for option in question.options}
    if question.kind == "scale":
        labels = {str(step): str(step) for step in range(question.lowest, question.highest + 1)}
    lines, numbered = [], list(enumerate(measures, 1))
    for answer, label in labels.items():
        row: Row = {"group": label}
        group: set[str] = set()
        for i, measure in numbered:
            means = {
                listener: mean
                for listener, mean in measure.observations.by_listener.items()
                if answer_of.get(listener) == answer
            }
            group |= means.keys()
            if means:
                row[f"value_{i}"], row[f"interval_{i}"] = measure.estimate(np.array(list(means.values())))
        if group:
            lines.append(row | {"listeners": len(group)})
    columns = "group listeners " + " ".join(f"value_{i} interval_{i}" for i, _ in numbered)
    headings = {f"value_{i}": f"{measure.name}, {measure.unit}" for i, measure in numbered}
    ask, first = in_language(question.ask, language), measures[0]
    digits = 2 if first.scale else 1
    table = Table(name, f"By: {ask}", columns, lines, digits=digits, headings=headings, folded=True)
    chart = table.chart(
        f"{first.unit} (number of listeners)",
        "value_1",
        "interval_1",
        title=f"{first.name[0].upper()}{first.name[1:]}, by: {ask}",
        labels=[f"{line['group']} ({line['listeners']})" for line in lines],
    )
    return [Section("", (chart,) if len(measures) == 1 else (), (table,))]
