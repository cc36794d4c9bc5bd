"""The report on disk: a page that needs nothing else, the figures as JSON, tables as CSV, charts as SVG."""

import json
from pathlib import Path
from typing import Any

import jinja2

from mixdream.errors import InputError
from mixdream.files import write_atomically, write_json
from mixdream.pages.media import data_url
from mixdream.survey.analysis.breakdown import NOTE
from mixdream.survey.analysis.exclude import write_exclusions
from mixdream.survey.analysis.figures import draw, in_the_dark
from mixdream.survey.analysis.parts import BlockReport, Section
from mixdream.survey.analysis.report import Report

FACTS = {
    "listeners": "listeners",
    "left_out": "left out",
    "answered_something": "answered something",
    "finished": "finished",
    "visits_without_answer": "visits without an answer",
    "answers": "answers",
    "median_minutes": "minutes, median",
    "first_answer": "first answer",
    "last_answer": "last answer",
    "design": "design",
    "source": "source",
}
"""Facts in the order of the page."""


def write_report(folder: Path, report: Report) -> tuple[Path, dict[str, Any]]:
    """Write ``index.html``, ``report.json``, ``exclusions.csv``, ``tables/*.csv`` and ``figures/*.svg``.

    Parameters
    ----------
    folder : Path
        Made if need be; a report in it is replaced.
    report : Report

    Returns
    -------
    Path
        The page.
    dict
        What ``report.json`` says.

    Raises
    ------
    InputError
        A folder that cannot be written.
    """
    try:
        for one in (folder, folder / "tables", folder / "figures"):
            one.mkdir(parents=True, exist_ok=True)
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
                name: data_url("image/svg+xml", content)
                for name, content in (("light", light), ("dark", in_the_dark(light)))
            }
    if report.excluded is not None:
        write_exclusions(folder / "exclusions.csv", report.excluded)
    plain = to_json(report) | {"files": [path.relative_to(folder).as_posix() for path in files]}
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mixdream.survey.analysis", "."), autoescape=True
    )
    page = environment.get_template("report.html").render(
        report=report, pictures=pictures, facts=FACTS, breakdown_note=NOTE
    )
    write_json(folder / "report.json", plain)
    write_atomically(folder / "index.html", page)
    return folder / "index.html", plain


def to_json(report: Report) -> dict[str, Any]:
    """A report without its pictures."""
    return {
        "title": report.title,
        "facts": report.facts,
        "notes": report.notes,
        "blocks": [
            _block(one) | {"breakdowns": [_section(some) for some in report.breakdowns.get(one.name, [])]}
            for one in report.blocks
        ],
        "listeners": [_section(one) for one in report.listeners],
        "care": [_section(one) for one in report.care],
        "excluded": [vars(one) for one in report.excluded or []],
    }


def _clear(folder: Path) -> None:
    """Delete tables and charts of the report that was here, and nothing else."""
    try:
        old = json.loads((folder / "report.json").read_text("utf-8"))["files"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return
    for path in (*folder.glob("tables/*.csv"), *folder.glob("figures/*.svg")):
        if path.relative_to(folder).as_posix() in old:
            path.unlink()


def _block(one: BlockReport) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "ask": one.ask,
        "sentence": one.sentence,
        "with_everyone": one.everyone,
        "notes": list(one.notes),
        "sections": [_section(section) for section in one.sections],
    }


def _section(one: Section) -> dict[str, Any]:
    tables = [
        {"name": table.name, "title": table.title, "note": table.note, "rows": table.records()}
        for table in one.tables
    ]
    return {"title": one.title, "tables": tables, "texts": list(one.texts)}


def _sections(report: Report) -> list[Section]:
    inside = [section for one in report.blocks for section in one.sections]
    broken_down = [section for some in report.breakdowns.values() for section in some]
    return [*inside, *broken_down, *report.listeners, *report.care]
