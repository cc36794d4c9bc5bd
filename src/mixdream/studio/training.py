"""What the page is told of trainings: how they went, what they sounded like, which models there are."""

import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mixdream.analysis.descriptors import DESCRIPTORS
from mixdream.errors import InputError
from mixdream.files import valid_text
from mixdream.generation.loops import possible_bars
from mixdream.progress import clock
from mixdream.project import Project
from mixdream.runs.checkpoint import checkpoint_name, load_state
from mixdream.runs.run import DOCTOR_NAME, SAMPLES_FOLDER, Run
from mixdream.studio.play.maker import BUNDLED
from mixdream.studio.runs import runs_of
from mixdream.studio.sets.sets import open_corpus
from mixdream.studio.studio import Studio

_OF_CHECK_UPS = ("step", "seconds", "kd", "kd_sound", "kd_net", "coverage", "copies", "told_apart")


def describe_training(studio: Studio) -> dict[str, Any]:
    """Content of the topic ``training``: of the run that learns from the sets as they are, or the newest."""
    runs = runs_of(studio.project)
    corpus_hash = _corpus_hash(studio.project)
    own = [run for run in runs if run.info()["corpus"]["hash"] == corpus_hash]
    run = (own or runs)[-1] if runs else None
    content: dict[str, Any] = {
        "run": None,
        "current": bool(own),  # of the sets as they are; else of those that there were
        "steps": 0,
        "seconds": 0.0,
        "status": None,
        "sentence": None,
        "check_ups": [],
        "models": _models(runs),
    }
    if run is None:
        return content
    info, doctor, checkpoints = run.info(), _doctor(run), _checkpoints(run)
    history = doctor.get("history", [])
    status = info["status"]
    if status == "running" and not studio.jobs.is_running("training"):
        status = "interrupted"  # by whatever killed it
    done = [info, *history, *(state for _, state in checkpoints)]
    kept = {path.name for path, _ in checkpoints}
    return content | {
        "run": run.name,
        "steps": max(each.get("steps", each.get("step", 0)) for each in done),
        "seconds": max(each.get("seconds", 0.0) for each in done),
        "status": status,
        "sentence": (doctor or info.get("doctor", {})).get("sentence"),
        "check_ups": [_describe(run, each, doctor.get("best"), kept) for each in history],
    }


def sample_file(project: Project, checkpoint: str, name: str) -> Path | None:
    """File of a loop that was rendered at a check-up, if there is such a one."""
    for run in runs_of(project):
        folder = run.folder / SAMPLES_FOLDER
        for path in folder.glob("step-*/*.flac"):
            if (path.parent.name, path.name) == (checkpoint, name):
                return path
    return None


def _corpus_hash(project: Project) -> str | None:
    """Hash of the sets as they are; None where there are none, or none that can be read: sets say so."""
    try:
        corpus = open_corpus(project)
    except InputError:
        return None
    return corpus.hash if corpus else None


def _doctor(run: Run) -> dict[str, Any]:
    """What the doctor wrote down of a run: ``history``, ``best``, ``sentence``; nothing before a look."""
    try:
        return json.loads((run.folder / DOCTOR_NAME).read_bytes())
    except (OSError, ValueError):
        return {}


def _checkpoints(run: Run) -> list[tuple[Path, dict[str, Any]]]:
    """Checkpoints and what they say, oldest first; without those that a training is just deleting."""
    found = []
    for path in run.playable_checkpoints():
        with suppress(InputError):
            found.append((path, load_state(path)))
    return found


def _describe(run: Run, check_up: dict[str, Any], best: str | None, kept: set[str]) -> dict[str, Any]:
    name = checkpoint_name(check_up["step"])
    folder = run.folder / SAMPLES_FOLDER / name
    loops = _samples(folder, folder.stat().st_mtime_ns) if folder.is_dir() else []
    return {
        "checkpoint": name,
        **{key: check_up.get(key) for key in _OF_CHECK_UPS},
        "best": name == best,
        "kept": name in kept,
        "loops": [
            {"seed": seed, "audio": f"/api/samples/{name}/{quote(file, safe='')}"} for seed, file in loops
        ],
    }


@lru_cache(maxsize=4096)
def _samples(folder: Path, _changed_ns: int) -> list[tuple[int, str]]:
    """Seeds and files of the loops of a check-up."""
    found = []
    for file in sorted(folder.glob("*.flac")):
        try:
            found.append((json.loads(file.with_suffix(".json").read_bytes())["seed"], file.name))
        except (OSError, ValueError, KeyError):
            continue  # still being written
    return sorted(found)


def _models(runs: list[Run]) -> list[dict[str, Any]]:
    """All models that loops can be made with: mixdream's own, and each checkpoint that is kept."""
    models = [_model(BUNDLED, "mixdream's own model", Run.pretrained(), named=False)]
    for run in reversed(runs):
        if run.recipe.windows.beats is None:
            continue  # it knows no bars
        best = run.best_checkpoint()
        for checkpoint, state in reversed(_checkpoints(run)):
            title = f"{run.name}, after {clock(state['seconds'])}"
            title += ", the best" if checkpoint == best else ""
            models.append(_model(f"{run.name}/{checkpoint.name}", title, run, named=True))
    return models


def _model(name: str, title: str, run: Run, named: bool) -> dict[str, Any]:
    conditions = run.conditions
    known = sorted({conditions.sets[index] for index in conditions.set_index}) if conditions and named else []
    return {
        "id": name,
        "title": title,
        "bars": possible_bars(run.recipe),
        "descriptors": list(DESCRIPTORS) if conditions else [],
        "like": [valid_text(each) for each in known],
    }
