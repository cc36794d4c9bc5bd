"""Wishes: what is asked for of the clips of one command."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from mixdream.analysis.key import Key
from mixdream.audio.write import AudioFormat
from mixdream.generation.origin import ConditionedSeed, Origin
from mixdream.generation.pitch import Pitch
from mixdream.runs.conditions import Energy


@dataclass(frozen=True)
class Wish:
    """What is asked for; what is left out is the run's own."""

    count: int = 8  # clips to write
    seed: int = 0  # of the first clip; the next ones count up
    like: str | None = None  # set that the music is to be like, see mixdream.runs.conditions
    energy: Energy | None = None
    origins: Iterable[Origin] | None = None  # to make clips from instead of seeds, ``count`` at least
    bpm: float | None = None  # see mixdream.runs.tempo
    pitch: Pitch | None = None  # at another tempo than the run's, see mixdream.generation.pitch
    transpose: int = 0  # semitones
    key: Key | None = None  # loops in another one are transposed to it; a pack is of those that are in it
    fits: bool = False  # also keys that mix with it
    bars: int | None = None  # all that the windows hold, or their first half, quarter and so on
    rate_hz: int = 44_100  # of the files; what DAWs expect
    form: AudioFormat = "wav"
    keep_level: bool = False  # leave the model's own, see mixdream.audio.level
    inversion: str | None = None
    judge: bool = False  # whether clips are copies, where the corpus has enough music to tell
    max_similarity: float | None = None  # in [0, 1]; redraw clips above, see mixdream.generation.similarity

    @property
    def has_conditions(self) -> bool:
        """Whether music of a set or an energy is asked for."""
        return self.like is not None or self.energy is not None

    @property
    def moves(self) -> bool:
        """Whether another tempo or pitch is asked for."""
        return self.bpm is not None or bool(self.transpose) or self.key is not None

    def suits(self, key: Key | None) -> bool:
        """Whether a loop in this key is wanted."""
        if self.key is None:
            return True
        return key is not None and (self.key == key or (self.fits and self.key.mixes_with(key)))

    def each_origin(self) -> Iterable[Origin]:
        """What clips are made from, one after the other; seeds come without end."""
        if self.origins is not None:
            return self.origins
        seeds = itertools.count(self.seed)
        if not self.has_conditions:
            return seeds
        return (ConditionedSeed(seed=seed, like=self.like, energy=self.energy) for seed in seeds)
