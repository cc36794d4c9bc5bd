"""Results of the questions that follow that of a trial: how sure were listeners, and why?"""

from collections.abc import Sequence

from mixdream.survey.analysis.measures import MEAN, NOTE, SHARE, SHARE_NOTE, Measure, measure_of
from mixdream.survey.analysis.observations import observe
from mixdream.survey.analysis.tables import Row, Section, Table
from mixdream.survey.design.blocks import Judged
from mixdream.survey.design.question import FOLLOW_UP, Question, in_language
from mixdream.survey.storage.rows import Answer

Groups = dict[str, list[Answer]]


def follow_up_sections(block: Judged, rows: Sequence[Answer], language: str, prefix: str) -> list[Section]:
    """Lay out answers to the questions that follow that of a block; ``rows`` are to the whole test.

    Scales have means and choices shares, free texts are listed. Where an answer to the trial is right or
    wrong, those after right ones and after wrong ones stand apart: whoever hears something is surer when
    right. Of several clips on a page the questions are about none in particular, and say nothing of others.
    """
    rows = [row for row in rows if row.block == block.name]
    right = {(row.session, row.position): row.value == row.right for row in rows if row.right is not None}
    sections = []
    for question in block.follow_up:
        given = [row for row in rows if row.kind == FOLLOW_UP and row.question == question.name]
        ask, name = in_language(question.ask, language), f"{prefix}-{question.name}"
        if question.kind == "text" or not given:
            sections.append(Section(ask, texts=[row.value for row in given]))
            continue
        groups = {"all": given}
        for was_right, what in ((True, "after right answers"), (False, "after wrong answers")):
            groups[what] = [row for row in given if right.get((row.session, row.position)) == was_right]
        table = _means if question.kind == "scale" else _shares
        made = table(question, {what: own for what, own in groups.items() if own}, language, name)
        sections.append(Section(ask, (), (made,)))
    return sections


def _means(question: Question, groups: Groups, _language: str, name: str) -> Table:
    scale = float(question.lowest), float(question.highest)
    lines: list[Row] = [
        {"what": what} | _measure(what, own, [float(row.value) for row in own], scale).row()
        for what, own in groups.items()
    ]
    title = f"Means, {question.lowest} to {question.highest}"
    return Table(name, title, f"what {MEAN}", lines, NOTE, digits=2)


def _shares(question: Question, groups: Groups, language: str, name: str) -> Table:
    lines: list[Row] = [
        {"what": what, "answer": in_language(option.label, language)}
        | _measure(what, own, [float(row.value == option.value) for row in own]).row()
        for what, own in groups.items()
        for option in question.options
    ]
    return Table(name, "Answers", f"what answer {SHARE}", lines, SHARE_NOTE)


def _measure(
    name: str, rows: Sequence[Answer], values: Sequence[float], scale: tuple[float, float] | None = None
) -> Measure:
    """A figure of answers about the clips of their pages, or about pages, of which nothing is known."""
    # Pages of a block all have clips or all have none.
    if rows[0].clips:
        return measure_of(name, rows, values, scale=scale)
    pages = observe((row.session, "", value, 0) for row, value in zip(rows, values, strict=True))
    return Measure(name, pages, scale=scale)
