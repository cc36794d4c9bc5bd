"""How often intervals hold the truth; run as a module it prints the tables of the documentation."""

import math
import sys
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import stats

from mixdream.survey.analysis.bradley_terry import score_intervals
from mixdream.survey.analysis.intervals import Interval, share_interval, t_interval, t_p
from mixdream.survey.analysis.observations import Observations, two_way_interval
from mixdream.survey.analysis.signal_detection import detection_intervals


class World(NamedTuple):
    """Answers are listener + clip + noise of deviation 1; a listener gives 2 to ``most`` answers."""

    listeners: int
    clips: int
    listener_sd: float
    clip_sd: float
    most: int


WORLDS = (
    World(40, 12, 0.5, 0.0, 10),
    World(40, 12, 0.5, 0.4, 10),
    World(137, 6, 0.5, 0.2, 6),
    World(100, 20, 0.3, 0.2, 20),
    World(15, 8, 0.7, 0.3, 8),
    World(200, 40, 0.5, 0.3, 30),
)


class Coverage(NamedTuple):
    """Shares of 95 % intervals that hold the truth.

    Attributes
    ----------
    pooled : float
        1.96 s / sqrt(answers), of these clips.
    by_listener : float
        t over listeners, of these clips.
    two_way : float
        Of all clips.
    by_listener_of_all, pooled_of_all : float
        The others taken, wrongly, for an interval of all clips.
    """

    pooled: float
    by_listener: float
    two_way: float
    by_listener_of_all: float
    pooled_of_all: float


def draw(world: World, rng: np.random.Generator) -> tuple[Observations, float]:
    """Draw answers, and the true mean of these clips; that of all clips is 0."""
    listener = rng.normal(0, world.listener_sd, world.listeners)
    clip = rng.normal(0, world.clip_sd, world.clips)
    heard = rng.integers(2, world.most + 1, world.listeners)
    order = rng.random((world.listeners, world.clips)).argsort(axis=1).argsort(axis=1)
    who, what = np.nonzero(order < heard[:, None])
    value = listener[who] + clip[what] + rng.normal(size=len(who))
    return Observations(who, what, value, np.zeros(len(who))), float(clip.mean())


def pooled_interval(values: np.ndarray) -> Interval:
    """Interval of many tools, ``m +- 1.96 s / sqrt(answers)``: as if each answer were another listener."""
    middle, half = float(values.mean()), 1.96 * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Interval(middle - half, middle + half)


def simulate_coverage(world: World, times: int, rng: np.random.Generator) -> Coverage:
    """Count how often the intervals hold the truth."""
    hits = np.zeros(5)
    for _ in range(times):
        answers, truth = draw(world, rng)
        pooled, by_listener = pooled_interval(answers.value), t_interval(answers.means)
        hits += (
            _holds(pooled, truth),
            _holds(by_listener, truth),
            _holds(two_way_interval(answers), 0.0),
            _holds(by_listener, 0.0),
            _holds(pooled, 0.0),
        )
    return Coverage(*map(float, hits / times))


class Guessers(NamedTuple):
    """Listeners who each give so many answers and are all right with the same chance."""

    listeners: int
    answers: int
    share: float


GUESSERS = tuple(
    Guessers(listeners, answers, share)
    for answers, share in ((1, 0.5), (1, 0.8), (3, 0.5))
    for listeners in (4, 6, 10, 20, 40)
)


class ShareCoverage(NamedTuple):
    """Shares of 95 % intervals that hold the truth, and of tests that do not reject it at 5 %.

    ``student`` is Student's alone, which says nothing where all are alike and then holds nothing.
    """

    student: float
    by_listener: float
    test: float


def simulate_shares(world: Guessers, times: int, rng: np.random.Generator) -> ShareCoverage:
    """Count how often intervals of a share hold it."""
    hits = np.zeros(3)
    drawn = np.sort(rng.binomial(world.answers, world.share, (times, world.listeners)), axis=1)
    for right, number in zip(*np.unique(drawn, axis=0, return_counts=True), strict=True):
        means = right / world.answers
        student, by_listener = t_interval(means, (0, 1)), share_interval(means)
        accepted = (t_p(means, world.share) or 0) >= 0.05
        hits += number * np.array([_holds(student, world.share), _holds(by_listener, world.share), accepted])
    return ShareCoverage(*map(float, hits / times))


def simulate_d_prime(
    listeners: int, clips: int, distance: float, times: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Coverage of the interval of d', and the share of draws that have one.

    Each listener judges so many clips of each kind; their own d' has a deviation of 0.3 and the criterion is
    in the middle. The truth is the d' of very many such listeners, whose mean rates count.
    """
    intervals, middle = [], distance / 2
    truth = stats.norm.ppf(stats.norm.cdf((distance - middle) / np.sqrt(1 + 0.3**2))) + middle
    for _ in range(times):
        own = rng.normal(distance, 0.3, listeners)
        hits = rng.binomial(clips, stats.norm.sf(middle - own))
        alarms = rng.binomial(clips, stats.norm.sf(middle), listeners)
        all_clips = np.full(listeners, clips)
        counts = np.stack([hits, all_clips, alarms, all_clips], axis=1)
        intervals.append(detection_intervals(counts.astype(float))[0])
    return _coverage(intervals, float(truth))


def simulate_bradley_terry(
    listeners: int, answers: int, times: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Coverage of the interval of the best of three, and the share of draws that have one.

    Each listener compares each pair so many times; their tastes are all alike.
    """
    intervals, truth = [], np.array([0.6, 0.0, -0.6])
    for _ in range(times):
        wins = np.zeros((listeners, 3, 3))
        for i, j in ((0, 1), (0, 2), (1, 2)):
            wins[:, i, j] = rng.binomial(answers, 1 / (1 + np.exp(truth[j] - truth[i])), listeners)
            wins[:, j, i] = answers - wins[:, i, j]
        intervals.append(score_intervals(wins)[0])
    return _coverage(intervals, float(truth[0]))


def _coverage(intervals: list[Interval | None], truth: float) -> tuple[float, float]:
    known = [interval for interval in intervals if interval is not None]
    return sum(_holds(interval, truth) for interval in known) / max(len(known), 1), len(known) / len(
        intervals
    )


def _holds(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


def main() -> None:
    rng = np.random.default_rng(1)
    for world in WORLDS:
        _print(world, simulate_coverage(world, 2000, rng))
    for guessers in GUESSERS:
        _print(guessers, simulate_shares(guessers, 20_000, rng))
    for listeners in (5, 10, 20, 40):
        settings = ((3, 0.0), (3, 1.0), (10, 2.5))
        covered = [simulate_d_prime(listeners, *setting, 2000, rng)[0] for setting in settings]
        covered += [simulate_bradley_terry(listeners, answers, 1000, rng)[0] for answers in (1, 4)]
        _print((listeners,), covered)


def _print(settings: Iterable[float], covered: Iterable[float]) -> None:
    cells = [*(f"{value:g}" for value in settings), *(f"{100 * share:.1f} %" for share in covered)]
    sys.stdout.write(f"| {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main()
