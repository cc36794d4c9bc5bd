"""Diagnosis: keep going, stop or roll back, read from the history of check-ups by a stated rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixdream.training.convergence import Verdict as Losses

Verdict = Literal["keep going", "stop", "roll back"]

FEWEST_CHECK_UPS = 8  # check-ups before anything but the beginning is judged
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
class Measures:
    """What a check-up measures, see `mixdream.training.checkup`.

    ``copies`` is the share of generated clips that are copies, see `mixdream.evaluation.copies.watch`; None
    where the windows are too few, or all of one track.
    """

    kd: float  # kernel distance to the training windows, mean of both spaces: 0 is the music itself
    kd_error: float  # standard error, from other clips of the same model (bootstrap)
    coverage: float  # share of the training windows that generated clips come near to
    coverage_error: float
    copies: float | None
    kd_sound: float | None = None  # the distance in the handcrafted space, and in that of the random network
    kd_net: float | None = None
    told_apart: float | None = None  # see mixdream.evaluation.judge: 0.5 is guessing


@dataclass(frozen=True, kw_only=True)
class CheckUp(Measures):
    """One check-up of a training, after so many seconds over all calls; it took ``cost_s``."""

    step: int
    epoch: float
    seconds: float
    losses: Losses = "too short"
    cost_s: float = 0.0

    @property
    def memorises(self) -> bool:
        """Whether many clips are copies; noise that comes near to no window is none, whatever it is like."""
        return self.copies is not None and self.copies > MEMORISED and self.coverage >= NOTHING


@dataclass(frozen=True)
class Diagnosis:
    """What to do, and why, in a sentence that begins with the verdict; the step to roll back to, if any."""

    verdict: Verdict
    sentence: str
    step: int | None = None

    @property
    def done(self) -> bool:
        """Whether more training is of no use."""
        return self.verdict != "keep going"


def best_of(history: Sequence[CheckUp]) -> CheckUp | None:
    """Choose the check-up whose model clips should be made with.

    A new best is nearer to the music by more than the error of its kernel distance, or nearer at all and
    wider in coverage by more than that error; its coverage must not have fallen, and it must not memorise. So
    neither a collapse with good single clips nor luck of a hair is the best. Noise has no best: its distances
    to music say nothing about progress.
    """
    best: CheckUp | None = None
    highest = 0.0
    for new in history:
        highest = max(highest, new.coverage)
        varied = new.coverage >= NOTHING and new.coverage + 2 * new.coverage_error >= KEPT_COVERAGE * highest
        if varied and not new.memorises and (best is None or _better(new, best)):
            best = new
    return best


def _better(new: CheckUp, best: CheckUp) -> bool:
    wider = new.coverage > best.coverage + new.coverage_error
    return new.kd < best.kd - (0 if wider else new.kd_error)


def diagnose(history: Sequence[CheckUp]) -> Diagnosis:
    """Say what a training should do.

    The rules, with the constants above; docs/doctor.md has them in words. Levels are means of check-ups in a
    row, so that one draw of clips decides nothing.

    1. Roll back to the best check-up, or stop without one, if all of the last check-ups are bad in the same
       way: coverage has fallen, the kernel distance has risen, or clips are copies.
    2. Keep going if the lowest level of the second half of the time is under that of the first.
    3. Keep going while the model still makes noise, unless the losses say that the discriminator has won.
    4. Otherwise stop: half of the time has gained nothing.

    Examples
    --------
    >>> diagnose([]).sentence
    'keep going: no check-up yet'
    """
    if not history:
        return _say("keep going", "no check-up yet")
    last = history[-1]
    now = f"KD {_kd(last)}, coverage {last.coverage:.2f}"
    seconds = np.array([check_up.seconds for check_up in history])
    half = int(np.searchsorted(seconds, seconds[-1] / 2, side="right"))
    if len(history) < FEWEST_CHECK_UPS or min(half, len(history) - half) < LEVEL:
        return _say("keep going", f"too early to tell after {len(history)} check-up(s) ({now})")
    kd = np.array([check_up.kd for check_up in history])
    error = _error(history, kd)
    if (reason := _gone_bad(history, kd, error)) is not None:
        best = best_of(history)
        if best is None:
            return _say("stop", f"{reason} ({now})")
        back = f"roll back to step {best.step} (KD {_kd(best)}, coverage {best.coverage:.2f})"
        return Diagnosis("roll back", f"{back}: {reason}", best.step)
    before, after = _levels(kd[:half]), _levels(kd[half:])
    margin = ERRORS * error * np.sqrt(2 / LEVEL)
    levels, minutes = _levels(kd), seconds / 60
    # The first level that is as good as the best; the minutes since then have gained nothing.
    reached = int((levels <= levels.min() + margin).argmax())
    idle = minutes[-1] - minutes[reached + LEVEL - 1]
    if before.min() - after.min() > margin:
        if idle > PAUSE * minutes[-1]:
            pause = f"nothing gained for {idle:.3g} of {minutes[-1]:.3g} minutes, which is too short to tell"
            return _say("keep going", f"{pause} ({now})")
        # From the middle of the best level of the first half to that of the last one.
        passed = minutes[-2] - minutes[before.argmin() + 1]
        rate = (before.min() - after.min()) / passed
        return _say("keep going", f"still improving by {rate:.3g} KD per minute ({now})")
    coverage = _levels(np.array([check_up.coverage for check_up in history[half:]]))
    if coverage.max() < NOTHING and last.losses != "diminished gradient":
        return _say("keep going", f"still noise, no clip comes near the music ({now})")
    return _say("stop", f"nothing gained for {idle:.3g} minutes ({now})")


def _say(verdict: Verdict, why: str) -> Diagnosis:
    return Diagnosis(verdict, f"{verdict}: {why}")


def _gone_bad(history: Sequence[CheckUp], kd: np.ndarray, error: float) -> str | None:
    """Say what is wrong with all of the last check-ups, if anything is."""
    latest = history[-BAD:]
    coverage = np.array([check_up.coverage for check_up in history])
    highest, lowest = float(_levels(coverage[:-BAD]).max()), float(_levels(kd[:-BAD]).min())
    if all(
        new.coverage < FALLEN_COVERAGE * highest and new.coverage < highest - ERRORS * new.coverage_error
        for new in latest
    ):
        return f"coverage fell from {highest:.2f} to {latest[-1].coverage:.2f}, a collapse has begun"
    # Noise is not like the music, whatever its distance.
    if highest > NOTHING and (kd[-BAD:] > lowest + max(ERRORS * error, (RISEN_KD - 1) * abs(lowest))).all():
        return f"KD rose from {lowest:.0f} to {latest[-1].kd:.0f}, it gets less like the music"
    if all(new.memorises for new in latest):
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
    return max(jumps, float(np.median([check_up.kd_error for check_up in history[later]])))


def _kd(check_up: CheckUp) -> str:
    return f"{check_up.kd:.0f} ± {2 * check_up.kd_error:.0f}"
