"""How often the 95 % intervals of a listening test hold the truth; prints the tables of the documentation.

Clips differ, listeners differ, and a listener gives many answers. Of each draw the interval is computed as
the report does it, and as it was before 2026-11-29, when clips were left out or taken for what they are not.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import stats

from mixdream.survey.analysis.bradley_terry import bradley_terry, score_rows
from mixdream.survey.analysis.intervals import Interval, exact, share_interval, t_interval, t_p, wilson
from mixdream.survey.analysis.measures import Measure
from mixdream.survey.analysis.medians import median_row
from mixdream.survey.analysis.observations import Observations, less
from mixdream.survey.analysis.signal_detection import detection_rows


@dataclass(frozen=True)
class World:
    """A test: so many listeners and clips of each condition, answers of a listener to each figure."""

    listeners: int
    clips: int
    answers: int
    listener_sd: float = 0.5
    clip_sd: float = 0.5

    def order(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Listener and clip of each answer; nobody hears a clip twice, and all clips are used alike."""
        order = rng.random((self.listeners, self.clips)).argsort(axis=1)[:, : self.answers]
        return np.repeat(np.arange(self.listeners), self.answers), order.ravel()

    def tastes(self, rng: np.random.Generator) -> np.ndarray:
        """What listeners differ by."""
        return rng.normal(0, self.listener_sd, self.listeners)

    def qualities(self, rng: np.random.Generator) -> np.ndarray:
        """What clips differ by."""
        return rng.normal(0, self.clip_sd, self.clips)


class Drawn(NamedTuple):
    """The interval of one test before and now, and the truth."""

    old: Interval | None
    new: Interval | None
    truth: float


WORLDS = (
    World(60, 6, 4, 0.5, 0.7),
    World(200, 12, 8, 0.5, 0.5),
    World(40, 12, 10, 0.5, 0.0),
    World(15, 8, 6, 0.7, 0.4),
    World(100, 20, 15, 0.3, 0.3),
)


def yes(logit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw yes or no."""
    return (rng.random(logit.shape) < _chance(logit)).astype(float)


def share_of(middle: float, *deviations: float) -> float:
    """The mean share of yes where log odds are normal about a middle."""
    z = np.linspace(-8, 8, 4001)
    return float(np.average(_chance(middle + np.hypot.reduce(deviations) * z), weights=stats.norm.pdf(z)))


def prefer(world: World, rng: np.random.Generator) -> Drawn:
    """Preference for clips of one condition over clips of another, drawn apart."""
    who, first = world.order(rng)
    _, second = world.order(rng)
    value = yes(
        0.4 + world.tastes(rng)[who] + world.qualities(rng)[first] - world.qualities(rng)[second], rng
    )
    pair = np.stack([np.char.add("a", first.astype(str)), np.char.add("b", second.astype(str))], axis=1)
    together = np.array(["+".join(sorted(names)) for names in pair])[:, None]
    truth = share_of(0.4, world.listener_sd, world.clip_sd, world.clip_sd)
    return Drawn(_two_way(who, together, value), _two_way(who, pair, value), truth)


def abx(world: World, rng: np.random.Generator) -> Drawn:
    """Share right in ABX of two versions of each item."""
    who, item = world.order(rng)
    value = yes(0.4 + world.tastes(rng)[who] + world.qualities(rng)[item], rng)
    with_x = (2 * item + rng.integers(2, size=len(item)))[:, None]
    truth = share_of(0.4, world.listener_sd, world.clip_sd)
    return Drawn(_two_way(who, with_x, value), _two_way(who, item[:, None], value), truth)


def mean(world: World, rng: np.random.Generator) -> Drawn:
    """Mean rating; before there was but the interval of these clips in page, chart and sentence."""
    answers = _rated(world, 0, rng)
    return Drawn(t_interval(answers.means), _measure(answers, scale=True).two_way, 0.0)


def median(world: World, rng: np.random.Generator) -> Drawn:
    """Median rating from 0 to 100; the other interval is the notch of box plots, of independent answers."""
    answers = _rated(world, 0, rng)
    # One in six is 100, at the scale's end.
    rounded = np.clip(np.round(80 + 16 * answers.value), 0, 100)
    row = median_row(Measure("", replace(answers, value=rounded), scale=(0.0, 100.0)))
    half = 1.57 * (row["upper_quartile"] - row["lower_quartile"]) / len(rounded) ** 0.5
    return Drawn(Interval(row["median"] - half, row["median"] + half), row["two_way"], 80.0)


def difference(world: World, rng: np.random.Generator) -> Drawn:
    """Difference of the mean ratings of two conditions, of other clips each."""
    tastes = world.tastes(rng)
    first, second = _rated(world, 0, rng, tastes), _rated(world, 1, rng, tastes)
    answers = less(first, second)
    return Drawn(t_interval(answers.means), _measure(answers, scale=True).two_way, 0.0)


def told_apart(world: World, rng: np.random.Generator) -> Drawn:
    """Share of clips told right, generated and real ones."""
    who, item, generated, called = _judged(world, rng)
    truth = share_of(0.4, world.listener_sd, world.clip_sd)
    answers = Observations(who, item[:, None], (called == generated).astype(float), generated.astype(int))
    return Drawn(share_interval(answers.means), _measure(answers).two_way, truth)


def d_prime(world: World, rng: np.random.Generator) -> Drawn:
    """D' of all judgements."""
    who, item, generated, called = _judged(world, rng)
    hit = share_of(0.4, world.listener_sd, world.clip_sd)
    truth = 2 * float(stats.norm.ppf(hit))
    _, (row, _) = detection_rows(who, item, generated, called)
    return Drawn(row["by_listener"], row["two_way"], truth)


def criterion(world: World, rng: np.random.Generator) -> Drawn:
    """Criterion of all judgements."""
    who, item, generated, called = _judged(world, rng)
    _, (_, row) = detection_rows(who, item, generated, called)
    return Drawn(row["by_listener"], row["two_way"], 0.0)


def named_one(world: World, rng: np.random.Generator) -> Drawn:
    """Share right of those who named one of two clips, in several trials."""
    who, first = world.order(rng)
    _, second = world.order(rng)
    value = yes(
        0.4 + world.tastes(rng)[who] + world.qualities(rng)[first] + world.qualities(rng)[second], rng
    )
    named = rng.random(len(who)) < 0.6
    pair = np.stack([first, second + world.clips], axis=1)
    truth = share_of(0.4, world.listener_sd, world.clip_sd, world.clip_sd)
    old = exact(value[named].sum(), int(named.sum()))
    return Drawn(old, _two_way(who[named], pair[named], value[named]), truth)


def bradley_terry_score(world: World, rng: np.random.Generator) -> Drawn:
    """Score of the best of three conditions."""
    strength, tastes = np.array([0.6, 0.0, -0.6]), world.tastes(rng)
    quality = np.stack([world.qualities(rng) for _ in strength])
    parts = []
    wins = np.zeros((3, 3))
    for a, b in ((0, 1), (0, 2), (1, 2)):
        (who, first), (_, second) = world.order(rng), world.order(rng)
        apart = strength[a] - strength[b]
        won = yes(apart + tastes[who] * (a == 0) + quality[a][first] - quality[b][second], rng)
        parts.append((who, np.tile([a, b], (len(who), 1)), np.stack([3 * first + a, 3 * second + b], 1), won))
        wins[a, b] = share_of(apart, world.clip_sd, world.clip_sd, world.listener_sd * (a == 0))
        wins[b, a] = 1 - wins[a, b]
    row = score_rows(*map(np.concatenate, zip(*parts, strict=True)))[0]
    return Drawn(row["by_listener"], row["two_way"], float(bradley_terry(1e9 * wins)[0]))


def one_clip(world: World, rng: np.random.Generator) -> Drawn:
    """Share of yes to one clip, of an answer of each listener: Wilson's."""
    quality = float(rng.normal(0, world.clip_sd))
    said = yes(quality + world.tastes(rng), rng)
    interval = wilson(int(said.sum()), len(said))
    return Drawn(interval, interval, share_of(quality, world.listener_sd))


FIGURES: dict[str, Callable[[World, np.random.Generator], Drawn]] = {
    "preferred": prefer,
    "right in ABX": abx,
    "mean rating": mean,
    "difference of ratings": difference,
    "told apart": told_apart,
    "d'": d_prime,
    "criterion": criterion,
    "named one, right": named_one,
    "Bradley-Terry": bradley_terry_score,
    "one clip (Wilson)": one_clip,
    "median rating": median,
}


def coverage(
    figure: Callable[[World, np.random.Generator], Drawn], world: World, times: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Shares of intervals, before and now, that hold the truth; draws without an interval are left out."""
    drawn = [figure(world, rng) for _ in range(times)]
    return (
        _share([(one.old, one.truth) for one in drawn]),
        _share([(one.new, one.truth) for one in drawn]),
    )


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


def few_listeners(world: Guessers, times: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """How often Student's interval and the report's hold a share, and its test does not reject it.

    Student's says nothing where all are alike and then holds nothing.
    """
    hits = np.zeros(3)
    drawn = np.sort(rng.binomial(world.answers, world.share, (times, world.listeners)), axis=1)
    for right, number in zip(*np.unique(drawn, axis=0, return_counts=True), strict=True):
        means = right / world.answers
        student, ours = t_interval(means, (0, 1)), share_interval(means)
        accepted = (t_p(means, world.share) or 0) >= 0.05
        hits += number * np.array([_holds(student, world.share), _holds(ours, world.share), accepted])
    return tuple((hits / times).tolist())


def _chance(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def _measure(answers: Observations, scale: bool = False) -> Measure:
    return Measure("", answers, scale=(-99.0, 99.0) if scale else None)


def _two_way(who: np.ndarray, item: np.ndarray, value: np.ndarray) -> Interval | None:
    return _measure(Observations(who, item, value, np.zeros(len(who), int))).two_way


def _rated(
    world: World, condition: int, rng: np.random.Generator, tastes: np.ndarray | None = None
) -> Observations:
    who, item = world.order(rng)
    tastes = world.tastes(rng) if tastes is None else tastes + world.tastes(rng) / 2
    value = tastes[who] + world.qualities(rng)[item] + rng.normal(size=len(who))
    return Observations(who, (2 * item + condition)[:, None], value, np.zeros(len(who), int))


def _judged(world: World, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Listener, item, kind and judgement of clips; some listeners call more of them generated."""
    bias, parts = world.tastes(rng), []
    for generated in (True, False):
        who, item = world.order(rng)
        side = 0.4 if generated else -0.4
        called = yes(side + bias[who] + world.qualities(rng)[item], rng) > 0
        parts.append((who, item + generated * world.clips, np.full(len(who), generated), called))
    return tuple(map(np.concatenate, zip(*parts, strict=True)))


def _share(intervals: list[tuple[Interval | None, float]]) -> float:
    known = [_holds(interval, truth) for interval, truth in intervals if interval is not None]
    return float(np.mean(known))


def _holds(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


def main(names: list[str]) -> None:
    """Print coverage of every interval in every world, before and now; then that of few listeners.

    With names of figures only theirs.
    """
    rng = np.random.default_rng(1)
    for name in names or FIGURES:
        figure = FIGURES[name]
        for world in WORLDS:
            times = 400 if figure is bradley_terry_score else 2000
            old, new = coverage(figure, world, times, rng)
            cells = [name, *map(str, vars(world).values()), f"{100 * old:.1f} %", f"{100 * new:.1f} %"]
            print(f"| {' | '.join(cells)} |", flush=True)
    for guessers in () if names else GUESSERS:
        cells = [
            *map(str, guessers),
            *(f"{100 * share:.1f} %" for share in few_listeners(guessers, 20_000, rng)),
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
