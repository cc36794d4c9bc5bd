"""Dry run: sizes and counts of a training, and its time measured on this machine; nothing is trained."""

import time
from dataclasses import dataclass

import numpy as np
from accelerate.utils import broadcast_object_list
from torch import Tensor

from mixdream.ahead import ahead
from mixdream.corpus.store import Corpus
from mixdream.progress import Report, silent
from mixdream.recipes.recipe import Recipe
from mixdream.training.device import new_accelerator, with_precision
from mixdream.training.prepare import prepare

_MEASURED_WINDOWS = 20
_MEASURED_S = 2.0


@dataclass(frozen=True)
class Plan:
    """What a recipe would do with a corpus; hours are those up to its last epoch."""

    recipe: str
    windows: int
    epochs: int
    steps_per_epoch: int
    steps: int
    parameters: dict[str, int]
    checkpoint_mb: float
    precision: str
    device: str
    seconds_per_step: float
    hours: float

    def seconds_left(self, minutes: float | None = None, steps_done: int = 0) -> float:
        """Seconds until the last epoch ends, or the time limit before it; the doctor may end it sooner."""
        left = max(0, self.steps - steps_done) * self.seconds_per_step
        return left if minutes is None else min(left, 60 * minutes)


def plan_training(recipe: Recipe, corpus: Corpus, seed: int = 0, report: Report = silent) -> Plan:
    """Count what the recipe would do with the corpus and measure how long.

    Real steps are taken on batches of at most 20 windows for about two seconds; the time of a step is taken
    to grow with its batch. The corpus's copy at the recipe's rate, which the training needs, is made where it
    is not there yet, and ``report`` says so.
    """
    accelerator = new_accelerator()
    recipe = with_precision(recipe, accelerator)
    # A step takes as long whatever the statistics are, so few windows are enough for them.
    prepared = prepare(recipe, corpus, seed, accelerator, report=report, fitted=_MEASURED_WINDOWS)
    batches, trainer, training = prepared.batches, prepared.trainer, recipe.training
    batch = min(training.batch, len(batches.windows))
    rows = np.arange(min(_MEASURED_WINDOWS, batch))

    def make(step: int) -> tuple[Tensor, Tensor | None]:
        images = batches.images(rows)
        return images, batches.encode(rows, images, prepared.conditions, step, trainer.untold)

    def seconds_of(steps: int) -> float:
        began = time.perf_counter()
        for step, (images, encoded) in enumerate(ahead(make, range(steps), threads=1)):
            trainer.step(images, step, encoded)
        return time.perf_counter() - began

    seconds_of(1)  # the first step is slow
    # Every process has to take as many.
    measured = broadcast_object_list([max(1, round(_MEASURED_S / seconds_of(1)))])[0]
    per_step = seconds_of(measured) / measured * batch / len(rows) / accelerator.num_processes
    steps = training.epochs * batches.steps_per_epoch
    size = sum(t.numel() * t.element_size() for part in trainer.tensors().values() for t in part.values())
    return Plan(
        recipe=recipe.name,
        windows=len(batches.windows),
        epochs=training.epochs,
        steps_per_epoch=batches.steps_per_epoch,
        steps=steps,
        parameters=trainer.parameters(),
        checkpoint_mb=round(size / 1e6, 1),
        precision=training.precision,
        device=str(accelerator.device),
        seconds_per_step=per_step,
        hours=steps * per_step / 3600,
    )
