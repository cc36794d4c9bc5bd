"""Training a recipe on a corpus: the run folder, the loop, checkpoints, going on after a stop."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from mixdream.corpus.beat_windows import BeatWindows
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError, Interrupted, MixdreamError
from mixdream.files import write_json
from mixdream.progress import Report, silent
from mixdream.recipes.recipe import Recipe
from mixdream.recipes.windows import training_windows
from mixdream.runs.checkpoint import load_checkpoint, save_checkpoint
from mixdream.runs.conditions import Conditions
from mixdream.runs.run import Run
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.statistics import LogStatistics
from mixdream.training import figures
from mixdream.training.batches import Batches, fit_conditions, fit_scaling
from mixdream.training.convergence import read_convergence
from mixdream.training.device import new_accelerator
from mixdream.training.doctor import APART, Doctor
from mixdream.training.families import new_trainer
from mixdream.training.metrics import append, open_metrics, read_history, sync
from mixdream.training.run_folder import begin_run, check_run, now, only_training
from mixdream.training.stopping import StopWatch

_STATUS = {
    None: "finished",
    "time": "stopped at its time limit",
    "doctor": "stopped by the doctor",
    "signal": "interrupted",
}


def train(
    recipe: Recipe,
    corpus: Corpus,
    folder: Path,
    *,
    seed: int | None = None,
    minutes: float | None = None,
    until_done: bool = False,
    resume: bool = False,
    report: Report = silent,
) -> dict[str, Any]:
    """Train until the recipe's last epoch, a time limit, the doctor's word or a signal.

    Parameters
    ----------
    recipe : Recipe
    corpus : Corpus
    folder : Path
        The run: new or empty, or, to resume, one that a training wrote.
    seed : int, optional
        Decides weights, data order and noise; 0 unless given. A resumed run keeps its own.
    minutes : float, optional
        Wall-clock limit of this call.
    until_done : bool
        Stop when the doctor says that more training is of no use, see `mixdream.training.diagnosis`.
    resume : bool
        Go on from the newest checkpoint, bit-identically on a CPU with the same number of processes and
        threads. The recipe must be the run's own; only ``training.epochs`` may differ.
    report : callable
        Called after each step with the share done in [0, 1] and the losses in words.

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
        with only_training(run.folder, accelerator):
            training = _Training(run, info, corpus, accelerator)
            begin_run(run, training.info, training.statistics, training.conditions, accelerator)
            reason = training.loop(watch, report, until_done)
    step, info = training.step, training.info
    # A process that leaves, or that keeps its networks, while others are at work can abort in gloo's threads.
    accelerator.wait_for_everyone()
    del training
    accelerator.end_training()
    if reason == "signal":
        raise Interrupted(f"stopped at step {step}, nothing is lost; the same command with --resume goes on")
    return info


class _Training:
    """One call of `train`: the state of the loop."""

    def __init__(self, run: Run, info: dict[str, Any], corpus: Corpus, accelerator: Accelerator) -> None:
        recipe = run.recipe
        self.run, self.recipe, self.info, self.accelerator = run, recipe, info, accelerator
        windows = training_windows(recipe, corpus)
        # Floating-point sums may differ by a hair between machines: all processes take the first one's.
        fitted = [run.statistics() if run.checkpoints() else fit_scaling(windows, recipe.grid)]
        self.statistics: LogStatistics | None = broadcast_object_list(fitted)[0]
        self.scaler = Scaler(recipe.grid.scaling, self.statistics)
        self.batches = Batches(
            windows,
            recipe.grid,
            self.scaler,
            recipe.training.batch,
            info["seed"],
            accelerator.device,
            accelerator.process_index,
            accelerator.num_processes,
        )
        self.conditions: Conditions | None = None
        if recipe.has_conditions:
            found = [run.conditions if run.checkpoints() else fit_conditions(self.batches)]
            self.conditions = broadcast_object_list(found)[0]
        self.trainer = new_trainer(recipe, info["seed"], accelerator, self.conditions)
        self.step = 0
        self.seconds_before = 0.0
        if run.checkpoints():
            parts, state = load_checkpoint(run.latest_checkpoint())
            self.trainer.load_tensors(parts)
            self.step, self.seconds_before = state["step"], state["seconds"]
        self.doctor = Doctor(run.folder, self.batches, self.trainer.sample, self.step)
        self.last_step = recipe.training.epochs * self.batches.steps_per_epoch
        if self.step > self.last_step:
            done = self.step / self.batches.steps_per_epoch
            raise InputError(f"{run.folder} has {done:.1f} epochs already: training.epochs cannot be fewer")
        self.info |= {
            "processes": accelerator.num_processes,
            "windows": len(windows),
            "steps_per_epoch": self.batches.steps_per_epoch,
            "parameters": self.trainer.parameters(),
        }
        if isinstance(windows, BeatWindows):
            self.info["tempo_bpm"] = float(np.median(windows.tempo_bpm))

    def loop(self, watch: StopWatch, report: Report, until_done: bool) -> str | None:
        main = self.accelerator.is_main_process
        metrics = open_metrics(self.run.folder / "metrics.jsonl", self.step) if main else None
        per_epoch, began_at = self.batches.steps_per_epoch, self.step
        self.saved_step, self.saved_at, reason = self.step, watch.seconds, None
        self.draw_again_at = 0.0
        while self.step < self.last_step and reason is None:
            rows = self.batches.rows(self.step)
            images = self.batches.images(rows)
            values = self.trainer.step(images, self.step, self.batches.told(rows, images, self.conditions))
            if not all(np.isfinite(value) for value in values.values()):
                raise MixdreamError(
                    f"the losses are not finite after step {self.step + 1}: the training has blown up; begin "
                    "anew with a lower training.learning_rate"
                )
            self.step += 1
            epoch = self.step / per_epoch
            if metrics:
                place = {"step": self.step, "epoch": epoch, "seconds": self._seconds(watch)}
                append(metrics, place | values)
            if main and self.step % per_epoch == 0:
                self._draw_samples(round(epoch), watch)
            # In the first process alone: the others wait where they agree on whether to stop.
            if metrics and self.doctor.due(self._seconds(watch)):
                self._check_up(watch, metrics)
            reason = watch.reason(until_done and main and self.doctor.diagnosis.done)
            done = (self.step - began_at) / (self.last_step - began_at)
            if watch.minutes:
                done = max(done, min(1.0, watch.seconds / (60 * watch.minutes)))
            losses = "  ".join(f"{name} {value:.2f}" for name, value in values.items() if "loss" in name)
            note = f"epoch {epoch:.2f}  {losses}"
            report(done, f"{note}  doctor: {self.doctor.diagnosis.verdict}" if self.doctor.history else note)
            if metrics and watch.seconds - self.saved_at > 60 * self.recipe.training.checkpoint_minutes:
                self._checkpoint(watch, metrics)
                self._save(watch, "running")
        if self.step >= self.last_step:
            reason = None
        if metrics:
            # Where there were check-ups, what was learnt since the last one may be the best yet.
            if self.doctor.history and self.doctor.history[-1].step < self.step and reason != "signal":
                self._check_up(watch, metrics)
            if self.saved_step < self.step:
                self._checkpoint(watch, metrics)
            sync(metrics)
            metrics.close()
            self._save(watch, _STATUS[reason])
        return reason

    def _draw_samples(self, epoch: int, watch: StopWatch) -> None:
        """Draw what the same noise has become; samplers of many steps no more often than check-ups."""
        if self.recipe.sampler_steps and watch.seconds < self.draw_again_at:
            return
        began = watch.seconds
        path = self.run.folder / "samples" / f"epoch-{epoch:04d}.png"
        figures.save_mosaic(path, self.trainer.sample(figures.GRID_OF), self.scaler)
        self.draw_again_at = watch.seconds + APART * (watch.seconds - began)

    def _seconds(self, watch: StopWatch) -> float:
        return round(self.seconds_before + watch.seconds, 3)

    def _check_up(self, watch: StopWatch, metrics: TextIO) -> None:
        epoch = self.step / self.batches.steps_per_epoch
        self.doctor.check_up(self.step, epoch, self._seconds(watch), lambda: self._checkpoint(watch, metrics))

    def _checkpoint(self, watch: StopWatch, metrics: TextIO) -> None:
        sync(metrics)
        state = {"seconds": self._seconds(watch), "epoch": self.step / self.batches.steps_per_epoch}
        save_checkpoint(self.run.folder, self.step, self.trainer.tensors(), state, self.doctor.best)
        self.saved_step, self.saved_at = self.step, watch.seconds

    def _save(self, watch: StopWatch, status: str) -> None:
        """Write what people look at; images of a training that goes on are in samples/."""
        history = read_history(self.run.folder / "metrics.jsonl")
        convergence = read_convergence(history)
        self.info |= {
            "status": status,
            "steps": self.step,
            "epochs": self.step / self.batches.steps_per_epoch,
            "seconds": self._seconds(watch),
            "convergence": asdict(convergence) | {"sentence": convergence.sentence},
            "doctor": self.doctor.summary(),
        }
        if status != "running":
            self.info["finished"] = now()
        write_json(self.run.folder / "run.json", self.info)
        target, scaler = self.run.folder / "figures", self.scaler
        figures.save_losses(target / "losses.png", history, convergence)
        if status != "running":
            rows = np.linspace(0, len(self.batches.windows) - 1, figures.GRID_OF).round().astype(np.int64)
            real, fake = self.batches.images(rows).cpu(), self.trainer.sample(figures.GRID_OF)
            figures.save_real_and_fake(target / "real-and-generated.png", real, fake, scaler)
            self.trainer.export(self.run.folder)
            figures.save_single(target / "single.png", real, fake, scaler, self.recipe.grid)
