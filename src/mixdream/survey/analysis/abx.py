"""Results of an ``abx`` block: could listeners tell which of two clips X is?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixdream.survey.analysis.detection import FARTHEST, abx_d_prime
from mixdream.survey.analysis.means import share_interval, t_p
from mixdream.survey.analysis.observations import Observations, observe
from mixdream.survey.analysis.paired import add_holm
from mixdream.survey.analysis.pairs import by_pair, pair_chart
from mixdream.survey.analysis.parts import BlockReport, Measure, Section
from mixdream.survey.analysis.proportions import Interval
from mixdream.survey.analysis.shares import (
    CHANCE,
    CHANCE_COLUMNS,
    POOLED_COLUMNS,
    SHARE_COLUMNS,
    SHARE_NOTE,
    share_row,
)
from mixdream.survey.analysis.tables import Column, Table
from mixdream.survey.analysis.wording import NOBODY, against, share, who
from mixdream.survey.design.blocks import Compare
from mixdream.survey.design.design import Design
from mixdream.survey.design.texts import in_language
from mixdream.survey.storage.rows import Answer

_PAIRS = (
    Column("pair", "pair"),
    *SHARE_COLUMNS,
    *CHANCE_COLUMNS,
    Column("p_holm", "p, Holm", "p"),
    Column("d_prime", "d'", "number"),
    Column("d_prime_interval", "d', by listener", "interval"),
    *POOLED_COLUMNS,
)
_ITEMS = (
    Column("condition", "condition of X"),
    Column("item", "item of X"),
    Column("answers", "answers", "count"),
    Column("percent", "% right", "number"),
)


def abx_sentence(rows: Sequence[Answer]) -> str:
    """Say how often X was right."""
    if not rows:
        return NOBODY
    means = observe(map(_right, rows)).listener_means()
    interval = share_interval(means)
    value = float(means.mean())
    verdict = against(
        t_p(means, CHANCE), value, CHANCE, "above chance", "below chance", "not shown to differ from chance"
    )
    right = share(value, interval)
    return f"{who(rows)}: X was told right in {right}, chance is 50 %: {verdict}."


def abx_report(
    block: Compare, rows: Sequence[Answer], design: Design, rng: np.random.Generator, prefix: str
) -> BlockReport:
    """Analyse a block; the parameters are those of `mixdream.survey.analysis.detect.detect_report`."""
    ask, sentence = in_language(block.ask, design.languages[0]), abx_sentence(rows)
    if not rows:
        return BlockReport(block.name, block.kind, ask, sentence)
    found = [(" / ".join(pair), observe(map(_right, some))) for pair, some in by_pair(block, rows)]
    lines = [_line(name, one, rng) for name, one in found]
    add_holm(lines, "p_by_listener")
    if len(found) > 1:
        found.append(("all pairs", observe(map(_right, rows))))
        lines.append(_line(*found[-1], rng))
    ends = [line["d_prime_interval"].high for line in lines if line["d_prime_interval"]]
    open_ = (
        f" No d' is counted above {FARTHEST:.0f}: an interval that ends there means at least its lower end."
        if FARTHEST in ends
        else ""
    )
    table = Table(
        f"{prefix}-right",
        "Right, by pair",
        _PAIRS,
        tuple(lines),
        f"{SHARE_NOTE} d' is that of listeners who compare X with A and with B (differencing: Macmillan & "
        f"Creelman 2005), from the share right and its interval over listeners; chance and below are 0."
        f"{open_}",
        digits=2,
    )
    sections = (Section("", (pair_chart(table, "Right", "% right"),), (table, _by_item(rows, prefix))),)
    measures = tuple(Measure(f"right, {name}", one, "percent") for name, one in found)
    return BlockReport(block.name, block.kind, ask, sentence, sections, measures)


def _line(name: str, found: Observations, rng: np.random.Generator) -> dict[str, Any]:
    means, n = found.listener_means(), len(found.value)
    interval = share_interval(means)
    # Log-linear, as for rates: with everything right d' would have no end.
    value = (float(means.mean()) * n + 0.5) / (n + 1)
    return {
        "pair": name,
        **share_row(found, rng, CHANCE),
        "d_prime": abx_d_prime(value),
        "d_prime_interval": Interval(*map(abx_d_prime, interval)) if interval else None,
    }


def _by_item(rows: Sequence[Answer], prefix: str) -> Table:
    found = observe(map(_right, rows))
    lines = []
    for name, values in found.by_item():
        condition, _, item = name.partition("/")
        line = {"condition": condition, "item": item, "answers": len(values)}
        lines.append(line | {"percent": 100 * float(values.mean())})
    return Table(f"{prefix}-clips", "Right, by clip", _ITEMS, tuple(lines), folded=True)


def _right(row: Answer) -> tuple[str, str, float, int]:
    x = row.clips[2]
    return row.session, f"{x.condition}/{x.item}", float(row.value == row.right), 0
