"""The thesis's tables and bar charts (figures 4.19 to 4.25) out of counts."""

from collections.abc import Mapping, Sequence

import numpy as np

from mixdream.survey.analysis.means import t_interval
from mixdream.survey.analysis.parts import Chart, Section
from mixdream.survey.analysis.scores import CHOICES, Choice, Counts, QuestionCounts, score
from mixdream.survey.analysis.shares import COUNT_COLUMNS, count_row
from mixdream.survey.analysis.tables import Column, Table, number
from mixdream.survey.analysis.wording import NOBODY, many

OPTIONS: dict[Choice, str] = {"first": "Option 1", "second": "Option 2", "none": "None", "both": "Both"}
_GENERATED: dict[Choice, str] = {
    "first": "option 1 is generated",
    "second": "option 2 is generated",
    "both": "both are generated",
    "none": "none is generated",
}


def score_sections(counts: Counts, prefix: str, options: Mapping[Choice, str] = OPTIONS) -> list[Section]:
    """Lay out choices and scores of each question, and the totals.

    Parameters
    ----------
    counts : Counts
    prefix : str
        Of the names of tables and charts.
    options : mapping of choice to str
        What the answers are called.

    Returns
    -------
    list of Section
        All intervals are of answers by different listeners: one each.
    """
    sections = []
    for place, one in enumerate(counts.questions, 1):
        sections.append(_question(one, f"{prefix}-question-{place}", options))
    if counts.totals is not None:
        labels = [str(points) for points in range(len(counts.totals))]
        table = _table(f"{prefix}-totals", "Total scores", "Points", labels, counts.totals)
        sections.append(Section("Total scores", (_chart(table, "Points"),), (table,)))
    return sections


def score_sentence(counts: Counts) -> str:
    """Say what the counts come to: the mean total where there is one, else each question's best score."""
    asked = len(counts.questions)
    if not counts.listeners:
        return NOBODY
    if counts.totals is not None and any(counts.totals):
        points = np.repeat(np.arange(len(counts.totals)), counts.totals).astype(float)
        interval = t_interval(points, (0, 2 * asked))
        all_ = "" if len(points) == counts.listeners else f" of {counts.listeners}, who answered all,"
        range_ = f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""
        who = f"{many(len(points), 'listener')}{all_}"
        text = f"{who} reached {points.mean():.2f}{range_} of {2 * asked} points on average"
        blind = sum(score(value, one.right) for one in counts.questions for value in CHOICES) / len(CHOICES)
        return f"{text}; whoever picks one of the four answers blindly gets {blind:.2f}."
    named = ", ".join(
        f"{100 * one.by_score[2] / one.answers:.0f} % in {one.name}"
        for one in counts.questions
        if one.answers
    )
    return f"{many(counts.listeners, 'listener')}; exactly the generated clips were named by {named}."


def _question(one: QuestionCounts, name: str, options: Mapping[Choice, str]) -> Section:
    choices = _choice_rows(one, options)
    chosen = _table(
        f"{name}-choices",
        "Choices",
        "Answer",
        list(choices),
        list(choices.values()),
        of=one.answers,
        note=""
        if one.choices is not None
        else "Only scores are known: answers that score alike are counted together.",
    )
    scored = _table(f"{name}-scores", "Scores", "Score", ["0", "1", "2"], one.by_score)
    return Section(
        f"{one.name}: {_GENERATED[one.right]}",
        (_chart(chosen, "Answer"), _chart(scored, "Score")),
        (chosen, scored),
    )


def _choice_rows(one: QuestionCounts, options: Mapping[Choice, str]) -> dict[str, int]:
    """Numbers of listeners by what they chose, as far as it is known; some are counted in two rows."""
    first, second, none, both = (options[choice] for choice in ("first", "second", "none", "both"))
    if one.choices is not None:
        rows = {options[choice]: number for choice, number in one.choices.items()}
        ticks = {name: one.choices[name] + one.choices["both"] for name in ("first", "second")}
        return rows | {
            f"{first}, alone or not": ticks["first"],
            f"{second}, alone or not": ticks["second"],
        }
    nothing, half, full = one.by_score
    if one.right in ("first", "second"):
        named, other = (first, second) if one.right == "first" else (second, first)
        return {
            named: full,
            both: half,
            f"{other} or {none}": nothing,
            f"{named}, alone or not": full + half,
        }
    all_right, all_wrong = (both, none) if one.right == "both" else (none, both)
    return {all_right: full, f"{first} or {second}": half, all_wrong: nothing}


def _table(
    name: str,
    title: str,
    heading: str,
    labels: list[str],
    counts: Sequence[int],
    of: int | None = None,
    note: str = "",
) -> Table:
    n = sum(counts) if of is None else of
    rows = tuple({"label": label} | count_row(count, n) for label, count in zip(labels, counts, strict=True))
    columns = (Column("label", heading), *COUNT_COLUMNS)
    return Table(name, f"{title}, n = {number(n, 0)}", columns, rows, note, digits=2)


def _chart(table: Table, unit: str) -> Chart:
    return Chart(
        table.name,
        table.title,
        tuple(row["label"] for row in table.rows),
        tuple(row.get("percent") for row in table.rows),
        tuple(row.get("wilson") for row in table.rows),
        "% of listeners",
        kind="bars",
    )
