"""The thesis's tables and bar charts (figures 4.19 to 4.25) out of counts: one answer of each listener."""

from collections.abc import Mapping

import numpy as np

from mixdream.survey.analysis.intervals import t_interval
from mixdream.survey.analysis.measures import NOBODY, count_row
from mixdream.survey.analysis.scores import CHOICES, Choice, Counts, QuestionCounts, score
from mixdream.survey.analysis.tables import Chart, Section, Table, many

OPTIONS: dict[Choice, str] = {"first": "Option 1", "second": "Option 2", "none": "None", "both": "Both"}
_GENERATED: dict[Choice, str] = {
    "first": "option 1 is generated",
    "second": "option 2 is generated",
    "both": "both are generated",
    "none": "none is generated",
}
# These are the only tables with two intervals: the thesis prints Wald's.
_COLUMNS = "label n percent wald wilson"


def score_sections(counts: Counts, prefix: str, options: Mapping[Choice, str] = OPTIONS) -> list[Section]:
    """Lay out choices and scores of each question, and the totals; ``options`` are names of the answers."""
    sections = [
        _question(question, f"{prefix}-question-{number}", options)
        for number, question in enumerate(counts.questions, 1)
    ]
    if counts.totals is not None:
        rows = {str(points): listeners for points, listeners in enumerate(counts.totals)}
        table = _table(f"{prefix}-totals", "Total scores", "Points", rows, sum(counts.totals))
        sections.append(Section("Total scores", (_chart(table),), (table,)))
    return sections


def score_sentence(counts: Counts) -> str:
    """Say what the counts come to: the mean total where there is one, else each question's best score."""
    asked = len(counts.questions)
    if not counts.listeners:
        return NOBODY
    if counts.totals is not None and any(counts.totals):
        points = np.repeat(np.arange(len(counts.totals)), counts.totals).astype(float)
        interval = t_interval(points, (0, 2 * asked))
        of_all = "" if len(points) == counts.listeners else f" of {counts.listeners}, who answered all,"
        ends = f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""
        scores = [score(value, question.right) for question in counts.questions for value in CHOICES]
        blind = sum(scores) / len(CHOICES)
        return (
            f"{many(len(points), 'listener')}{of_all} reached {points.mean():.2f}{ends} of {2 * asked} "
            "points on average with these clips; whoever picks one of the four answers blindly gets "
            f"{blind:.2f}."
        )
    named = ", ".join(
        f"{100 * question.by_score[2] / question.answers:.0f} % in {question.name}"
        for question in counts.questions
        if question.answers
    )
    return f"{many(counts.listeners, 'listener')}; exactly the generated clips were named by {named}."


def _question(question: QuestionCounts, name: str, options: Mapping[Choice, str]) -> Section:
    only_scores = "Only scores are known: answers that score alike are counted together."
    note = only_scores if question.choices is None else ""
    rows, n = _choice_rows(question, options), question.answers
    chosen = _table(f"{name}-choices", "Choices", "Answer", rows, n, note)
    rows = dict(zip("012", question.by_score, strict=True))
    scored = _table(f"{name}-scores", "Scores", "Score", rows, n)
    title = f"{question.name}: {_GENERATED[question.right]}"
    return Section(title, (_chart(chosen), _chart(scored)), (chosen, scored))


def _choice_rows(question: QuestionCounts, options: Mapping[Choice, str]) -> dict[str, int]:
    """Numbers of listeners by what they chose, as far as it is known; some are counted in two rows."""
    first, second, none, both = (options[choice] for choice in CHOICES)
    if question.choices is not None:
        number_of = question.choices
        return {options[choice]: number for choice, number in number_of.items()} | {
            f"{first}, alone or not": number_of["first"] + number_of["both"],
            f"{second}, alone or not": number_of["second"] + number_of["both"],
        }
    nothing, half, full = question.by_score
    if question.right in ("first", "second"):
        named, other = (first, second) if question.right == "first" else (second, first)
        return {named: full, both: half, f"{other} or {none}": nothing, f"{named}, alone or not": full + half}
    all_right, all_wrong = (both, none) if question.right == "both" else (none, both)
    return {all_right: full, f"{first} or {second}": half, all_wrong: nothing}


def _table(name: str, title: str, heading: str, counts: Mapping[str, int], n: int, note: str = "") -> Table:
    rows = [{"label": label} | count_row(count, n) for label, count in counts.items()]
    title = f"{title}, n = {n}"
    return Table(name, title, _COLUMNS, rows, note, digits=2, headings={"label": heading})


def _chart(table: Table) -> Chart:
    return table.chart("% of listeners", interval="wilson", kind="bars")
