"""How carefully was listened, and how many were left out for what."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from mixdream.survey.analysis.exclude import RULES, Excluded, attention
from mixdream.survey.analysis.parts import Section
from mixdream.survey.analysis.tables import Column, Table
from mixdream.survey.analysis.wording import many
from mixdream.survey.storage.rows import Answer


def care_sections(rows: Sequence[Answer], excluded: Sequence[Excluded], listeners: int) -> list[Section]:
    """Lay out exclusions by rule, and attention items.

    Parameters
    ----------
    rows : sequence of Answer
        Of everyone.
    excluded : sequence of Excluded
    listeners : int
        How many have answered anything.
    """
    sections = []
    by_rule: dict[str, set[str]] = {}
    for one in excluded:
        by_rule.setdefault(one.rule, set()).add(one.session)
    lines: list[dict[str, Any]] = [
        {"rule": rule, "meaning": RULES.get(rule, "the researcher's own list"), "listeners": len(names)}
        for rule, names in sorted(by_rule.items())
    ]
    if lines:
        columns = (Column("rule", "rule"), Column("meaning", ""), Column("listeners", "listeners", "count"))
        out = many(len({one.session for one in excluded}), "listener")
        note = f"{out} of {listeners} left out; some by several rules. Who they are is in exclusions.csv."
        table = Table("exclusions-by-rule", "Left out", columns, tuple(lines), note)
        sections.append(Section("", (), (table,)))
    wrong, asked = attention(rows)
    if asked:
        number = Counter(wrong[name] for name in asked)
        table = Table(
            "attention",
            "Attention items",
            (Column("wrong", "wrong", "count"), Column("listeners", "listeners", "count")),
            tuple({"wrong": value, "listeners": number[value]} for value in sorted(number)),
            f"{wrong.total()} of {asked.total()} attention items were answered wrong, by all listeners.",
        )
        sections.append(Section("", (), (table,)))
    return sections
