"""Recorder: metrics, check-ups, checkpoints and pictures, written by the first process of a training."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixdream.files import write_json
from mixdream.runs.checkpoint import save_checkpoint
from mixdream.runs.run import FIGURES_FOLDER, INFO_NAME, SAMPLES_FOLDER, Run
from mixdream.training import figures
from mixdream.training.convergence import read_convergence
from mixdream.training.diagnosis import CheckUp, Diagnosis
from mixdream.training.doctor import APART, Doctor
from mixdream.training.metrics import Metrics, read_history
from mixdream.training.prepare import Prepared
from mixdream.training.run_folder import Trained, now
from mixdream.training.stopping import Reason, StopWatch

_STATUS: dict[Reason | None, str] = {
    None: "finished",
    "time": "stopped at its time limit",
    "doctor": "stopped by the doctor",
    "signal": "interrupted",
}


@dataclass(frozen=True)
class Examined:
    """A model that was examined while it trains: `Run.load_generator` loads it from its checkpoint."""

    run: Run
    checkpoint: Path
    check_up: CheckUp
    diagnosis: Diagnosis


class Recorder:
    """Writes the run folder while a training goes on after `before`; ``info`` is what ``run.json`` says."""

    def __init__(
        self,
        run: Run,
        info: dict[str, Any],
        prepared: Prepared,
        doctor: Doctor,
        watch: StopWatch,
        before: Trained,
        on_checkup: Callable[[Examined], None] | None,
    ) -> None:
        self.run, self.info, self.doctor, self.watch, self.on_checkup = run, info, doctor, watch, on_checkup
        self.batches, self.trainer = prepared.batches, prepared.trainer
        self.step, self.seconds_before = before
        self.metrics = Metrics(run.folder, self.step)
        self.saved_step, self.saved_at, self.draw_again_at = self.step, watch.seconds, 0.0

    @property
    def epochs(self) -> float:
        """Epochs done."""
        return self.step / self.batches.steps_per_epoch

    @property
    def seconds(self) -> float:
        """Seconds of training over all calls."""
        return round(self.seconds_before + self.watch.seconds, 3)

    def after_step(self, values: dict[str, float]) -> None:
        """Write what a step says of itself, and do whatever it is time for."""
        self.step += 1
        self.metrics.append({"step": self.step, "epoch": self.epochs, "seconds": self.seconds} | values)
        if self.step % self.batches.steps_per_epoch == 0:
            self._draw_samples()
        if self.doctor.due(self.seconds):
            self._check_up()
        if self.watch.seconds - self.saved_at > 60 * self.run.recipe.training.checkpoint_minutes:
            self._save_checkpoint()
            self._write_info("running")

    def note(self, values: dict[str, float]) -> str:
        """Say in words how the training is."""
        losses = "  ".join(f"{name} {value:.2f}" for name, value in values.items() if "loss" in name)
        note = f"epoch {self.epochs:.2f}  {losses}"
        return f"{note}  doctor: {self.doctor.diagnosis.verdict}" if self.doctor.history else note

    def finish(self, reason: Reason | None) -> None:
        """Write the end of a training and why it ended: None for its last epoch."""
        # What was learnt since the last check-up may be the best yet.
        looked_at = bool(self.doctor.history) and self.doctor.history[-1].step == self.step
        if reason != "signal" and not looked_at and self.doctor.due_at_end(self.seconds):
            self._check_up()
        if self.saved_step < self.step:
            self._save_checkpoint()
        self.metrics.sync()
        self.metrics.close()
        self.info["finished"] = now()
        self._write_info(_STATUS[reason])
        self._draw_real_and_generated()
        self.trainer.export(self.run.folder)

    def _check_up(self) -> None:
        check_up = self.doctor.check_up(self.step, self.epochs, self.seconds, self._save_checkpoint)
        if check_up is None or self.on_checkup is None:
            return
        if self.saved_step < self.step:
            self._save_checkpoint()
        examined = Examined(self.run, self.run.latest_checkpoint(), check_up, self.doctor.diagnosis)
        with self.watch.paused():
            try:
                self.on_checkup(examined)
            except Exception as error:  # whatever it is, it is no reason to lose a training of hours
                self.info["on_checkup_error"] = f"{type(error).__name__}: {error}"

    def _save_checkpoint(self) -> None:
        self.metrics.sync()
        state = {"seconds": self.seconds, "epoch": self.epochs}
        save_checkpoint(self.run.folder, self.step, self.trainer.tensors(), state, self.doctor.best)
        self.saved_step, self.saved_at = self.step, self.watch.seconds

    def _write_info(self, status: str) -> None:
        """Write ``run.json``, and the losses for people to look at."""
        history = read_history(self.run.folder)
        convergence = read_convergence(history)
        self.info |= {
            "status": status,
            "steps": self.step,
            "epochs": self.epochs,
            "seconds": self.seconds,
            "convergence": asdict(convergence) | {"sentence": convergence.sentence},
            "doctor": self.doctor.summary(),
        }
        write_json(self.run.folder / INFO_NAME, self.info)
        figures.save_losses(self.run.folder / FIGURES_FOLDER / "losses.png", history, convergence)

    def _draw_samples(self) -> None:
        """Draw what the same noise has become; samplers of many steps no more often than check-ups."""
        if self.run.recipe.sampler_steps and self.watch.seconds < self.draw_again_at:
            return
        began = self.watch.seconds
        path = self.run.folder / SAMPLES_FOLDER / f"epoch-{round(self.epochs):04d}.png"
        figures.save_mosaic(path, self._generated())
        self.draw_again_at = self.watch.seconds + APART * (self.watch.seconds - began)

    def _draw_real_and_generated(self) -> None:
        folder = self.run.folder / FIGURES_FOLDER
        rows = np.linspace(0, len(self.batches.windows) - 1, figures.GRID_OF).round().astype(np.int64)
        real, fake = self.batches.magnitudes(self.batches.images(rows)).numpy(), self._generated()
        figures.save_real_and_fake(folder / "real-and-generated.png", real, fake)
        figures.save_single(folder / "single.png", real, fake, self.batches.grid)

    def _generated(self) -> np.ndarray:
        """Spectrograms of the same noise at every call, shape (figures.GRID_OF, bins, frames)."""
        return self.batches.magnitudes(self.trainer.sample(figures.GRID_OF)).numpy()
