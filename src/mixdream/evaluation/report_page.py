"""The report on disk: a page that needs nothing else, and the same figures as JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixdream.analysis.texture import bands
from mixdream.evaluation.intervals import Estimate
from mixdream.evaluation.metrics import METRICS, Metric
from mixdream.evaluation.sections import HEARD_BY, Content, Measures, Row, as_json
from mixdream.evaluation.texture_findings import band_name
from mixdream.files import write_atomically, write_json
from mixdream.pages.media import data_url
from mixdream.pages.render import render_page

TOLD_APART = (
    "Share that a network gets right of clips and real windows that it has not learnt from; 0.5 is guessing."
)
ARROWS = {"higher": "↑", "lower": "↓", "near the floor": "≈"}
_PULSE = {
    "pulse_db": ("Pulse", "dB", "How strong the beat is."),
    "tempo_bpm": ("Tempo", "BPM", "Strongest repetition between 85 and 175 BPM."),
}


TEXTURES = {
    "level": ("Level", "share of the clip's power."),
    "attack": ("Attacks", "how far levels rise from 4 ms to the next 4 ms in the strongest tenth."),
    "flatness": ("Flatness", "more is hiss, less is tone."),
    "roughness": ("Roughness", "depth of flutter at 20 to 200 Hz."),
    "width": ("Width", "side over mid."),
    "correlation": ("Left and right", "their correlation, in tenths."),
    "mono loss": ("Lost in mono", ""),
}
"""Quantities of textures for people: a name, and what each is."""


@dataclass(frozen=True)
class Table:
    """A collection beside its floors."""

    columns: dict[str, int]  # names, and numbers of clips
    headline: list[tuple[str, str, list[Estimate | None]]]  # name with an arrow, meaning, estimates
    lines: list[tuple[str, Metric, list[Estimate | None]]]  # key, metric, an estimate for each column
    left_out: list[str]  # why there are some that are None


def write_report(folder: Path, content: Content) -> tuple[Path, dict[str, Any]]:
    """Write ``index.html`` and ``report.json``; return the path of the page, and what the JSON says.

    The folder is made if need be; a report in it is replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = render_page(
        "mixdream.evaluation",
        "report.html",
        {"figure": figure, "png": lambda picture: data_url("image/png", picture)},
        report=content,
        tables=[table_of(content, row) for row in content.rows],
        metrics=METRICS,
        arrows=ARROWS,
        pulse=_PULSE,
        bands=bands,
        band_name=band_name,
        textures=TEXTURES,
        heard_by=HEARD_BY,
    )
    plain = as_json(content)
    write_json(folder / "report.json", plain)
    write_atomically(folder / "index.html", page)
    return folder / "index.html", plain


def table_of(content: Content, row: Row) -> Table:
    """A collection beside its floors, for the page and the terminal."""
    columns = {row.name: row.measures} | content.floors | {"ceiling": row.ceiling}
    sides = {name: column.kinds for name, column in columns.items() if column}
    return Table(
        columns={name: side.n for name, side in sides.items()},
        headline=_headline([column for column in columns.values() if column]),
        lines=[
            (key, metric, [side.figures.get(key) for side in sides.values()])
            for key, metric in METRICS.items()
        ],
        left_out=sorted({reason for side in sides.values() for reason in side.left_out.values()}),
    )


def _headline(columns: list[Measures]) -> list[tuple[str, str, list[Estimate | None]]]:
    """How near and how varied, in every embedding, and whether a judge tells clips from music."""
    lines = []
    for key in ("kernel_distance", "coverage"):
        for embedding, (ear, listens_for) in HEARD_BY.items():
            if not columns or embedding not in columns[0].embeddings:
                continue
            name = f"{METRICS[key].name}, {ear} {ARROWS[METRICS[key].better]}"
            estimates = [column.embeddings[embedding].figures.get(key) for column in columns]
            lines.append((name, listens_for, estimates))
    told = [column.told_apart for column in columns]
    return [*lines, ("Told apart ↓", TOLD_APART, told)]


def figure(value: float | None) -> str:
    """Number with as many digits as say something.

    >>> figure(0.98765), figure(-0.2), figure(146.3), figure(None)
    ('0.99', '-0.20', '146', '–')
    """
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
