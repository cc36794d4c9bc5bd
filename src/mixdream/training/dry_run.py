"""What a training would do: sizes, counts and a time measured on this machine, without writing anything."""

import time
from typing import Any

import numpy as np

from mixdream.corpus.store import Corpus
from mixdream.recipes.recipe import Recipe
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram.scaling import Scaler
from mixdream.training.batches import Batches, fit_conditions, fit_scaling
from mixdream.training.device import choose_precision, new_accelerator
from mixdream.training.families import new_trainer

MEASURED_BATCH = 20
MEASURED_SECONDS = 2.0


def plan_training(recipe: Recipe, corpus: Corpus, seed: int = 0) -> dict[str, Any]:
    """Count what the recipe would do with the corpus and measure how long.

    A few real steps are taken on batches of at most 20 windows; the time of a step is taken to grow with
    its batch.

    Returns
    -------
    dict
        ``windows``, ``steps_per_epoch``, ``steps``, ``epochs``, ``parameters`` of each network,
        ``checkpoint_mb``, ``precision``, ``device``, ``seconds_per_step`` and ``hours``.
    """
    accelerator = new_accelerator()
    precision = choose_precision(recipe.training.precision, accelerator.device)
    training = recipe.training.model_copy(update={"precision": precision})
    recipe = recipe.model_copy(update={"training": training})
    windows = training_windows(recipe, corpus)
    scaler = Scaler(recipe.grid.scaling, fit_scaling(windows, recipe.grid))
    batches = Batches(windows, recipe.grid, scaler, training.batch, seed, accelerator.device)
    conditions = fit_conditions(batches) if recipe.has_conditions else None
    trainer = new_trainer(recipe, seed, accelerator, conditions)
    rows = np.arange(min(MEASURED_BATCH, training.batch, len(windows)))

    def take_step(step: int) -> None:
        images = batches.images(rows)
        trainer.step(images, step, batches.told(rows, images, conditions))

    take_step(0)
    began, taken = time.perf_counter(), 0
    while taken == 0 or time.perf_counter() - began < MEASURED_SECONDS:
        take_step(taken)
        taken += 1
    per_step = (time.perf_counter() - began) / taken * min(training.batch, len(windows)) / len(rows)
    steps = training.epochs * batches.steps_per_epoch
    size = sum(t.numel() * t.element_size() for part in trainer.tensors().values() for t in part.values())
    return {
        "recipe": recipe.name,
        "windows": len(windows),
        "epochs": training.epochs,
        "steps_per_epoch": batches.steps_per_epoch,
        "steps": steps,
        "parameters": trainer.parameters(),
        "checkpoint_mb": round(size / 1e6, 1),
        "precision": precision,
        "device": str(accelerator.device),
        "seconds_per_step": per_step,
        "hours": steps * per_step / 3600,
    }
