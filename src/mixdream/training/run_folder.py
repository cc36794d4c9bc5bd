"""The start of a run: a new folder, or one that can be resumed; all checks before any write."""

import os
import platform
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from accelerate import Accelerator

from mixdream import __version__
from mixdream.corpus.beat_windows import BeatWindows
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.files import LOCK_NAME, only_one_in, write_atomically, write_json
from mixdream.recipes.load import dump_recipe
from mixdream.recipes.recipe import Recipe
from mixdream.runs.checkpoint import load_state
from mixdream.runs.run import (
    CONDITIONS_NAME,
    FIGURES_FOLDER,
    INFO_NAME,
    RECIPE_NAME,
    SAMPLES_FOLDER,
    SCALING_NAME,
    Run,
    is_run,
)
from mixdream.training.device import with_precision
from mixdream.training.prepare import Prepared

_FOLDERS = ("checkpoints", FIGURES_FOLDER, SAMPLES_FOLDER)
_MAY_CHANGE = ("epochs", "checkpoint_minutes")  # of a recipe when a run goes on


class Trained(NamedTuple):
    """How far a run is."""

    steps: int
    seconds: float


def trained_so_far(folder: Path) -> Trained:
    """What the newest checkpoint of a run folder holds, over all calls; nothing where there is none yet."""
    if not is_run(folder) or not (run := Run.open(folder)).checkpoints():
        return Trained(0, 0.0)
    state = load_state(run.latest_checkpoint())
    return Trained(state["step"], state["seconds"])


def check_run(
    recipe: Recipe, corpus: Corpus, folder: Path, seed: int | None, resume: bool, accelerator: Accelerator
) -> tuple[Run, dict[str, Any]]:
    """Decide what to train into a folder, writing nothing.

    Returns the run, whose recipe has its precision chosen, and what ``run.json`` is to say.

    Raises
    ------
    InputError
        The folder holds something else, or a run that this call cannot go on with.
    """
    exists = is_run(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: choose a folder for the run with -o")
    if resume and not folder.is_dir():
        raise InputError(f"there is no run {folder} to resume; without --resume a new one is made")
    if not exists and folder.is_dir() and not _only_a_beginning(folder):
        raise InputError(f"{folder} is not empty and no run of mixdream: choose another folder with -o")
    if exists and not resume:
        raise InputError(f"{folder} is a run already: --resume goes on with it, or choose another with -o")
    if exists:
        return _check_resumable(recipe, corpus, folder, seed)
    return Run(folder, with_precision(recipe, accelerator)), _new_info(recipe, corpus, seed or 0)


def only_training(folder: Path, accelerator: Accelerator) -> AbstractContextManager[None]:
    """Keep other trainings out of a run folder for as long as this one lasts, see `only_one_in`."""
    if not accelerator.is_main_process:  # the first process writes for all
        return nullcontext()
    return only_one_in(folder, f"{folder} is being trained by another process: wait for it, or stop it")


def begin_run(
    run: Run, info: dict[str, Any], prepared: Prepared, accelerator: Accelerator, steps: int = 0
) -> None:
    """Write the beginning of a run, or of its going on after so many steps, from the first process.

    The others wait for it.
    """
    folder, batches = run.folder, prepared.batches
    if steps and info["processes"] != batches.world:
        info["not_identical"] = (
            f"from step {steps} on trained by {batches.world} process(es), before by {info['processes']}: "
            "the windows of a step are the same, but each process draws its own noise and normalises its own "
            "part of a batch, so this run is not bit-identical to one that kept to one number"
        )
    info |= {
        "processes": batches.world,
        "windows": len(batches.windows),
        "steps_per_epoch": batches.steps_per_epoch,
        "parameters": prepared.trainer.parameters(),
    }
    if isinstance(batches.windows, BeatWindows):
        info["tempo_bpm"] = float(np.median(batches.windows.tempo_bpm))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        write_json(folder / INFO_NAME, info)
        if prepared.statistics is not None:
            write_json(folder / SCALING_NAME, prepared.statistics.model_dump())
        if prepared.conditions is not None:
            write_json(folder / CONDITIONS_NAME, prepared.conditions.model_dump())
        # Last, since it is what makes the folder a run.
        write_atomically(folder / RECIPE_NAME, dump_recipe(run.recipe))
    accelerator.wait_for_everyone()


def now() -> str:
    """Return the date and time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _only_a_beginning(folder: Path) -> bool:
    """Whether a folder is empty or holds no more than a start that was killed has left."""
    beginning = (*_FOLDERS, LOCK_NAME, INFO_NAME, SCALING_NAME, CONDITIONS_NAME)
    return all(path.name in beginning or path.name.endswith(".partial") for path in folder.iterdir())


def _check_resumable(
    recipe: Recipe, corpus: Corpus, folder: Path, seed: int | None
) -> tuple[Run, dict[str, Any]]:
    run = Run.open(folder)
    info = run.info()
    own = run.recipe.training
    kept = _MAY_CHANGE if recipe.training.precision != "auto" else (*_MAY_CHANGE, "precision")
    asked = recipe.with_training(**{key: getattr(own, key) for key in kept})
    if asked != run.recipe:
        changed = [
            f"{section}.{key}"
            for section in ("grid", "windows", "model", "training")
            for key, value in getattr(run.recipe, section)
            if getattr(getattr(asked, section), key, None) != value
        ]
        raise InputError(
            f"{folder} was trained with another recipe ({run.recipe.name}; differs in "
            f"{', '.join(changed) or 'name or inversion'}): resume with its own; only "
            f"{' and '.join(f'training.{key}' for key in _MAY_CHANGE)} may differ"
        )
    if corpus.hash != info["corpus"]["hash"]:
        raise InputError(
            f"{folder} was trained on another corpus, or this one has changed since (it was "
            f"{info['corpus']['folder']}): train a new run, or resume with the corpus as it was"
        )
    if seed not in (None, info["seed"]):
        raise InputError(f"{folder} was trained with seed {info['seed']}, not {seed}: leave --seed out")
    info["status"] = "running"
    for ended in ("finished", "on_checkup_error"):
        info.pop(ended, None)
    return Run(
        folder, run.recipe.with_training(**{key: getattr(recipe.training, key) for key in _MAY_CHANGE})
    ), info


def _new_info(recipe: Recipe, corpus: Corpus, seed: int) -> dict[str, Any]:
    packages = ("torch", "accelerate", "numpy")
    return {
        "recipe": recipe.name,
        "seed": seed,
        "status": "running",
        "started": now(),
        "corpus": {"folder": str(corpus.folder.absolute()), "hash": corpus.hash, "seconds": corpus.seconds},
        "versions": {"mixdream": __version__, "python": platform.python_version()}
        | {name: version(name) for name in packages},
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        },
    }
