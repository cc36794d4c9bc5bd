"""The report on disk: a page that needs nothing else, the figures as JSON, tables as CSV, charts as SVG."""

import json
from pathlib import Path
from typing import Any

from mixdream.errors import InputError
from mixdream.files import write_atomically, write_json
from mixdream.pages.media import data_url
from mixdream.pages.render import render_page
from mixdream.survey.analysis.exclude import write_exclusions
from mixdream.survey.analysis.figures import draw, in_the_dark
from mixdream.survey.analysis.measures import BREAKDOWN_NOTE
from mixdream.survey.analysis.report import Report
from mixdream.survey.analysis.tables import Section, kind_of


def write_report(folder: Path, report: Report) -> tuple[Path, dict[str, Any]]:
    """Write ``index.html``, ``report.json``, ``exclusions.csv``, ``tables/*.csv`` and ``figures/*.svg``.

    A report that was in the folder is replaced. Returned are the page and what ``report.json`` says.
    """
    try:
        for path in (folder, folder / "tables", folder / "figures"):
            path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"a report cannot be written to '{folder}': {error.strerror}") from None
    _clear(folder)
    pictures, files = {}, []
    for section in _sections(report):
        files += [table.write(folder / "tables") for table in section.tables]
        for chart in section.charts:
            light = draw(chart)
            files.append(folder / "figures" / f"{chart.name}.svg")
            write_atomically(files[-1], light)
            pictures[chart.name] = {
                "light": data_url("image/svg+xml", light),
                "dark": data_url("image/svg+xml", in_the_dark(light)),
            }
    if report.excluded is not None:
        write_exclusions(folder / "exclusions.csv", report.excluded)
    content = to_json(report) | {"files": [path.relative_to(folder).as_posix() for path in files]}
    page = render_page(
        "mixdream.survey.analysis",
        "report.html",
        report=report,
        pictures=pictures,
        kind_of=kind_of,
        breakdown_note=BREAKDOWN_NOTE,
    )
    write_json(folder / "report.json", content)
    write_atomically(folder / "index.html", page)
    return folder / "index.html", content


def to_json(report: Report) -> dict[str, Any]:
    """A report without its pictures."""
    return {
        "title": report.title,
        "facts": report.facts,
        "notes": report.notes,
        "blocks": [
            {
                "name": block.name,
                "kind": block.kind,
                "ask": block.ask,
                "sentence": block.sentence,
                "with_everyone": block.everyone,
                "notes": list(block.notes),
                "sections": [_section(section) for section in block.sections],
                "breakdowns": [_section(section) for section in block.breakdowns],
            }
            for block in report.blocks
        ],
        "listeners": [_section(section) for section in report.listeners],
        "care": [_section(section) for section in report.care],
        "excluded": [vars(exclusion) for exclusion in report.excluded or []],
    }


def _section(section: Section) -> dict[str, Any]:
    tables = [
        {"name": table.name, "title": table.title, "note": table.note, "rows": table.records()}
        for table in section.tables
    ]
    return {"title": section.title, "tables": tables, "texts": list(section.texts)}


def _sections(report: Report) -> list[Section]:
    results = [section for block in report.blocks for section in block.sections]
    broken_down = [section for block in report.blocks for section in block.breakdowns]
    return [*results, *broken_down, *report.listeners, *report.care]


def _clear(folder: Path) -> None:
    """Delete tables and charts of the report that was here, and nothing else."""
    try:
        old = json.loads((folder / "report.json").read_text("utf-8"))["files"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return
    for path in (*folder.glob("tables/*.csv"), *folder.glob("figures/*.svg")):
        if path.relative_to(folder).as_posix() in old:
            path.unlink()
