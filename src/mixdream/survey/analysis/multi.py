"""Results of several clips rated on one page (``multi``): means, and for MUSHRA medians and box plots."""

from collections.abc import Sequence
from dataclasses import replace

from mixdream.survey.analysis.intervals import Interval
from mixdream.survey.analysis.measures import THESE_CLIPS, BlockReport
from mixdream.survey.analysis.medians import box_of, median_row
from mixdream.survey.analysis.rate import by_condition, differ, scale_report
from mixdream.survey.analysis.tables import Row, Table
from mixdream.survey.design.blocks import Multi
from mixdream.survey.storage.rows import Answer

_COLUMNS = "condition listeners answers median two_way by_listener lower_quartile upper_quartile"
_NOTE = (
    "Medians of all ratings, as BS.1534-3 reports them. 95 % holds for other listeners and other clips of "
    "the same kinds; 95 %, these clips, for other listeners who hear the very same clips. Boxes of the chart "
    "reach from quartile to quartile, whiskers to the farthest rating within 1.5 times that; the mark is the "
    "median with its interval. Pairs are compared by means, below."
)


def multi_report(block: Multi, rows: Sequence[Answer], language: str, prefix: str) -> BlockReport:
    """Analyse the answers to a block."""
    question, name = block.question, f"{prefix}-{block.question.name}"
    made = scale_report(question, by_condition(block.conditions, rows), language, name)
    if block.reference is None or not made.measures:
        return made
    (section,) = made.sections
    ratings = [
        replace(measure, name=measure.name.removeprefix(f"{question.name}, ")) for measure in made.measures
    ]
    lines: list[Row] = [
        {"condition": rating.name, "listeners": len(rating.means), "answers": len(rating.observations.value)}
        | median_row(rating)
        for rating in ratings
    ]
    table = Table(f"{name}-medians", "Medians", _COLUMNS, lines, _NOTE)
    scale = float(question.lowest), float(question.highest)
    chart = table.chart(
        f"rating, {question.lowest} to {question.highest}",
        "median",
        title="Ratings",
        limits=scale,
        kind="boxes",
        boxes=[box_of(rating) for rating in ratings],
    )
    section = replace(section, charts=(chart, *section.charts), tables=(table, *section.tables))
    compared = [table for table in section.tables if table.name == f"{name}-differences"]
    return replace(made, sentence=f"{_medians(lines)}{differ(compared)}", sections=[section])


def _medians(lines: Sequence[Row]) -> str:
    """Medians with their intervals, best first."""
    ranked = sorted(lines, key=lambda line: -line["median"])
    text = ", ".join(
        f"{line['condition']} {line['median']:.0f}{_ends(line['two_way'] or line['by_listener'])}"
        for line in ranked
    )
    these = any(line["by_listener"] and not line["two_way"] for line in lines)
    return f"Medians: {text}{THESE_CLIPS if these else ''}"


def _ends(interval: Interval | None) -> str:
    return f" ({interval.low:.0f} to {interval.high:.0f})" if interval else ""
