"""How often intervals hold the truth; run as a module it prints the tables of the documentation."""

import sys
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import stats

from mixdream.survey.analysis.bradley_terry import scores
from mixdream.survey.analysis.detection import detection_intervals
from mixdream.survey.analysis.means import pooled_interval, share_interval, t_interval, t_p
from mixdream.survey.analysis.observations import Observations
from mixdream.survey.analysis.proportions import Interval
from mixdream.survey.analysis.two_way import two_way_interval


class World(NamedTuple):
    """Answers are listener + clip + noise; the noise has a deviation of 1.

    Attributes
    ----------
    listeners, clips : int
    listener_sd, clip_sd : float
    most : int
        Answers of a listener: 2 to this many, each number as likely.
    """

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
        The two-way bootstrap, of all clips.
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
    names = tuple(map(str, range(world.listeners))), tuple(map(str, range(world.clips)))
    found = Observations(*names, who, what, value, np.zeros(len(who), dtype=np.intp))
    return found, float(clip.mean())


def simulate_coverage(world: World, times: int, rng: np.random.Generator, resamples: int = 400) -> Coverage:
    """Count how often the intervals hold the truth."""
    hits = np.zeros(5)
    for _ in range(times):
        found, truth = draw(world, rng)
        pooled = pooled_interval(found.value)
        by_listener = t_interval(found.listener_means())
        both = two_way_interval(found, rng, resamples=resamples) if resamples else None
        hits += (
            _holds(pooled, truth),
            _holds(by_listener, truth),
            _holds(both, 0.0),
            _holds(by_listener, 0.0),
            _holds(pooled, 0.0),
        )
    return Coverage(*(float(one) for one in hits / times))


class Guessers(NamedTuple):
    """Listeners who are all right with the same chance.

    Attributes
    ----------
    listeners : int
    answers : int
        Of each.
    share : float
        Right in the long run.
    """

    listeners: int
    answers: int
    share: float


GUESSERS = tuple(
    Guessers(listeners, answers, share)
    for answers, share in ((1, 0.5), (1, 0.8), (3, 0.5))
    for listeners in (4, 6, 10, 20, 40)
)


class ShareCoverage(NamedTuple):
    """Shares of 95 % intervals that hold the truth, and of tests that do not reject it.

    Attributes
    ----------
    student : float
        Student's, cut at 0 and 1, which says nothing where all are alike and then holds nothing.
    by_listener : float
        `share_interval`.
    test : float
        `t_p` is 5 % or more.
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
        p = t_p(means, world.share)
        hits += number * np.array(
            (
                _holds(t_interval(means, (0, 1)), world.share),
                _holds(share_interval(means), world.share),
                p is not None and p >= 0.05,
            )
        )
    return ShareCoverage(*(float(one) for one in hits / times))


def simulate_d_prime(
    listeners: int, clips: int, distance: float, times: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Coverage of the interval of d', and the share of draws that have one.

    Each listener judges so many clips of each kind; their own d' has a deviation of 0.3 and the criterion is
    in the middle. The truth is the d' of very many such listeners, whose mean rates count.
    """
    held = found = 0
    middle = distance / 2
    truth = stats.norm.ppf(stats.norm.cdf((distance - middle) / np.sqrt(1 + 0.3**2))) + middle
    for _ in range(times):
        own = rng.normal(distance, 0.3, listeners)
        hits = rng.binomial(clips, stats.norm.sf(middle - own))
        alarms = rng.binomial(clips, stats.norm.sf(middle), listeners)
        counts = np.stack([hits, np.full(listeners, clips), alarms, np.full(listeners, clips)], axis=1)
        interval, _ = detection_intervals(counts.astype(float))
        found += interval is not None
        held += _holds(interval, float(truth))
    return held / max(found, 1), found / times


def simulate_bradley_terry(
    listeners: int, answers: int, times: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Coverage of the interval of the best of three, and the share of draws that have one.

    Each listener compares each pair so many times; their tastes are all alike.
    """
    held = found = 0
    truth = np.array([0.6, 0.0, -0.6])
    for _ in range(times):
        wins = np.zeros((listeners, 3, 3))
        for i, j in ((0, 1), (0, 2), (1, 2)):
            wins[:, i, j] = rng.binomial(answers, 1 / (1 + np.exp(truth[j] - truth[i])), listeners)
            wins[:, j, i] = answers - wins[:, i, j]
        interval = scores(wins)[0].interval
        found += interval is not None
        held += _holds(interval, float(truth[0]))
    return held / max(found, 1), found / times


def _holds(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


def print_means() -> None:
    rng = np.random.default_rng(1)
    for world in WORLDS:
        _print(world, simulate_coverage(world, 2000, rng, resamples=1000))


def print_shares() -> None:
    rng = np.random.default_rng(1)
    for world in GUESSERS:
        _print(world, simulate_shares(world, 20_000, rng))


def print_others() -> None:
    rng = np.random.default_rng(1)
    for listeners in (5, 10, 20, 40):
        found = [
            *(simulate_d_prime(listeners, *one, 2000, rng) for one in ((3, 0.0), (3, 1.0), (10, 2.5))),
            *(simulate_bradley_terry(listeners, answers, 1000, rng) for answers in (1, 4)),
        ]
        _print((listeners,), [covered for covered, _ in found])


def _print(settings: Iterable[float], found: Iterable[float]) -> None:
    cells = [*(f"{one:g}" for one in settings), *(f"{100 * one:.1f} %" for one in found)]
    sys.stdout.write(f"| {' | '.join(cells)} |\n")


if __name__ == "__main__":
    for print_ in (print_means, print_shares, print_others):
        print_()
        sys.stdout.write("\n")
