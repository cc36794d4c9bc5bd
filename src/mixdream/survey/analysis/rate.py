"""Results of a ``rate`` block: how clips of each condition were rated, and which conditions differ."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixdream.survey.analysis.means import pooled_interval, t_interval
from mixdream.survey.analysis.observations import Observations, observe
from mixdream.survey.analysis.paired import DIFFERENCE_COLUMNS, DIFFERENCE_NOTE, add_holm, differences
from mixdream.survey.analysis.parts import BlockReport, Chart, Measure, Section
from mixdream.survey.analysis.shares import POOLED_COLUMNS, SHARE_COLUMNS, SHARE_NOTE, share_row
from mixdream.survey.analysis.tables import Column, Table
from mixdream.survey.analysis.two_way import two_way_interval
from mixdream.survey.analysis.wording import LEVEL, NOBODY, many, who
from mixdream.survey.design.blocks import Rate
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import Question
from mixdream.survey.design.texts import in_language
from mixdream.survey.storage.rows import Answer

MEAN_COLUMNS = (
    Column("listeners", "listeners", "count"),
    Column("answers", "answers", "count"),
    Column("mean", "mean", "number"),
    Column("by_listener", "t, by listener", "interval"),
    Column("two_way", "two-way bootstrap", "interval"),
    Column("pooled", "1.96 s/√n", "interval", pooled=True),
)
"""Columns of `mean_row`."""


def rate_sentence(block: Rate, rows: Sequence[Answer]) -> str:
    """Say how the conditions were rated, best first, for each question that has a scale."""
    if not rows:
        return NOBODY
    parts = []
    for question in block.questions:
        found = _by_condition(block, question, rows)
        if question.kind != "scale" or not found:
            continue
        means = {name: one.listener_means() for name, one in found.items()}
        ranked = sorted(means.items(), key=lambda one: -one[1].mean())
        each = []
        for name, values in ranked:
            interval = t_interval(values, (question.lowest, question.highest))
            range_ = f" ({interval.low:.1f} to {interval.high:.1f})" if interval else ""
            each.append(f"{name} {values.mean():.1f}{range_}")
        lines = _differences(question, found)
        differ = sum(line["p_holm"] is not None and line["p_holm"] < LEVEL for line in lines)
        pairs = f"; {differ or 'none'} of {many(len(lines), 'pair')} shown to differ" if lines else ""
        parts.append(f"{question.name}: {', '.join(each)}{pairs}")
    return f"{who(rows)}. {'. '.join(parts)}." if parts else f"{who(rows)}."


def rate_report(
    block: Rate, rows: Sequence[Answer], design: Design, rng: np.random.Generator, prefix: str
) -> BlockReport:
    """Analyse a block; the parameters are those of `mixdream.survey.analysis.detect.detect_report`."""
    sentence = rate_sentence(block, rows)
    if not rows:
        return BlockReport(block.name, block.kind, "", sentence)
    sections, measures = [], []
    for question in block.questions:
        ask = in_language(question.ask, design.languages[0])
        some = [row for row in rows if row.question == question.name and row.value]
        name = f"{prefix}-{question.name}"
        found = _by_condition(block, question, rows)
        if question.kind == "text":
            sections.append(Section(ask, texts=tuple(row.value for row in some)))
        elif question.kind == "scale":
            sections.append(_scale(question, ask, found, rng, name))
            measures += [
                Measure(f"{question.name}, {key}", one, "points", (question.lowest, question.highest))
                for key, one in found.items()
            ]
        else:
            sections.append(_choice(block, question, ask, some, design, rng, name))
    return BlockReport(block.name, block.kind, "", sentence, tuple(sections), tuple(measures))


def mean_row(found: Observations, rng: np.random.Generator, limits: tuple[float, float]) -> dict[str, Any]:
    """Mean rating with every kind of interval, for `MEAN_COLUMNS`."""
    means = found.listener_means()
    return {
        "listeners": len(means),
        "answers": len(found.value),
        "mean": float(means.mean()),
        "by_listener": t_interval(means, limits),
        "two_way": two_way_interval(found, rng, limits),
        "pooled": pooled_interval(found.value),
    }


def _scale(
    question: Question, ask: str, found: dict[str, Observations], rng: np.random.Generator, name: str
) -> Section:
    limits = (float(question.lowest), float(question.highest))
    table = Table(
        name,
        f"Mean ratings, {question.lowest} to {question.highest}",
        (Column("condition", "condition"), *MEAN_COLUMNS),
        tuple({"condition": key} | mean_row(one, rng, limits) for key, one in found.items()),
        "The mean over listeners of each one's mean, with Student's interval over listeners: it holds for "
        "other listeners and these clips. The two-way bootstrap draws clips too. The grey interval of other "
        "tools takes all answers as independent: it is too narrow.",
        digits=2,
    )
    chart = Chart(
        name,
        "Mean ratings",
        tuple(found),
        tuple(row["mean"] for row in table.rows),
        tuple(row["by_listener"] for row in table.rows),
        f"mean rating, {question.lowest} to {question.highest}",
        limits=limits,
    )
    tables = [table]
    if lines := _differences(question, found):
        tables.append(
            Table(f"{name}-differences", "Differences", DIFFERENCE_COLUMNS, lines, DIFFERENCE_NOTE, digits=2)
        )
    tables.append(_by_clip(found, limits, f"{name}-clips"))
    return Section(ask, (chart,), tuple(tables))


def _differences(question: Question, found: dict[str, Observations]) -> tuple[dict[str, Any], ...]:
    lines = differences(found, question.highest - question.lowest, "points")
    add_holm(lines)
    return tuple(lines)


def _by_clip(found: dict[str, Observations], limits: tuple[float, float], name: str) -> Table:
    lines = []
    for condition, one in found.items():
        for item, values in one.by_item():
            line = {"condition": condition, "item": item, "answers": len(values)}
            lines.append(line | {"mean": float(values.mean()), "interval": t_interval(values, limits)})
    columns = (
        Column("condition", "condition"),
        Column("item", "item"),
        Column("answers", "answers", "count"),
        Column("mean", "mean", "number"),
        Column("interval", "t", "interval"),
    )
    return Table(name, "Mean ratings, by clip", columns, tuple(lines), digits=2, folded=True)


def _choice(
    block: Rate,
    question: Question,
    ask: str,
    rows: Sequence[Answer],
    design: Design,
    rng: np.random.Generator,
    name: str,
) -> Section:
    found: dict[str, dict[str, Observations]] = {}
    for option in question.options:
        label = in_language(option.label, design.languages[0])
        for condition in block.conditions:
            some = [row for row in rows if row.clips[0].condition == condition]
            if some:
                found.setdefault(label, {})[condition] = observe(
                    (row.session, row.clips[0].item, float(row.value == option.value), 0) for row in some
                )
    answer = Column("answer", "answer")
    lines = [
        {"condition": condition, "answer": label} | share_row(each[condition], rng)
        for condition in block.conditions
        for label, each in found.items()
        if condition in each
    ]
    columns = (Column("condition", "condition"), answer, *SHARE_COLUMNS, *POOLED_COLUMNS)
    tables = [Table(name, "Answers, by condition", columns, tuple(lines), SHARE_NOTE)]
    # Of two answers one says it all: the other is what is left of 100 %.
    compared = list(found.items())[: 1 if len(question.options) == 2 else None]
    apart = [{"answer": label} | line for label, each in compared for line in differences(each, 1, "percent")]
    add_holm(apart)
    if apart:
        tables.append(
            Table(
                f"{name}-differences",
                "Differences in percentage points",
                (answer, *DIFFERENCE_COLUMNS),
                tuple(apart),
                DIFFERENCE_NOTE,
                folded=True,
            )
        )
    return Section(ask, (), tuple(tables))


def _by_condition(block: Rate, question: Question, rows: Sequence[Answer]) -> dict[str, Observations]:
    """Ratings of the conditions that have any, in the order of the design."""
    if question.kind != "scale":
        return {}
    found = {}
    for condition in block.conditions:
        some = observe(
            (row.session, row.clips[0].item, float(row.value), 0)
            for row in rows
            if row.question == question.name and row.value and row.clips[0].condition == condition
        )
        if len(some.value):
            found[condition] = some
    return found
