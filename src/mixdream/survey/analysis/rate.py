"""Results of questions about clips of each condition (``rate``), and of questions without clips."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mixdream.survey.analysis.intervals import t_interval
from mixdream.survey.analysis.measures import (
    COUNT,
    MEAN,
    NOTE,
    SHARE,
    SHARE_NOTE,
    THESE_CLIPS,
    BlockReport,
    Measure,
    by_clip,
    count_row,
    differences,
    is_shown,
    measure_of,
)
from mixdream.survey.analysis.tables import Row, Section, Table, many
from mixdream.survey.design.blocks import Rate
from mixdream.survey.design.question import Question, in_language
from mixdream.survey.storage.rows import Answer

ByCondition = dict[str, list[Answer]]


def rate_report(block: Rate, rows: Sequence[Answer], language: str, prefix: str) -> BlockReport:
    """Analyse the answers to a block."""
    sections: list[Section] = []
    measures: list[Measure] = []
    sentences = []
    for question in block.questions:
        ask, name = in_language(question.ask, language), f"{prefix}-{question.name}"
        own = [row for row in rows if row.question == question.name and row.value]
        answers = by_condition(block.conditions, own)
        if question.kind == "text":
            sections.append(Section(ask, texts=[row.value for row in own]))
        elif question.kind == "choice":
            sections.append(Section(ask, (), _choice_tables(question, answers, language, name)))
        else:
            rated = scale_report(question, answers, language, name)
            sections += rated.sections
            measures += rated.measures
            sentences += [rated.sentence] if rated.sentence else []
    return BlockReport(". ".join(sentences), sections, measures)


def by_condition(conditions: Sequence[str], rows: Sequence[Answer]) -> ByCondition:
    """Answers about clips of each condition that has any, by the first clip of each."""
    return {
        condition: given
        for condition in conditions
        if (given := [row for row in rows if row.clips[0].condition == condition])
    }


def scale_report(question: Question, answers: ByCondition, language: str, name: str) -> BlockReport:
    """Mean ratings on a scale, compared; a sentence where there are any, and measures to break down."""
    scale = float(question.lowest), float(question.highest)
    ratings = [
        measure_of(condition, given, [float(row.value) for row in given], scale=scale)
        for condition, given in answers.items()
    ]
    between = f"{question.lowest} to {question.highest}"
    lines = [{"condition": measure.name} | measure.row() for measure in ratings]
    table = Table(name, f"Mean ratings, {between}", f"condition {MEAN}", lines, NOTE, digits=2)
    chart = table.chart(f"mean rating, {between}", "mean", title="Mean ratings", limits=scale)
    compared = differences(f"{name}-differences", "Differences", {"": ratings}, digits=2)
    clips = _mean_by_clip(answers, scale, f"{name}-clips")
    section = Section(in_language(question.ask, language), (chart,), (table, *compared, clips))
    ranked = sorted(ratings, key=lambda rating: -rating.means.mean())
    text = ", ".join(f"{rating.name} {rating}" for rating in ranked)
    sentence = f"{question.name}: {text}{differ(compared)}" if ratings else ""
    named = [replace(rating, name=f"{question.name}, {rating.name}") for rating in ratings]
    return BlockReport(sentence, [section], named)


def differ(compared: Sequence[Table]) -> str:
    """Say how many pairs of conditions differ, as the end of a sentence."""
    text = ""
    for table in compared:
        shown = [row for row in table.rows if is_shown(row["p_holm"])]
        text += f"; {len(shown) or 'none'} of {many(len(table.rows), 'pair')} shown to differ"
        if not all(row["two_way"] for row in shown):
            text += THESE_CLIPS
    return text


def question_sections(
    questions: Sequence[Question], rows: Sequence[Answer], language: str, prefix: str
) -> list[Section]:
    """Lay out answers to questions without clips: counts of choices, means of scales, free texts as they are.

    Of ``rows`` there is one for each listener and question at most; an empty value is no answer.
    """
    sections = []
    for question in questions:
        values = [row.value for row in rows if row.question == question.name and row.value]
        ask, name = in_language(question.ask, language), f"{prefix}-{question.name}"
        if question.kind == "text":
            sections.append(Section(ask, texts=values))
        elif question.kind == "scale":
            line: Row = {"listeners": len(values)}
            if values:
                line |= _mean(np.array(values, dtype=float), (question.lowest, question.highest))
            title = f"{question.lowest} to {question.highest}"
            sections.append(
                Section(ask, (), (Table(name, title, "listeners mean interval", [line], digits=2),))
            )
        else:
            lines = [
                {"answer": in_language(option.label, language)}
                | count_row(values.count(option.value), len(values))
                for option in question.options
            ]
            table = Table(name, f"n = {len(values)}", f"answer {COUNT}", lines)
            chart = table.chart("% of listeners", interval="wilson", title="", kind="bars")
            sections.append(Section(ask, (chart,) if values else (), (table,)))
    return sections


def _mean_by_clip(answers: ByCondition, scale: tuple[float, float], name: str) -> Table:
    lines = [
        clip | {"answers": len(values)} | _mean(values, scale)
        for rows in answers.values()
        for clip, values in by_clip((row.clips[0], float(row.value)) for row in rows)
    ]
    columns = "condition item answers mean interval"
    return Table(name, "Mean ratings, by clip", columns, lines, digits=2, folded=True)


def _mean(values: np.ndarray, limits: tuple[float, float]) -> dict[str, Any]:
    return {"mean": float(values.mean()), "interval": t_interval(values, limits)}


def _choice_tables(question: Question, answers: ByCondition, language: str, name: str) -> list[Table]:
    chosen = {
        in_language(option.label, language): [
            measure_of(condition, rows, [float(row.value == option.value) for row in rows])
            for condition, rows in answers.items()
        ]
        for option in question.options
    }
    lines = [
        {"condition": condition, "answer": label} | measures[number].row()
        for number, condition in enumerate(answers)
        for label, measures in chosen.items()
    ]
    table = Table(name, "Answers, by condition", f"condition answer {SHARE}", lines, SHARE_NOTE)
    # Of two answers one says it all: the other is what is left of 100 %.
    compared = dict(list(chosen.items())[:1]) if len(chosen) == 2 else chosen
    title = "Differences in percentage points"
    return [table, *differences(f"{name}-differences", title, compared, folded=True)]
