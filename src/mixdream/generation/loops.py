"""Loops: clips of whole bars whose end meets their start, named, tagged and measured for a DAW."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count as count_up
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixdream.analysis.key import find_key
from mixdream.analysis.pulse import on_beat_share, pulse_strength_db
from mixdream.analysis.seam import Seam, seam_score
from mixdream.audio.level import SILENCE, set_level
from mixdream.audio.loop_chunks import MIDDLE_C, LoopInfo
from mixdream.audio.resample import resample_loop
from mixdream.audio.write import AudioFormat, check_rate
from mixdream.corpus.beat_windows import BEATS_PER_BAR
from mixdream.errors import InputError
from mixdream.generation.clips import DEFAULT_RATE_HZ, refuse_other_format, sample_magnitudes, write_clip
from mixdream.generation.origin import Origin, about_origin, name_of, seed_of
from mixdream.generation.similarity import Similarity, draw
from mixdream.progress import Report, silent
from mixdream.recipes.recipe import Recipe
from mixdream.runs.run import Run
from mixdream.runs.tempo import playing_tempo
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.inversion import invert


@dataclass(frozen=True)
class LoopPlan:
    """What all loops of one call have in common; made by `plan_loops`.

    Attributes
    ----------
    run : Run
    checkpoint : Path
    generator : torch.nn.Module
    inversion : str
    grid : Grid
        Of one loop: the run's, with the frames of its first bars.
    bars : int
    bpm : float
    rate_hz : int
        Of the files.
    """

    run: Run
    checkpoint: Path
    generator: torch.nn.Module
    inversion: str
    grid: Grid
    bars: int
    bpm: float
    rate_hz: int

    @property
    def beats(self) -> int:
        """Beats in a loop."""
        return self.bars * BEATS_PER_BAR

    @property
    def samples(self) -> int:
        """Samples of a loop in its file."""
        return round(self.beats * 60 / self.bpm * self.rate_hz)


@dataclass(frozen=True)
class Loop:
    """A loop as the model made it, and what was measured on it.

    Attributes
    ----------
    origin : Origin
    audio : ndarray, shape (grid.clip_samples,), float32
        One period, at the model's rate and tempo.
    pulse_db : float
        See `mixdream.analysis.pulse`.
    on_beat : float in [0, 1]
        The same.
    seam : Seam
        See `mixdream.analysis.seam`.
    """

    origin: Origin
    audio: np.ndarray
    pulse_db: float
    on_beat: float
    seam: Seam

    @property
    def seed(self) -> int:
        """Seed of its phases, and of its noise if it is no variation or morph."""
        return seed_of(self.origin)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return bool(np.abs(self.audio).max() < SILENCE)


def generate_loops(
    run: Run,
    folder: Path,
    *,
    count: int = 8,
    seed: int = 0,
    origins: Iterable[Origin] | None = None,
    inversion: str | None = None,
    bpm: float | None = None,
    bars: int | None = None,
    rate_hz: int = DEFAULT_RATE_HZ,
    form: AudioFormat = "wav",
    keep_level: bool = False,
    similarity: Similarity | None = None,
    report: Report = silent,
) -> list[dict[str, Any]]:
    """Generate loops with the best checkpoint of a run, or the newest where there is no best yet.

    A loop is a function of the checkpoint and its origin alone.

    Parameters
    ----------
    run : Run
        Its windows must be of whole bars.
    folder : Path
        Made if need be. Gets ``<run>_<seed>_<bpm>bpm_<key>.wav`` and ``.json``; loops of the same name are
        replaced.
    count, seed, origins
        See `mixdream.generation.clips.generate_clips`.
    inversion, bpm, bars
        See `plan_loops`.
    rate_hz : int
        Of the files.
    form : {"wav", "flac"}
    keep_level : bool
        Leave the model's own level, see `mixdream.audio.level`.
    similarity : Similarity, optional
        Says what each loop is nearest to, and which are too similar: those behind the last take their place.
    report : callable
        Called with the share done in [0, 1] and a note.

    Returns
    -------
    list of dict
        What the JSON files say, with ``file``.

    Raises
    ------
    InputError
        A run without beats or checkpoint, impossible bars, tempo, rate or inversion, or a folder that cannot
        be written.
    """
    plan = plan_loops(run, inversion=inversion, bpm=bpm, bars=bars, rate_hz=rate_hz)
    refuse_other_format(folder, run.name, form)
    clips = []
    making = partial(make_loops, plan)
    for loop, likeness in draw(
        making, count_up(seed) if origins is None else origins, count, similarity, report
    ):
        clips.append(write_loop(plan, loop, folder, form, keep_level, likeness))
    return clips


def plan_loops(
    run: Run, *, inversion: str | None, bpm: float | None, bars: int | None, rate_hz: int
) -> LoopPlan:
    """Check what is wanted of a run's loops.

    Parameters
    ----------
    run : Run
    inversion : str, optional
        The recipe's own unless given.
    bpm : float, optional
        See `mixdream.runs.tempo`.
    bars : int, optional
        All that the windows hold, or their first half, quarter and so on; all of them unless given.
    rate_hz : int
        Of the files.

    Raises
    ------
    InputError
        What cannot be, in one line.
    """
    check_rate(rate_hz)
    if run.recipe.windows.beats is None:
        raise InputError(
            f"{run.folder} cannot loop: recipe {run.recipe.name} learns from windows of "
            f"{run.recipe.windows.seconds} s that know no bars; train a recipe with windows.beats, such as "
            "'loops'"
        )
    bpm, _ = playing_tempo(run, bpm)
    assert bpm is not None
    checkpoint = run.chosen_checkpoint()
    possible = _possible_bars(run.recipe)
    bars = bars or possible[-1]
    if bars not in possible:
        raise InputError(
            f"loops of {bars} bars are not possible with {run.folder}: its windows give loops of "
            f"{' or '.join(map(str, possible))}"
        )
    whole = run.recipe.grid
    grid = whole.model_copy(update={"frames": whole.frames * bars // possible[-1]})
    generator = run.load_generator(checkpoint)
    return LoopPlan(run, checkpoint, generator, inversion or run.recipe.inversion, grid, bars, bpm, rate_hz)


def make_loops(plan: LoopPlan, origins: Sequence[Origin]) -> Iterator[Loop]:
    """Make loops one after the other and measure them as the model made them."""
    grid = plan.grid
    for origin in origins:
        magnitudes = sample_magnitudes(plan.run, plan.generator, [origin])[..., : grid.frames]
        audio = invert(plan.inversion, magnitudes, grid, [seed_of(origin)], loop=True)[0].numpy()
        if not np.isfinite(audio).all():
            raise InputError(
                f"{plan.checkpoint} makes NaN or infinite samples: it is broken, use an earlier one"
            )
        own_bpm = plan.beats * 60 * grid.rate_hz / len(audio)
        yield Loop(
            origin,
            audio,
            pulse_strength_db(audio, grid.rate_hz, bpm=own_bpm, loop=True),
            on_beat_share(audio, grid.rate_hz, plan.beats),
            seam_score(audio, grid.rate_hz),
        )


def write_loop(
    plan: LoopPlan, loop: Loop, folder: Path, form: AudioFormat, keep_level: bool, likeness: dict[str, Any]
) -> dict[str, Any]:
    """Bring a loop to its tempo, rate and level and write it with its JSON.

    Parameters
    ----------
    plan : LoopPlan
    loop : Loop
    folder : Path
    form : {"wav", "flac"}
    keep_level : bool
    likeness : dict
        What the JSON says of its nearest moment, see `mixdream.generation.similarity`.

    Returns
    -------
    dict
        What the JSON says, with ``file``.
    """
    audio, level = set_level(
        resample_loop(loop.audio, plan.samples), plan.rate_hz, loop=True, keep=keep_level
    )
    key = find_key(audio, plan.rate_hz)
    about = {
        **plan.run.about(plan.checkpoint),
        **about_origin(loop.origin, plan.run.conditions),
        "inversion": plan.inversion,
        "bpm": plan.bpm,
        "bars": plan.bars,
        "beats": plan.beats,
        "key": key.name if key else None,
        "key_fit": key.fit if key else None,
        **asdict(level),
        "silent": loop.silent,
        "seam": asdict(loop.seam),
        "pulse_db": loop.pulse_db,
        "on_beat": loop.on_beat,
        **likeness,
    }
    name = "_".join([plan.run.name, name_of(loop.origin), f"{plan.bpm:g}bpm", *([key.name] if key else [])])
    info = LoopInfo(plan.bpm, plan.beats, MIDDLE_C + key.tonic if key else None)
    return write_clip(folder, name, audio, plan.rate_hz, form, about, info)


def _possible_bars(recipe: Recipe) -> list[int]:
    """Bars of a window and its halves, ascending."""
    bars, frames = (recipe.windows.beats or 0) // BEATS_PER_BAR, recipe.grid.frames
    possible = [bars]
    while possible[0] % 2 == 0 and frames % 2 == 0:
        possible.insert(0, possible[0] // 2)
        frames //= 2
    return possible
