"""Preparing a training: batches, statistics and conditions of the windows, networks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import Tensor

from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.progress import Report, silent
from mixdream.recipes.recipe import Recipe
from mixdream.recipes.windows import TrainingWindows, training_windows
from mixdream.runs.conditions import Conditions
from mixdream.runs.run import Run
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.statistics import LogStatistics, fit_statistics
from mixdream.spectrogram.transform import magnitudes
from mixdream.training.batches import Batches, set_names
from mixdream.training.flow import FlowTrainer
from mixdream.training.gan import GanTrainer
from mixdream.training.latent import LatentTrainer
from mixdream.training.parent import take_weights
from mixdream.training.relativistic import RelativisticTrainer
from mixdream.training.trainer import Trainer
from mixdream.training.wavegan import WaveGanTrainer

FITTED = 1024
"""Windows that statistics and scales of descriptors are fitted on."""
_AT_A_TIME = 32

Fitted = TypeVar("Fitted")


@dataclass(frozen=True)
class Prepared:
    """Everything that steps are taken with; statistics and conditions where the recipe has them."""

    batches: Batches
    statistics: LogStatistics | None
    conditions: Conditions | None
    trainer: Trainer


def prepare(
    recipe: Recipe,
    corpus: Corpus,
    seed: int,
    accelerator: Accelerator,
    run: Run | None = None,
    report: Report = silent,
    parent: Run | None = None,
    fitted: int = FITTED,
) -> Prepared:
    """Prepare a recipe, its precision chosen, for a corpus; a run with checkpoints keeps its statistics.

    A new one begins with the weights of a ``parent``, if there is one; its statistics are fitted on so many
    windows, and one of each set.

    Raises
    ------
    InputError
        The corpus does not fit the recipe, or has too few windows.
    """
    windows = training_windows(recipe, corpus, report)
    kept = run if run is not None and run.checkpoints() else None
    statistics = _of_first_process(
        kept.statistics() if kept else fit_scaling(windows, recipe.grid, parent, fitted)
    )
    batches = Batches(
        windows,
        recipe.grid,
        Scaler(recipe.grid.scaling, statistics),
        recipe.training.batch,
        seed,
        accelerator.device,
        accelerator.process_index,
        accelerator.num_processes,
        run.folder if run else None,
    )
    conditions = None
    if recipe.has_conditions:
        conditions = _of_first_process(kept.conditions if kept else fit_conditions(batches, fitted))
    trainer = new_trainer(recipe, seed, accelerator, conditions)
    if kept is None:
        if parent is None:
            trainer.begin(batches.images(rows) for rows in _fitted_rows(windows, fitted))
        else:
            take_weights(trainer, parent)
    return Prepared(batches, statistics, conditions, trainer)


def new_trainer(
    recipe: Recipe, seed: int, accelerator: Accelerator, conditions: Conditions | None = None
) -> Trainer:
    """Return the untrained trainer that the recipe's model takes."""
    if recipe.model.family == "unet":
        from mixdream.training.diffusion import DiffusionTrainer  # here: diffusers takes its time to import

        return DiffusionTrainer(recipe, seed, accelerator, conditions)
    if recipe.model.family == "flow":
        return FlowTrainer(recipe, seed, accelerator, conditions)
    if recipe.model.family == "latent-flow":
        return LatentTrainer(recipe, seed, accelerator, conditions)
    if recipe.model.family == "wavegan":
        return WaveGanTrainer(recipe, seed, accelerator, conditions)
    trainer = RelativisticTrainer if recipe.model.loss == "relativistic" else GanTrainer
    return trainer(recipe, seed, accelerator, conditions)


def fit_scaling(
    windows: TrainingWindows, grid: Grid, parent: Run | None = None, fitted: int = FITTED
) -> LogStatistics | None:
    """Statistics that the grid's scaling needs, fitted on about so many windows spread over all of them."""
    if grid.scaling != "log-standard":
        return None

    def batches() -> Iterator[tuple[list[str], Tensor]]:
        for rows in _fitted_rows(windows, fitted):
            yield set_names(windows, rows), magnitudes(torch.from_numpy(windows.read(rows)), grid)

    return fit_statistics(batches, parent.statistics() if parent else None)


def fit_conditions(batches: Batches, fitted: int) -> Conditions:
    """Fit the scales of descriptors, on the windows that statistics are fitted on."""
    windows, parts = batches.windows, _fitted_rows(batches.windows, fitted)
    values = np.concatenate([batches.descriptors(rows, batches.images(rows)) for rows in parts])
    names = [record.name for record in windows.corpus.sets]
    return Conditions.fit(names, windows.set_index[np.concatenate(parts)], values)


def _fitted_rows(windows: TrainingWindows, fitted: int) -> list[np.ndarray]:
    """Rows spread over all windows, some at a time; and of every set, which has a reference of its own."""
    _, first_of_set = np.unique(windows.set_index, return_index=True)
    rows = np.union1d(spread(len(windows), fitted), first_of_set)
    return [rows[first : first + _AT_A_TIME] for first in range(0, len(rows), _AT_A_TIME)]


def _of_first_process(fitted: Fitted) -> Fitted:
    """Return what the first process has fitted: floating-point sums may differ by a hair between machines."""
    return broadcast_object_list([fitted])[0]
