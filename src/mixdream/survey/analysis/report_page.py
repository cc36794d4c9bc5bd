"""The report on disk: a page that needs nothing else, the figures as JSON, tables as CSV, charts as SVG."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mixdream.errors import InputError
from mixdream.files import write_atomically, write_json
from mixdream.pages.media import data_url
from mixdream.pages.render import render_page
from mixdream.survey.analysis.exclude import exclusions_csv
from mixdream.survey.analysis.figures import draw, in_the_dark
from mixdream.survey.analysis.measures import BREAKDOWN_NOTE
from mixdream.survey.analysis.report import Report
from mixdream.survey.analysis.tables import Section, kind_of


def write_report(folder: Path, report: Report) -> tuple[Path, dict[str, Any]]:
    """Write ``index.html``, ``report.json``, ``exclusions.csv``, ``tables/*.csv`` and ``figures/*.svg``.

    A report that was in the folder is replaced, and nothing else: what is in the way and was not made here,
    or was changed since, is an InputError. Returned are the page and what ``report.json`` says.
    """
    pictures: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    for section in _sections(report):
        files |= {f"tables/{table.name}.csv": table.csv() for table in section.tables}
        for chart in section.charts:
            light = draw(chart)
            files[f"figures/{chart.name}.svg"] = light.decode()
            pictures[chart.name] = {
                "light": data_url("image/svg+xml", light),
                "dark": data_url("image/svg+xml", in_the_dark(light)),
            }
    if report.excluded is not None:
        files["exclusions.csv"] = exclusions_csv(report.excluded)
    files["index.html"] = render_page(
        "mixdream.survey.analysis",
        "report.html",
        report=report,
        pictures=pictures,
        kind_of=kind_of,
        breakdown_note=BREAKDOWN_NOTE,
    )
    content = to_json(report) | {"files": {name: _digest(text.encode()) for name, text in files.items()}}
    try:
        for path in (folder, folder / "tables", folder / "figures"):
            path.mkdir(parents=True, exist_ok=True)
        _clear(folder, files)
    except OSError as error:
        raise InputError(f"a report cannot be written to '{folder}': {error.strerror}") from None
    # First, so that what a killed process leaves is known for a report's.
    write_json(folder / "report.json", content)
    for name, text in files.items():
        write_atomically(folder / name, text)
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


def _clear(folder: Path, wanted: Iterable[str]) -> None:
    """Delete the report that was here, or refuse where another file has one of the wanted names."""
    try:
        old = dict(json.loads((folder / "report.json").read_text("utf-8"))["files"])
    except FileNotFoundError:
        old = {}
    except (ValueError, KeyError, TypeError):
        raise _in_the_way(folder / "report.json") from None
    paths = [*folder.glob("tables/*.csv"), *folder.glob("figures/*.svg")]
    paths += [path for name in ("index.html", "exclusions.csv") if (path := folder / name).exists()]
    there = {path.relative_to(folder).as_posix(): path for path in paths}
    ours = [name for name, path in there.items() if old.get(name) == _digest(path.read_bytes())]
    for name in sorted(there.keys() & set(wanted) - set(ours)):
        raise _in_the_way(there[name])
    for name in ours:
        there[name].unlink()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _in_the_way(path: Path) -> InputError:
    return InputError(
        f"'{path}' is not as 'survey analyse' wrote it: give another folder with -o, or move the file"
    )
