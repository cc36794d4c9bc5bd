"""Wishes: what is asked for of the clips of one command."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from mixdream.audio.write import AudioFormat
from mixdream.generation.origin import ConditionedSeed, Origin
from mixdream.runs.conditions import Energy


@dataclass(frozen=True)
class Wish:
    """What is asked for; what is left out is the run's own.

    Attributes
    ----------
    count : int
        Clips to write.
    seed : int
        Of the first clip; the next ones count up.
    like : str, optional
        Set that the music is to be like, see `mixdream.runs.conditions`.
    energy : {"low", "middle", "high"}, optional
    origins : iterable of Origin, optional
        What clips are made from instead of seeds, ``count`` at least; see `mixdream.generation.origin`.
    bpm : float, optional
        Tempo, see `mixdream.runs.tempo`.
    bars : int, optional
        All that the windows hold, or their first half, quarter and so on.
    rate_hz : int
        Of the files.
    form : {"wav", "flac"}
    keep_level : bool
        Leave the model's own level, see `mixdream.audio.level`.
    inversion : str, optional
    max_similarity : float in [0, 1], optional
        Clips that are more similar to the music are redrawn, see `mixdream.generation.similarity`.
    """

    count: int = 8
    seed: int = 0
    like: str | None = None
    energy: Energy | None = None
    origins: Iterable[Origin] | None = None
    bpm: float | None = None
    bars: int | None = None
    rate_hz: int = 44_100  # what DAWs expect
    form: AudioFormat = "wav"
    keep_level: bool = False
    inversion: str | None = None
    max_similarity: float | None = None

    @property
    def has_conditions(self) -> bool:
        """Whether certain music is asked for."""
        return self.like is not None or self.energy is not None

    def each_origin(self) -> Iterable[Origin]:
        """What clips are made from, one after the other; seeds come without end."""
        if self.origins is not None:
            return self.origins
        seeds = itertools.count(self.seed)
        if not self.has_conditions:
            return seeds
        return (ConditionedSeed(seed=seed, like=self.like, energy=self.energy) for seed in seeds)
