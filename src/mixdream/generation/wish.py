"""Wishes: what is asked for of the clips of one command."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from mixdream.analysis.key import Key
from mixdream.audio.write import AudioFormat
from mixdream.generation.origin import ConditionedSeed, Origin
from mixdream.generation.pitch import Pitch, semitones_to
from mixdream.runs.ask import NOTHING, Ask


@dataclass(frozen=True)
class Wish:
    """What is asked for; what is left out is the run's own."""

    count: int = 8  # clips to write
    seed: int = 0  # of the first clip; the next ones count up
    ask: Ask = NOTHING  # what the music is to be like, see mixdream.runs.conditions
    origins: Iterable[Origin] | None = None  # to make clips from instead of seeds, ``count`` at least
    bpm: float | None = None  # see mixdream.runs.tempo
    pitch: Pitch | None = None  # at another tempo than the run's, see mixdream.generation.pitch
    transpose: int = 0  # semitones
    key: Key | None = None  # to transpose to, instead of semitones
    fits: bool = False  # no transposing: loops of a pack whose keys mix with the key
    bars: int | None = None  # all that the windows hold, or their first half, quarter and so on
    rate_hz: int = 44_100  # of the files; what DAWs expect
    form: AudioFormat = "wav"
    keep_level: bool = False  # leave the model's own, see mixdream.audio.level
    inversion: str | None = None
    judge: bool = False  # whether clips are copies, where the corpus has enough music to tell
    max_similarity: float | None = None  # in [0, 1]; redraw clips above, see mixdream.generation.similarity

    @property
    def moves(self) -> bool:
        """Whether another tempo or pitch is asked for."""
        return self.bpm is not None or bool(self.transpose) or self.key is not None

    def semitones(self, found: Key | None) -> int:
        """How far music of a key is to be transposed."""
        if self.key is None or self.fits:
            return self.transpose
        return semitones_to(self.key, found)

    def each_origin(self) -> Iterable[Origin]:
        """What clips are made from, one after the other; seeds come without end."""
        if self.origins is not None:
            return self.origins
        seeds = itertools.count(self.seed)
        if self.ask.is_open:
            return seeds
        return (ConditionedSeed(seed=seed, **self.ask.model_dump()) for seed in seeds)
