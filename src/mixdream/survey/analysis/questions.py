"""Results of questions without clips: who listened, and what was asked between blocks."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixdream.survey.analysis.means import t_interval
from mixdream.survey.analysis.parts import Chart, Section
from mixdream.survey.analysis.shares import COUNT_COLUMNS, count_row
from mixdream.survey.analysis.tables import Column, Table
from mixdream.survey.design.question import Question
from mixdream.survey.design.texts import in_language
from mixdream.survey.storage.rows import Answer

_SCALE = (
    Column("listeners", "listeners", "count"),
    Column("mean", "mean", "number"),
    Column("interval", "t", "interval"),
)


def question_sections(
    questions: Sequence[Question], rows: Sequence[Answer], language: str, prefix: str
) -> list[Section]:
    """Lay out the answers to each question: counts of choices, means of scales, free texts as they are.

    Parameters
    ----------
    questions : sequence of Question
    rows : sequence of Answer
        One for each listener and question at most; an empty value is no answer.
    language : str
    prefix : str
        Of the names of tables and charts.
    """
    sections = []
    for question in questions:
        values = [row.value for row in rows if row.question == question.name and row.value]
        ask, name = in_language(question.ask, language), f"{prefix}-{question.name}"
        if question.kind == "text":
            sections.append(Section(ask, texts=tuple(values)))
        elif question.kind == "scale":
            sections.append(Section(ask, (), (_scale(question, values, name),)))
        else:
            sections.append(_choice(question, values, language, ask, name))
    return sections


def _choice(question: Question, values: Sequence[str], language: str, ask: str, name: str) -> Section:
    lines = tuple(
        {"answer": in_language(option.label, language)} | count_row(values.count(option.value), len(values))
        for option in question.options
    )
    table = Table(name, f"n = {len(values)}", (Column("answer", "answer"), *COUNT_COLUMNS), lines)
    chart = Chart(
        name,
        "",
        tuple(line["answer"] for line in lines),
        tuple(line.get("percent") for line in lines),
        tuple(line.get("wilson") for line in lines),
        "% of listeners",
        kind="bars",
    )
    return Section(ask, (chart,) if values else (), (table,))


def _scale(question: Question, values: Sequence[str], name: str) -> Table:
    numbers = np.array([float(value) for value in values])
    line: dict[str, Any] = {"listeners": len(numbers)}
    if len(numbers):
        line |= {
            "mean": float(numbers.mean()),
            "interval": t_interval(numbers, (question.lowest, question.highest)),
        }
    title = f"{question.lowest} to {question.highest}"
    return Table(name, title, _SCALE, (line,), digits=2)
