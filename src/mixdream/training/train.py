"""Training a recipe on a corpus, from nothing or from where it stopped."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from mixdream.ahead import ahead
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError, Interrupted, MixdreamError
from mixdream.evaluation.copies.searched import COPIES_NAME, Searched
from mixdream.progress import Report, part, silent
from mixdream.recipes.recipe import Recipe
from mixdream.runs.checkpoint import load_checkpoint
from mixdream.runs.run import Run
from mixdream.training.device import new_accelerator
from mixdream.training.doctor import Doctor
from mixdream.training.parent import about_parent, check_parent
from mixdream.training.prepare import Prepared, prepare
from mixdream.training.recorder import Examined, Recorder
from mixdream.training.run_folder import Trained, begin_run, check_run, only_training
from mixdream.training.stopping import Reason, StopWatch


def train(
    recipe: Recipe,
    corpus: Corpus,
    folder: Path,
    *,
    seed: int | None = None,
    minutes: float | None = None,
    until_done: bool = False,
    resume: bool = False,
    parent: Run | None = None,
    report: Report = silent,
    on_checkup: Callable[[Examined], None] | None = None,
) -> dict[str, Any]:
    """Train until the recipe's last epoch, a time limit, the doctor's word or a signal.

    Parameters
    ----------
    folder : Path
        The run: new or empty, or, to resume, one that a training wrote.
    seed : int, optional
        Decides weights, data order and noise; 0 unless given. A resumed run keeps its own.
    minutes : float, optional
        Time limit of this call; `mixdream.training.run_folder.trained_so_far` says what earlier ones took.
    until_done : bool
        Stop when the doctor says that more training is of no use, see `mixdream.training.diagnosis`.
    resume : bool
        Go on from the newest checkpoint, bit-identically on a CPU with the same number of processes and
        threads; with another number of processes ``not_identical`` says what is not. The recipe must be the
        run's own; only epochs and time between checkpoints may differ.
    parent : Run, optional
        Run whose weights a new training begins with; ``run.json`` says so. A resumed one has begun.
    on_checkup : callable, optional
        Called in the first process after each check-up of the doctor, when the model is on the disk as it is
        then. Its time is not counted as training; an error in it ends nothing but is returned and written
        as ``on_checkup_error``.

    Returns
    -------
    dict
        What ``run.json`` says.

    Raises
    ------
    InputError
        The folder, corpus or recipe does not fit.
    MixdreamError
        The losses are no longer finite; the checkpoints before are kept.
    Interrupted
        After Ctrl-C or SIGTERM, with a checkpoint of the last step on the disk.
    """
    accelerator = new_accelerator()
    with StopWatch(minutes, accelerator) as watch:
        run, info = check_run(recipe, corpus, folder, seed, resume, accelerator)
        if parent is not None and not run.checkpoints():
            check_parent(recipe, parent)
            info["from"] = about_parent(parent)
        if parent is None and "from" in info and not run.checkpoints():
            raise InputError(
                f"{folder} was stopped before it had begun with the weights of '{info['from']['run']}': name "
                "it again with --from"
            )
        with only_training(folder, accelerator):
            prepared = prepare(run.recipe, corpus, info["seed"], accelerator, run, part(report, 0, 0), parent)
            before, per_epoch = _restore(run, prepared), prepared.batches.steps_per_epoch
            last = recipe.training.epochs * per_epoch
            if before.steps > last:
                done = before.steps / per_epoch
                raise InputError(f"{folder} has {done:.1f} epochs already: training.epochs cannot be fewer")
            samples = recipe.grid.clip_samples
            doctor = Doctor(
                folder,
                prepared.batches,
                prepared.trainer.sample,
                before.steps,
                limits=lambda: Searched.of(recipe, corpus).measured(folder / COPIES_NAME, samples),
            )
            begin_run(run, info, prepared, accelerator, before.steps)
            recorder = None  # the other processes only take steps
            if accelerator.is_main_process:
                recorder = Recorder(run, info, prepared, doctor, watch, before, on_checkup)
            step, reason = _loop(prepared, before.steps, last, watch, recorder, report, until_done)
            if recorder is not None:
                recorder.finish(reason)
    accelerator.wait_for_everyone()
    # A process that keeps its networks while others are at work can abort in gloo's threads.
    del prepared, doctor, recorder
    accelerator.end_training()
    if reason == "signal":
        raise Interrupted(f"stopped at step {step}, nothing is lost; the same command with --resume goes on")
    return info


def _restore(run: Run, prepared: Prepared) -> Trained:
    """Give the networks the state of the newest checkpoint, where there is one."""
    if not run.checkpoints():
        return Trained(0, 0.0)
    parts, state = load_checkpoint(run.latest_checkpoint())
    prepared.trainer.load_tensors(parts)
    return Trained(state["step"], state["seconds"])


def _loop(
    prepared: Prepared,
    first: int,
    last: int,
    watch: StopWatch,
    recorder: Recorder | None,
    report: Report,
    until_done: bool,
) -> tuple[int, Reason | None]:
    """Take steps; return how many are done, and why it ended before the last one."""
    batches, trainer, conditions = prepared.batches, prepared.trainer, prepared.conditions
    step, reason = first, None
    untold = prepared.trainer.untold

    def make(step: int) -> tuple[Tensor, Tensor | None]:
        rows = batches.rows(step)
        images = batches.images(rows)
        return images, batches.encode(rows, images, conditions, step, untold)

    with closing(ahead(make, range(first, last), threads=1)) as made:
        for images, encoded in made:
            trainer.set_rate(step)
            values = trainer.step(images, step, encoded)
            step += 1
            if not all(np.isfinite(value) for value in values.values()):
                raise MixdreamError(
                    f"the losses are not finite after step {step}: the training has blown up; begin anew "
                    "with a lower training.learning_rate"
                )
            if recorder is not None:
                recorder.after_step(values)
                report(max(watch.share, (step - first) / (last - first)), recorder.note(values))
            reason = watch.reason(recorder is not None and until_done and recorder.doctor.diagnosis.done)
            if reason is not None:
                break
    return step, None if step == last else reason
