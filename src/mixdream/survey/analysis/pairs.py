"""What results of ``prefer`` and ``abx`` blocks have in common."""

from collections.abc import Sequence

from mixdream.survey.analysis.parts import Chart
from mixdream.survey.analysis.shares import CHANCE
from mixdream.survey.analysis.tables import Table, percent
from mixdream.survey.design.blocks import Compare
from mixdream.survey.storage.rows import Answer

Pair = tuple[str, str]


def by_pair(block: Compare, rows: Sequence[Answer]) -> list[tuple[Pair, list[Answer]]]:
    """Answers to each pair of the design that has any; a pair the other way round is the same one."""
    found: dict[frozenset[str], tuple[Pair, list[Answer]]] = {}
    for pair in block.pairs:
        found.setdefault(frozenset(pair), (pair, []))
    for row in rows:
        found[frozenset(clip.condition for clip in row.clips)][1].append(row)
    return [(pair, some) for pair, some in found.values() if some]


def pair_chart(table: Table, title: str, unit: str) -> Chart:
    """Shares by pair with their intervals over listeners, out of a table that has columns for both."""
    return Chart(
        table.name,
        title,
        tuple(row["pair"] for row in table.rows),
        tuple(row.get("percent") for row in table.rows),
        tuple(row.get("by_listener") for row in table.rows),
        unit,
        expected=percent(CHANCE),
        limits=(0, 100),
    )
