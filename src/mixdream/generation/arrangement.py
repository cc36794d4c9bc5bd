"""The arrangement of a mix: sections with an energy each, and the loop that suits each phrase of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mixdream.analysis.key import Key
from mixdream.generation.loops import Loop, LoopPlan
from mixdream.generation.pack import STANDS_OUT

ENERGY = {"intro": 0.3, "build": 0.6, "drop": 0.9, "break": 0.15, "outro": 0.3}
"""What sections ask for, in [0, 1]: a share of the loops that have less energy."""

LEAST_PHRASES = 3  # intro, drop and outro
_CYCLE_PHRASES = 5  # from one build to the next, about
_LONG_CYCLE = 6  # from here on the break lasts two phrases
_NO_SPREAD = 1e-9

# What a loop may be away from the energy that is wanted, for a virtue.
_CLASH = 0.2
_UNKNOWN = 0.1
_USED_LATELY = 10.0
_BAD_SEAM = 5.0


@dataclass(frozen=True)
class Section:
    """A part of the mix, from its first phrase on; its name is one of `ENERGY`."""

    name: str
    first: int
    phrases: int


@dataclass(frozen=True)
class Candidate:
    """A loop that the mix may take."""

    loop: Loop
    plan: LoopPlan  # that it is made and played by
    key: Key | None  # as the mix plays it
    bass_db: float  # power in the bass over that of the rest


class EnergyScale:
    """How much energy a loop has beside others: its bass and its pulse, since loudness is made equal.

    Both are measured in standard deviations of the reference, at least one loop, and added.
    """

    def __init__(self, reference: Iterable[Candidate]) -> None:
        features = np.array([_features(candidate) for candidate in reference])
        self._mean, self._spread = features.mean(axis=0), np.maximum(features.std(axis=0), _NO_SPREAD)
        self._sorted = sorted(self._score(row) for row in features)

    def energy(self, candidate: Candidate) -> float:
        """Share of the reference with less energy, in [0, 1]; 0.5 is the median."""
        own = self._score(np.array(_features(candidate)))
        return (bisect_left(self._sorted, own) + bisect_right(self._sorted, own)) / (2 * len(self._sorted))

    def _score(self, features: np.ndarray) -> float:
        return float(((features - self._mean) / self._spread).sum())


def _features(candidate: Candidate) -> tuple[float, float]:
    return candidate.bass_db, candidate.loop.pulse_db


def arrange(phrases: int) -> list[Section]:
    """Divide a mix into intro, (build, drop, break) again and again, and outro.

    There are at least 3 phrases; where they are too few for a whole cycle, the break is left out, then the
    build.

    >>> [f"{section.name} {section.phrases}" for section in arrange(7)]
    ['intro 1', 'build 1', 'drop 3', 'break 1', 'outro 1']
    """
    inner = phrases - 2
    cycles = max(1, round(inner / _CYCLE_PHRASES))
    named = [("intro", 1)]
    for i in range(cycles):
        length = inner * (i + 1) // cycles - inner * i // cycles
        build, rest = int(length > 1), int(length > 2) + int(length >= _LONG_CYCLE)
        named += [("build", build), ("drop", length - build - rest), ("break", rest)]
    named.append(("outro", 1))
    sections, first = [], 0
    for name, count in named:
        if count:
            sections.append(Section(name, first, count))
        first += count
    return sections


def choose(
    candidates: Sequence[Candidate],
    scale: EnergyScale,
    wanted: float,
    before: Key | None,
    lately: Iterable[int],
) -> Candidate:
    """Take the loop whose energy is nearest to what is wanted, and whose key goes with the one before.

    For keys that go together see `mixdream.analysis.key.Key.mixes_with`. Loops whose seam stands out, and
    still more those whose seeds were used ``lately``, are only taken where there is nothing else. ``wanted``
    is in [0, 1]; ``before`` is None where the key is not known or nothing came before.
    """
    used = set(lately)

    def cost(candidate: Candidate) -> tuple[float, int]:
        missed = abs(scale.energy(candidate) - wanted)
        if before is None or candidate.key is None:
            missed += _UNKNOWN
        elif not before.mixes_with(candidate.key):
            missed += _CLASH
        missed += _BAD_SEAM * (candidate.loop.seam.ratio > STANDS_OUT)
        missed += _USED_LATELY * (candidate.loop.seed in used)
        return missed, candidate.loop.seed

    return min(candidates, key=cost)
