"""The doctor: examines a model now and then while it trains, and says what to do; kept in ``doctor.json``."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mixdream.errors import InputError
from mixdream.evaluation.copies.verdict import RealNearest
from mixdream.files import write_json
from mixdream.runs.checkpoint import checkpoint_name
from mixdream.runs.run import DOCTOR_NAME
from mixdream.training.batches import Batches
from mixdream.training.checkup import SAMPLES, Examiner
from mixdream.training.convergence import read_convergence
from mixdream.training.diagnosis import MEMORISED, CheckUp, Diagnosis, best_of, diagnose
from mixdream.training.metrics import read_history

FIRST_S = 60.0  # of training before the first check-up
# Shortest time between two, in seconds; as a share of the training so far, so that one of days is not judged
# by its last minutes; in times of what the last one took: with one more at the end they cost about 4 %.
EVERY_S, EVERY_SHARE, APART = 20.0, 0.02, 25.0
LAST_APART = 3.0  # times of what it takes: of a training so short that there was none, the only one


class Doctor:
    """Examines the generator that clips are made with, at moments that the clock decides.

    It only looks: weights, order and random numbers of the training are the same with and without it.
    ``sample`` is `Trainer.sample`; the training goes on after ``step``, and check-ups after that belong to
    work that was lost. ``limits`` measures how near real music comes by a search, which takes a minute and
    more: it is done once, before it is said of a model that it memorises.
    """

    def __init__(
        self,
        run: Path,
        batches: Batches,
        sample: Callable[[int], Tensor],
        step: int,
        clock: Callable[[], float] = time.perf_counter,
        limits: Callable[[], RealNearest] | None = None,
    ) -> None:
        self.run, self._batches, self._sample, self._clock = run, batches, sample, clock
        self._limits = limits
        history, self._best_before = _read(run / DOCTOR_NAME)
        self.history = [check_up for check_up in history if check_up.step <= step]
        self.diagnosis = diagnose(self.history)
        self._examiner: Examiner | None = None
        self._hindered = False
        self._expected_s: float | None = None

    @property
    def best(self) -> str | None:
        """Name of the checkpoint of the best check-up; it must not be deleted."""
        best = best_of(self.history)
        return self._best_before if best is None else checkpoint_name(best.step)

    def due(self, seconds: float) -> bool:
        """Whether it is time for a check-up after so many seconds of training, over all calls."""
        if self._hindered:
            return False
        if not self.history:
            return seconds >= FIRST_S and seconds >= APART * self._expected()
        last = self.history[-1]
        between_s = max(APART * last.cost_s, EVERY_S, EVERY_SHARE * last.seconds)
        return seconds >= last.seconds + last.cost_s + between_s

    def due_at_end(self, seconds: float) -> bool:
        """Whether a training that ends after so many seconds is worth a check-up, be it its only one."""
        if self._hindered:
            return False
        return bool(self.history) or (seconds >= FIRST_S and seconds >= LAST_APART * self._expected())

    def _expected(self) -> float:
        """Seconds that the samples of a check-up take: many, for models that remove noise step by step."""
        if self._expected_s is None:
            # A GPU makes many as fast as few, and is slow at its first.
            few = SAMPLES // 4 if torch.cuda.is_available() else 16
            if torch.cuda.is_available():
                self._sample(few)
            began = self._clock()
            self._sample(few)
            self._expected_s = (self._clock() - began) * SAMPLES / few
        return self._expected_s

    def check_up(self, step: int, epoch: float, seconds: float, save: Callable[[], None]) -> CheckUp | None:
        """Examine the model, write down the result and return it; None where no check-up is possible.

        ``save`` writes a checkpoint of this step; it is called where the model is the best so far.
        """
        try:
            self._examiner = self._examiner or Examiner.prepare(self._batches)
            began = self._clock()  # what is done once does not keep the next check-up off
            images = self._sample(self._examiner.number)
            measures = self._examiner.examine(images)
        except InputError as error:
            # A check-up that cannot be is no reason to end a training of days.
            self._hindered = True
            self.diagnosis = Diagnosis("keep going", f"keep going: no check-up is possible: {error}")
            return None
        if self._limits is not None and (measures.copies or 0) > MEMORISED:
            asked = self._clock()
            with suppress(InputError):  # too little music for a search
                self._examiner = self._examiner.judged_by(self._limits())
                measures = replace(measures, copies=self._examiner.copies(images))
            self._limits = None  # measured, for all later check-ups, or not to be had
            began += self._clock() - asked
        losses = read_convergence(read_history(self.run)).verdict
        check_up = CheckUp(**asdict(measures), step=step, epoch=epoch, seconds=seconds, losses=losses)
        # The checkpoint first, and the best one before it stays until doctor.json names the new one.
        if best_of([*self.history, check_up]) is check_up:
            save()
        check_up = replace(check_up, cost_s=round(self._clock() - began, 3))
        self.history = [*self.history, check_up]
        self.diagnosis = diagnose(self.history)
        write_json(
            self.run / DOCTOR_NAME, self.summary() | {"history": [asdict(each) for each in self.history]}
        )
        return check_up

    def summary(self) -> dict[str, Any]:
        """What ``run.json`` says of it."""
        cost_s = sum(check_up.cost_s for check_up in self.history)
        return asdict(self.diagnosis) | {
            "best": self.best,
            "check_ups": len(self.history),
            "cost_s": round(cost_s, 3),
        }


def _read(path: Path) -> tuple[list[CheckUp], str | None]:
    """Check-ups that can be gone on from, and the name of the best checkpoint."""
    try:
        content = json.loads(path.read_text("utf-8"))
        # Before there were two spaces kd was another figure, that nothing can be compared with.
        return [CheckUp(**each) for each in content["history"] if "kd_net" in each], content.get("best")
    except FileNotFoundError:
        return [], None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is damaged ({str(error).splitlines()[0]}): delete it, and the doctor begins anew"
        ) from error
