"""The figures of a block: each `Measure` is a row of a table, a point of a chart, words in a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from mixdream.survey.analysis.crossed import widest
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
from mixdream.survey.analysis.observations import Observations, items_of, less, observe
from mixdream.survey.analysis.tables import Row, Section, Table
from mixdream.survey.design.question import Question, in_language
from mixdream.survey.storage.rows import Answer, Heard

SHARE = "listeners answers percent two_way by_listener"
MEAN = "listeners answers mean two_way by_listener"
CHANCE_LEVEL = "chance_percent p"
"""Columns of `Measure.row`: of a share, of a mean on a scale, and where there is a chance level."""

DIFFERENCE = "pair listeners difference two_way by_listener p p_holm"
COUNT = "n percent wilson"
"""Columns of `differences` with Holm's correction, and of `count_row`."""

NOBODY = "There are no answers."
NOTE = (
    "The figure is the mean over listeners. 95 % holds for other listeners and other clips of the same "
    "kinds; 95 %, these clips, for other listeners who hear the very same clips."
)
SHARE_NOTE = (
    f"{NOTE} Where each listener is at 0 or 100 %, or all are alike, the latter is exact, with each listener "
    "as one answer."
)
P_NOTE = (
    "p is the larger one of two tests: over listeners, and over listeners and clips. With fewer than 2 clips "
    "of a kind, or answers that are all alike, there is only the first: it speaks of these clips."
)
DIFFERENCE_NOTE = (
    f"Within listeners who answered on both. {P_NOTE} The first is the t test, or the exact sign test where "
    "all differences are alike or none is other than -1, 0 and 1 (of yes and no: McNemar's). Holm's "
    "correction is for the number of rows, the intervals are of one row each."
)
JACKKNIFE_NOTE = "Over listeners the intervals are by jackknife; 95 % holds for other clips too."
BREAKDOWN_NOTE = (
    "Means over listeners of each group, with intervals for other listeners and other clips. With so many "
    "groups one in twenty intervals misses by chance: what shows here is a guess to be tested with new "
    "listeners."
)
THESE_CLIPS = ", with these clips"


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
        """Of the test against chance, over listeners and over clips."""
        if self.chance is None:
            return None
        return judged_p(t_p(self.means, self.chance), self.observations, self.chance)

    @property
    def these_clips(self) -> str:
        """What a sentence adds that holds for these clips only."""
        return THESE_CLIPS if self.observations.spread is None and len(self.means) > 1 else ""

    def in_unit(self, value: Any) -> Any:
        """A value or an interval as it is shown: a share in percent, a rating in points of its scale."""
        return value if self.scale else percent(value)

    @cached_property
    def by_listener(self) -> Interval | None:
        """Interval for other listeners who hear these clips."""
        return t_interval(self.means, self.scale) if self.scale else share_interval(self.means)

    @cached_property
    def two_way(self) -> Interval | None:
        """Interval for other listeners and other clips of the same kinds."""
        spread, these = self.observations.spread, self.by_listener
        if spread is None or these is None:
            return None
        return widest(these, spread.interval(float(self.means.mean()), self.scale or (0, 1)))

    @property
    def estimate(self) -> tuple[float, Interval | None]:
        """Mean and the widest interval that is known, as they are shown."""
        return self.in_unit(float(self.means.mean())), self.in_unit(self.two_way or self.by_listener)

    def among(self, listeners: Iterable[str]) -> "Measure":
        """The same of some listeners."""
        return replace(self, observations=self.observations.among(listeners))

    def row(self) -> Row:
        """Cells of `SHARE` and `CHANCE_LEVEL`, or of `MEAN`, as far as they are known."""
        row: Row = {"listeners": len(self.means), "answers": len(self.observations.value)}
        if not len(self.means):
            return row
        row["mean" if self.scale else "percent"] = self.in_unit(float(self.means.mean()))
        row |= {"by_listener": self.in_unit(self.by_listener), "two_way": self.in_unit(self.two_way)}
        if self.chance is not None:
            row |= {"chance_percent": 100 * self.chance, "p": self.p}
        return row

    def __str__(self) -> str:
        """Value and interval as a sentence has them: ``52 % (45 to 59)`` or ``3.2 (2.9 to 3.5)``."""
        value, interval = self.estimate
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
    items = items_of(rows[0].kind, [row.clips for row in rows])
    observations = observe(
        (row.session, item, value, 0) for row, item, value in zip(rows, items, values, strict=True)
    )
    return Measure(name, observations, chance, scale)


def judged_p(over_listeners: float | None, answers: Observations, expected: float) -> float | None:
    """The larger p of a test over listeners, which is given, and of one over listeners and clips.

    The former is exact where that is needed, as with one answer each; the latter holds for other clips too.
    """
    if over_listeners is None or answers.spread is None:
        return over_listeners
    return max(over_listeners, answers.spread.p(float(answers.means.mean()) - expected))


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


def is_shown(p: float | None) -> bool:
    """Whether a corrected p value shows something."""
    return p is not None and p < LEVEL


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
            low, high = first.scale or (0, 1)
            answers = less(first.observations, second.observations)
            apart = Measure(f"{first.name} − {second.name}", answers, scale=(low - high, high - low))
            if n := len(apart.means):
                line: Row = {"answer": answer, "pair": apart.name, "listeners": n}
                line["difference"] = first.in_unit(float(apart.means.mean()))
                line["by_listener"] = first.in_unit(apart.by_listener)
                line["two_way"] = first.in_unit(apart.two_way)
                lines.append(line | {"p": judged_p(difference_p(apart.means), answers, 0.0)})
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
            own = measure.among(listener for listener, given in answer_of.items() if given == answer)
            group |= own.observations.by_listener.keys()
            if len(own.means):
                row[f"value_{i}"], row[f"interval_{i}"] = own.estimate
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
