"""Interim results of a test that is running: means with intervals, without tests, verdicts or names."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from mixdream.survey.analysis.report import left_out, report_block
from mixdream.survey.design.blocks import Ask
from mixdream.survey.exporting.read_rows import Gathered

FEWEST = 5
"""Listeners that a figure is of, at least: one of fewer would be somebody's answers."""


@dataclass(frozen=True)
class Figure:
    """A figure of a block, in percent or in points of a scale, with its 95 % interval."""

    block: str
    what: str
    unit: str
    listeners: int
    value: float
    low: float | None
    high: float | None


def interim_results(gathered: Gathered, design_hash: str, today: date) -> dict[str, Any]:
    """Figures so far of the answers to one version of the design.

    They are those of the report, of whoever finished and is not left out by the design's rules. Whether
    something is shown is not said: p values hold for a number of listeners that was chosen beforehand, and
    of those that are looked at again and again more than one in twenty are below 0.05 by chance (Armitage,
    McPherson & Rowe 1969).
    """
    design = dict(gathered.designs)[design_hash]
    rows = [row for row in gathered.rows if row.design_hash == design_hash]
    names = {row.session for row in rows}
    sessions = [visit for visit in gathered.sessions if visit.session in names]
    out = {exclusion.session for exclusion in left_out(rows, sessions, design, today)} & names
    counted = [row for row in rows if row.session not in out]
    figures = []
    for block in design.blocks:
        measures = () if isinstance(block, Ask) else report_block(block, counted, design, block.name).measures
        for measure in measures:
            if len(measure.means) >= FEWEST:
                value, interval = measure.estimate
                ends = (interval.low, interval.high) if interval else (None, None)
                figures.append(
                    Figure(block.name, measure.name, measure.unit, len(measure.means), value, *ends)
                )
    return {
        "interim": True,
        "design": design_hash,
        "listeners": len(names) - len(out),
        "not_counted": len(out),
        "fewest": FEWEST,
        "figures": [asdict(figure) for figure in figures],
    }
