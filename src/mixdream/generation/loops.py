"""Loops: clips of whole bars whose end meets their start, named, tagged and measured for a DAW."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mixdream.analysis.key import Key
from mixdream.analysis.key_finder import find_key
from mixdream.analysis.pulse import on_beat_share, pulse_strength_db
from mixdream.analysis.seam import Seam, seam_score
from mixdream.audio.level import set_level
from mixdream.audio.loop_chunks import MIDDLE_C, LoopInfo
from mixdream.corpus.beat_windows import BEATS_PER_BAR
from mixdream.errors import InputError
from mixdream.generation.clips import Clip, ClipPlan, plan_clips, write_files
from mixdream.generation.origin import Origin, file_name_of
from mixdream.generation.pitch import Pitch, check_transposition, pitch_at, say_tempo_and_key
from mixdream.generation.wish import Wish
from mixdream.recipes.recipe import Recipe
from mixdream.runs.run import Run
from mixdream.runs.tempo import playing_tempo
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.stretch import stretch_loop


@dataclass(frozen=True)
class LoopPlan(ClipPlan):
    """What all loops of one call have in common; made by `plan_loops`."""

    grid: Grid  # of one loop: the run's, with the frames of its first bars
    bars: int
    bpm: float
    own_bpm: float  # tempo that the run plays at unless told otherwise
    pitch: Pitch

    @property
    def beats(self) -> int:
        """Beats in a loop."""
        return self.bars * BEATS_PER_BAR

    @property
    def samples(self) -> int:
        """Samples of a loop in its file."""
        return round(self.beats * 60 / self.bpm * self.wish.rate_hz)

    @property
    def pitched_bpm(self) -> float:
        """Tempo to which varispeed would have to bring a loop for the pitch that it gets."""
        return self.bpm if self.pitch == "follow" else self.own_bpm

    @property
    def pitched_hz(self) -> float:
        """Rate at which a loop as the model made it has the pitch that it gets, but for transposing."""
        return self.grid.clip_samples * self.pitched_bpm / (self.beats * 60)

    def at_tempo(self, bpm: float, pitch: Pitch, rate_hz: int) -> "LoopPlan":
        """Return the same plan at another tempo, and rate of the files."""
        return replace(self, bpm=bpm, pitch=pitch, wish=replace(self.wish, bpm=bpm, rate_hz=rate_hz))

    def play(self, audio: np.ndarray, semitones: int = 0) -> np.ndarray:
        """Bring a loop as the model made it, shape (..., samples), to its rate, tempo and pitch."""
        at_pitch = self.samples * (self.bpm / self.pitched_bpm) / 2 ** (semitones / 12)
        return stretch_loop(audio, self.samples, at_pitch, self.grid.rate_hz)


@dataclass(frozen=True)
class Loop(Clip):
    """One period of a loop as the model made it, at the model's tempo, and what was measured on it."""

    pulse_db: float
    on_beat: float  # in [0, 1], see mixdream.analysis.pulse
    seam: Seam


def plan_loops(run: Run, wish: Wish, checkpoint: Path | None = None) -> LoopPlan:
    """Check what is wanted of a run's loops, and load a checkpoint, see `plan_clips`.

    Raises
    ------
    InputError
        A run without bars or checkpoint, or impossible bars, tempo, transposition, key or rate.
    """
    if run.recipe.windows.beats is None:
        raise InputError(
            f"{run.folder} cannot loop: recipe {run.recipe.name} learns from windows of "
            f"{run.recipe.windows.seconds} s that know no bars; train a recipe with windows.beats, such as "
            "'loops'"
        )
    check_transposition(wish.transpose, wish.key)
    (own_bpm, _), (bpm, _) = playing_tempo(run), playing_tempo(run, wish.bpm)
    assert own_bpm is not None and bpm is not None
    possible = possible_bars(run.recipe)
    bars = wish.bars or possible[-1]
    if bars not in possible:
        raise InputError(
            f"loops of {bars} bars are not possible with {run.folder}: its windows give loops of "
            f"{' or '.join(map(str, possible))}"
        )
    whole = run.recipe.grid
    grid = whole.model_copy(update={"frames": whole.frames * bars // possible[-1]})
    clips = plan_clips(run, wish, checkpoint)
    pitch = pitch_at(bpm, own_bpm, wish.pitch)
    return LoopPlan(run, wish, clips.checkpoint, clips.generator, grid, bars, bpm, own_bpm, pitch)


def make_loop(plan: LoopPlan, origin: Origin) -> Loop:
    """Make a loop, a function of the checkpoint and the origin alone, and measure it as the model made it."""
    grid = plan.grid
    audio, side = plan.sound(origin, grid, loop=True)
    if not np.isfinite(audio if side is None else audio + side).all():
        raise InputError(f"{plan.checkpoint} makes NaN or infinite samples: it is broken, use an earlier one")
    own_bpm = plan.beats * 60 * grid.rate_hz / len(audio)
    return Loop(
        origin,
        audio,
        pulse_strength_db(audio, grid.rate_hz, bpm=own_bpm, loop=True),
        on_beat_share(audio, grid.rate_hz, plan.beats),
        seam_score(audio, grid.rate_hz),
        side=side,
    )


@dataclass(frozen=True)
class Finished:
    """A loop at its tempo, pitch and level, and what is to be written of it."""

    name: str  # of its file
    audio: np.ndarray  # shape (samples,) or (2, samples)
    about: dict[str, Any]
    info: LoopInfo


def finish_loop(plan: LoopPlan, loop: Loop, found: Key | None) -> Finished:
    """Bring a loop whose key, see `key_of`, was found to its tempo, pitch and level.

    Its name is ``<run>_<origin>_<bpm>bpm_<key>``; behind the key comes its Camelot code, as in ``Am_8A``;
    both are left out where no key is found.
    """
    wish = plan.wish
    semitones = wish.semitones(found)
    key = found and found.transposed(semitones)
    played = plan.play(loop.channels, semitones)
    audio, level = set_level(played, wish.rate_hz, loop=True, keep=wish.keep_level)
    heard, end = say_tempo_and_key(plan.bpm, plan.pitch, semitones, key)
    about = {
        **plan.about(loop.origin),
        **heard,
        "bars": plan.bars,
        "beats": plan.beats,
        **asdict(level),
        "silent": loop.silent,
        "seam": asdict(loop.seam),
        "pulse_db": loop.pulse_db,
        "on_beat": loop.on_beat,
    }
    name = f"{plan.run.name}_{file_name_of(loop.origin)}_{end}"
    info = LoopInfo(plan.bpm, plan.beats, MIDDLE_C + key.tonic if key else None)
    return Finished(name, audio, about, info)


def write_loop(plan: LoopPlan, loop: Loop, folder: Path, likeness: dict[str, Any]) -> dict[str, Any]:
    """Finish a loop; write it, and a JSON beside it.

    ``likeness`` is what the JSON says of the nearest moment, see `mixdream.generation.similarity`; what is
    returned is what the JSON says, with ``file``.
    """
    return write_finished(plan, finish_loop(plan, loop, key_of(plan, loop)), folder, likeness)


def write_finished(
    plan: LoopPlan, finished: Finished, folder: Path, likeness: dict[str, Any]
) -> dict[str, Any]:
    """Write a loop that was finished, see `write_loop`."""
    about = finished.about | likeness
    return write_files(folder, finished.name, finished.audio, plan.wish, about, finished.info)


def key_of(plan: LoopPlan, loop: Loop) -> Key | None:
    """Find the key in which a loop sounds at the plan's tempo and pitch, before it is transposed."""
    return find_key(loop.audio, plan.pitched_hz, loop=True)


def possible_bars(recipe: Recipe) -> list[int]:
    """Bars that loops of a recipe may have: those of a window and its halves, ascending."""
    bars, frames = (recipe.windows.beats or 0) // BEATS_PER_BAR, recipe.grid.frames
    possible = [bars]
    while possible[0] % 2 == 0 and frames % (2 * recipe.grid.fold) == 0:
        possible.insert(0, possible[0] // 2)
        frames //= 2
    return possible
