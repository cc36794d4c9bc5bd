"""Diagnosis: keep going, stop or roll back, read from the history of check-ups by a stated rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixdream.training.convergence import Verdict as Losses

Verdict = Literal["keep going", "stop", "roll back"]

FEWEST = 8  # check-ups before anything but the beginning is judged
LEVEL = 3  # check-ups that a level is the mean of
BAD = 4  # check-ups in a row that must be bad
ERRORS = 3.0  # standard errors that count as a difference

KEPT_COVERAGE = 0.8  # of the highest one so far, that the best check-up must have
FALLEN_COVERAGE = 2 / 3  # of the highest level, under which a model has begun to collapse
RISEN_KD = 1.25  # of the lowest level, above which a model has become less like the music
MEMORISED = 0.1  # share of clips that are copies; of real windows two in a hundred would be called so
PAUSE = 0.25  # of the time, after which an improvement is no longer called one
NOTHING = 0.01  # coverage under which a model comes near to no music at all


@dataclass(frozen=True)
class CheckUp:
    """One check-up of a training; figures as in `mixdream.training.checkup.Figures`.

    Attributes
    ----------
    step : int
    epoch : float
    seconds : float
        Of training, over all calls.
    kd, kd_error, coverage, coverage_error : float
    copies : float or None
    losses : str
        Verdict of `mixdream.training.convergence`.
    cost_s : float
        What the check-up took.
    """

    step: int
    epoch: float
    seconds: float
    kd: float
    kd_error: float
    coverage: float
    coverage_error: float
    copies: float | None
    losses: Losses = "too short"
    cost_s: float = 0.0

    @property
    def memorises(self) -> bool:
        """Whether many clips are copies; noise that comes near to no window is none, whatever it is like."""
        return self.copies is not None and self.copies > MEMORISED and self.coverage >= NOTHING


@dataclass(frozen=True)
class Diagnosis:
    """What to do, and why in one line.

    Attributes
    ----------
    verdict : {"keep going", "stop", "roll back"}
    sentence : str
        Begins with the verdict.
    step : int or None
        Where to roll back to.
    """

    verdict: Verdict
    sentence: str
    step: int | None = None

    @property
    def done(self) -> bool:
        """Whether more training is of no use."""
        return self.verdict != "keep going"


def best_of(history: Sequence[CheckUp]) -> CheckUp | None:
    """Choose the check-up whose model clips should be made with.

    In their order, one takes the place of the best before it if its kernel distance is lower by more than its
    standard error, or lower at all and its coverage higher by more than its own; if its coverage is at least
    0.8 of the highest so far (less two standard errors); and if it does not memorise. So a collapse is never
    the best, however good single clips are, nor is it luck of a hair.
    There is none as long as less than 1 % of the windows are covered: kernel distances between noise and
    music say nothing about progress, and the newest noise is as good as any.
    """
    best: CheckUp | None = None
    highest = 0.0
    for one in history:
        highest = max(highest, one.coverage)
        varied = one.coverage >= NOTHING and one.coverage + 2 * one.coverage_error >= KEPT_COVERAGE * highest
        if varied and not one.memorises and (best is None or _better(one, best)):
            best = one
    return best


def _better(one: CheckUp, best: CheckUp) -> bool:
    wider = one.coverage > best.coverage + one.coverage_error
    return one.kd < best.kd - (0 if wider else one.kd_error)


def diagnose(history: Sequence[CheckUp]) -> Diagnosis:
    """Say what a training should do.

    Levels are means of three check-ups in a row, so that one draw of clips decides nothing. The standard
    error of a check-up is the larger one of what the bootstrap says and of how much check-ups jump around the
    line between their neighbours. From 8 check-ups on:

    1. Roll back to the best check-up (`best_of`) if all of the last four have a coverage under two thirds of
       the highest level before them (and by more than three standard errors): the model has begun to
       collapse; or, once 1 % of the windows were covered, a kernel distance more than a quarter (and three
       standard errors) above the lowest level; or if in all of them more than one clip in ten is a copy of a
       training window: the model memorises.
    2. Keep going if the lowest level of the second half of the time is under that of the first by more than
       three standard errors of their difference.
    3. Keep going, too, while the model still makes noise: no level of the second half covers 1 % of the
       windows. Unless the losses say that the discriminator has won.
    4. Otherwise stop: half of the time has gained nothing.

    Examples
    --------
    >>> diagnose([]).sentence
    'keep going: no check-up yet'
    """
    if not history:
        return Diagnosis("keep going", "keep going: no check-up yet")
    last = history[-1]
    now = f"KD {_kd(last)}, coverage {last.coverage:.2f}"
    seconds = np.array([one.seconds for one in history])
    half = int(np.searchsorted(seconds, seconds[-1] / 2, side="right"))
    if len(history) < FEWEST or min(half, len(history) - half) < LEVEL:
        return Diagnosis(
            "keep going", f"keep going: too early to tell after {len(history)} check-up(s) ({now})"
        )
    kd = np.array([one.kd for one in history])
    error = _error(history, kd)
    if (reason := _gone_bad(history, kd, error)) is not None:
        best = best_of(history)
        if best is None:
            return Diagnosis("stop", f"stop: {reason} ({now})")
        where = f"roll back to step {best.step} (KD {_kd(best)}, coverage {best.coverage:.2f})"
        return Diagnosis("roll back", f"{where}: {reason}", best.step)
    before, after = _levels(kd[:half]), _levels(kd[half:])
    margin = ERRORS * error * np.sqrt(2 / LEVEL)
    levels, minutes = _levels(kd), seconds / 60
    # The first level that is as good as the best; the minutes since then have gained nothing.
    reached = int((levels <= levels.min() + margin).argmax())
    idle = minutes[-1] - minutes[reached + LEVEL - 1]
    if before.min() - after.min() > margin:
        if idle > PAUSE * minutes[-1]:
            return Diagnosis(
                "keep going",
                f"keep going: nothing gained for {idle:.3g} of {minutes[-1]:.3g} minutes, which is too short "
                f"to tell ({now})",
            )
        # From the middle of the best level of the first half to that of the last one.
        passed = minutes[-2] - minutes[before.argmin() + 1]
        rate = (before.min() - after.min()) / passed
        return Diagnosis("keep going", f"keep going: still improving by {rate:.3g} KD per minute ({now})")
    covered = _levels(np.array([one.coverage for one in history[half:]]))
    if covered.max() < NOTHING and last.losses != "diminished gradient":
        return Diagnosis("keep going", f"keep going: still noise, no clip comes near the music ({now})")
    return Diagnosis("stop", f"stop: nothing gained for {idle:.3g} minutes ({now})")


def _gone_bad(history: Sequence[CheckUp], kd: np.ndarray, error: float) -> str | None:
    """Say what is wrong with all of the last check-ups, if anything is."""
    latest, covered = history[-BAD:], np.array([one.coverage for one in history])
    highest, lowest = float(_levels(covered[:-BAD]).max()), float(_levels(kd[:-BAD]).min())
    if all(
        one.coverage < FALLEN_COVERAGE * highest and one.coverage < highest - ERRORS * one.coverage_error
        for one in latest
    ):
        return f"coverage fell from {highest:.2f} to {latest[-1].coverage:.2f}, a collapse has begun"
    # Noise is not like the music, whatever its distance.
    if highest > NOTHING and (kd[-BAD:] > lowest + max(ERRORS * error, (RISEN_KD - 1) * abs(lowest))).all():
        return f"KD rose from {lowest:.0f} to {latest[-1].kd:.0f}, it gets less like the music"
    if all(one.memorises for one in latest):
        return f"{latest[-1].copies or 0:.0%} of the clips are copies of training windows, it memorises"
    return None


def _levels(values: np.ndarray) -> np.ndarray:
    """Means of three neighbours each."""
    return np.convolve(values, np.full(LEVEL, 1 / LEVEL), "valid")


def _error(history: Sequence[CheckUp], kd: np.ndarray) -> float:
    """Standard error of a check-up in the later half of the history."""
    later = slice(len(kd) // 2 - 1, None)
    away = kd[later][1:-1] - (kd[later][:-2] + kd[later][2:]) / 2
    # The median of |normal| is 0.6745 of its deviation; three independent errors make 1.5 variances.
    jumps = float(np.median(np.abs(away))) / 0.6745 / np.sqrt(1.5)
    return max(jumps, float(np.median([one.kd_error for one in history[later]])))


def _kd(one: CheckUp) -> str:
    return f"{one.kd:.0f} ± {2 * one.kd_error:.0f}"
