"""Trials with one generated and one real clip: of those who named one clip, how many named the right one?"""

from collections.abc import Sequence
from typing import Any

from mixdream.survey.analysis.paired import add_holm
from mixdream.survey.analysis.proportions import binomial_p, clopper_pearson
from mixdream.survey.analysis.shares import CHANCE
from mixdream.survey.analysis.tables import Column, Table, percent
from mixdream.survey.design.design import Design
from mixdream.survey.storage.rows import Answer

_COLUMNS = (
    Column("trial", ""),
    Column("answers", "answers", "count"),
    Column("named_one", "named one", "count"),
    Column("right", "the right one", "count"),
    Column("percent", "%", "number"),
    Column("exact", "exact", "interval"),
    Column("chance_percent", "chance, %", "number"),
    Column("p_binomial", "p (binomial)", "p"),
    Column("p_holm", "p, Holm", "p"),
)


def exactly_one(rows: Sequence[Answer], design: Design, prefix: str, by_trial: bool) -> Table | None:
    """Test answers that named one clip against tossing a coin, by trial and of all trials.

    Parameters
    ----------
    rows : sequence of Answer
        To a ``detect`` block.
    design : Design
    prefix : str
        Of the table's name.
    by_trial : bool
        Whether each trial has a row of its own, beside all of them.

    Returns
    -------
    Table or None
        None where no trial has one generated and one real clip, or nobody named one of the two.
    """
    mixed = [row for row in rows if len({_generated(row, place, design) for place in (0, 1)}) == 2]
    trials = sorted({row.trial for row in mixed})
    lines = []
    if by_trial or len(trials) == 1:
        each = ((trial, [row for row in mixed if row.trial == trial]) for trial in trials)
        lines = [_line(f"Question {trial + 1}", some, design) for trial, some in each]
    lines = [line for line in lines if line["named_one"]]
    if len(lines) > 1:
        add_holm(lines, "p_binomial")
    note = "Answers that named neither clip or both are left out; a coin names the right one in 50 %."
    if len(trials) > 1:
        lines.append(_line("all", mixed, design))
        note += (
            " The row of all takes each answer for a listener of its own: where a listener gave several, its "
            "interval is too narrow and its p too small."
        )
    lines = [line for line in lines if line["named_one"]]
    if not lines:
        return None
    return Table(f"{prefix}-named-one", "Exactly one clip named", _COLUMNS, tuple(lines), note)


def _line(name: str, rows: Sequence[Answer], design: Design) -> dict[str, Any]:
    named = [row for row in rows if row.value in ("first", "second")]
    right = sum(_generated(row, ("first", "second").index(row.value), design) for row in named)
    line: dict[str, Any] = {"trial": name, "answers": len(rows), "named_one": len(named), "right": right}
    if not named:
        return line
    return line | {
        "percent": percent(right / len(named)),
        "exact": percent(clopper_pearson(right, len(named))),
        "chance_percent": percent(CHANCE),
        "p_binomial": binomial_p(right, len(named), CHANCE),
    }


def _generated(row: Answer, place: int, design: Design) -> bool:
    return design.conditions[row.clips[place].condition].generated
