"""The report of a reproduction: one page in the thesis's order, and the same as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import soundfile

from mixdream import __version__
from mixdream.corpus.store import Corpus
from mixdream.files import write_atomically, write_json
from mixdream.pages.media import Sound, data_url, flac_url, frequency_ticks, spectrogram_url
from mixdream.pages.render import render_page
from mixdream.progress import clock
from mixdream.reproduce.experiments import BESIDE, DATA_FIGURES, EXPERIMENTS, Experiment
from mixdream.reproduce.findings import data_lines, in_words, layer_tables, measured, model_lines
from mixdream.reproduce.reproduction import RATE_HZ, Reproduction
from mixdream.reproduce.schedule import Schedule
from mixdream.runs.run import Run
from mixdream.survey.analysis.figures import draw
from mixdream.survey.analysis.report import report_counts
from mixdream.survey.analysis.scores import read_counts

HEARD = 4  # clips of each model with a player
_CHART_FIGURES = ("4.19", "4.20", "4.21", "4.22", "4.23", "4.24", "4.25")


def write_page(reproduction: Reproduction, schedule: Schedule, corpus: Corpus) -> Path:
    """Write ``index.html``, self-contained, and ``report.json`` of what is done so far."""
    trained = reproduction.trained()
    models = [_model(reproduction, schedule, corpus, experiment, trained) for experiment in EXPERIMENTS]
    beside = [_beside(reproduction, schedule, corpus, name) for name in BESIDE if name in trained]
    survey = _survey()
    content: dict[str, Any] = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "mixdream": __version__,
        "corpus": {
            "folder": str(corpus.folder),
            "hash": corpus.hash,
            "sets": len(corpus.sets),
            "seconds": corpus.seconds,
        },
        "scale": schedule.scale,
        "image_s": dict(schedule.image_s),
        "data": [asdict(line) for line in data_lines(corpus)],
        "tables": layer_tables(),
        "models": models,
        "beside": beside,
        "survey": survey,
        "listening_test": reproduction.state().get("listening test"),
        "no_listening_test": reproduction.state().get("no listening test"),
        "not_compared": reproduction.state().get("not compared thesis"),
        "measured": [asdict(row) for row in measured(reproduction)],
    }
    folder = reproduction.folder
    page = render_page(
        "mixdream.reproduce",
        "report.html",
        {"png": lambda file: data_url("image/png", (folder / file).read_bytes())},
        **content,
        corpus_s=clock(corpus.seconds),
        data_figures=[
            (number, caption, f"figures/data/{file}") for number, (caption, file) in DATA_FIGURES.items()
        ],
        charts=_charts(),
        sounds={name: _sounds(folder / "clips" / name) for name in ("real", *trained)},
    )
    write_json(folder / "report.json", content)
    write_atomically(folder / "index.html", page)
    return folder / "index.html"


def _model(
    reproduction: Reproduction,
    schedule: Schedule,
    corpus: Corpus,
    experiment: Experiment,
    trained: Sequence[str],
) -> dict[str, Any]:
    """What the report says of a model of the thesis; no lines where it is not trained yet."""
    name = experiment.recipe
    run = Run.open(reproduction.run_folder(name)) if name in trained else None
    drawn = run is not None and (reproduction.folder / "figures" / name).is_dir()
    return {
        "name": name,
        "section": experiment.section,
        "title": experiment.title,
        "planned": in_words(schedule, name, corpus) if name in schedule.image_s else "",
        "lines": [asdict(line) for line in model_lines(experiment, run)] if run else [],
        "figures": [
            {"number": figure.number, "caption": figure.caption, "file": f"figures/{name}/{figure.file}"}
            for figure in experiment.figures
            if drawn
        ],
    }


def _beside(reproduction: Reproduction, schedule: Schedule, corpus: Corpus, name: str) -> dict[str, Any]:
    run = Run.open(reproduction.run_folder(name))
    info = run.info()
    return {
        "name": name,
        "about": run.recipe.about,
        "planned": in_words(schedule, name, corpus),
        "steps": info["steps"],
        "seconds": info["seconds"],
        "doctor": info.get("doctor", {}).get("sentence", ""),
    }


def _survey() -> list[dict[str, Any]]:
    """The thesis's tables of scores, from its published counts."""
    (block,) = report_counts(read_counts("thesis"), datetime.now(UTC).date()).blocks
    return [
        {"title": section.title, "name": table.title, "head": list(table.printed.values()), "rows": rows}
        for section in block.sections
        for table in section.tables
        for rows in [[list(cells.values()) for cells in table.cells()]]
    ]


def _charts() -> list[tuple[str, str, str]]:
    """Figures 4.19 to 4.25: number, what is on it, address."""
    (block,) = report_counts(read_counts("thesis"), datetime.now(UTC).date()).blocks
    charts = [(section.title, chart) for section in block.sections for chart in section.charts]
    return [
        (number, f"{title}. {chart.described}", data_url("image/svg+xml", draw(chart)))
        for number, (title, chart) in zip(_CHART_FIGURES, charts, strict=True)
    ]


def _sounds(folder: Path) -> list[Sound]:
    sounds = []
    for file in sorted(folder.glob("*.wav"))[:HEARD]:
        audio, rate_hz = soundfile.read(file)
        highest_hz = RATE_HZ / 2
        picture = spectrogram_url(audio, rate_hz, highest_hz, loop=False)
        title = file.stem.replace("_", " ")
        sounds.append(Sound(title, flac_url(audio, rate_hz), picture, ticks=frequency_ticks(highest_hz)))
    return sounds
