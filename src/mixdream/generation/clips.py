"""Clips: spectrograms, generated or given, turned into audio files with a JSON beside each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count as count_up
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from torch import Tensor

from mixdream import __version__
from mixdream.audio.level import SILENCE, set_level
from mixdream.audio.loop_chunks import LoopInfo
from mixdream.audio.write import AudioFormat, check_rate, write_audio
from mixdream.errors import InputError
from mixdream.files import write_json
from mixdream.generation.origin import Origin, about_origin, name_of, noise_of, seed_of
from mixdream.generation.similarity import Similarity, draw
from mixdream.progress import Report, silent
from mixdream.runs.run import Run
from mixdream.runs.tempo import playing_tempo
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.inversion import invert

DEFAULT_RATE_HZ = 44_100
"""What DAWs expect."""


def generate_clips(
    run: Run,
    folder: Path,
    *,
    count: int = 8,
    seed: int = 0,
    origins: Iterable[Origin] | None = None,
    inversion: str | None = None,
    bpm: float | None = None,
    rate_hz: int = DEFAULT_RATE_HZ,
    form: AudioFormat = "wav",
    keep_level: bool = False,
    similarity: Similarity | None = None,
    report: Report = silent,
) -> list[dict[str, Any]]:
    """Generate clips with the best checkpoint of a run, or the newest where there is no best yet.

    A clip is a function of the checkpoint and its origin alone: the same whatever the count.

    Parameters
    ----------
    run : Run
    folder : Path
        Made if need be. Gets ``<run>_<seed>.wav`` and ``.json``; clips of the same name are replaced.
    count, seed : int
        Clips are made from this seed and those behind it.
    origins : iterable of Origin, optional
        What they are made from instead, see `mixdream.generation.origin`; at least ``count``.
    inversion : str, optional
        The recipe's own unless given.
    bpm : float, optional
        Tempo to play clips at whose windows have beats, see `mixdream.runs.tempo`.
    rate_hz : int
        Of the files.
    form : {"wav", "flac"}
    keep_level : bool
        Leave the model's own level, see `mixdream.audio.level`.
    similarity : Similarity, optional
        Says what each clip is nearest to, and which are too similar: those behind the last take their place.
    report : callable
        Called with the share done in [0, 1] and a note.

    Returns
    -------
    list of dict
        What the JSON files say, with ``file``.

    Raises
    ------
    InputError
        No checkpoint, unknown inversion, impossible rate or tempo, or a folder that cannot be written.
    """
    check_rate(rate_hz)
    bpm, speed = playing_tempo(run, bpm)
    checkpoint = run.chosen_checkpoint()
    generator = run.load_generator(checkpoint)
    inversion = inversion or run.recipe.inversion
    about = run.about(checkpoint)
    if bpm is not None:
        about["bpm"] = bpm

    def make(origins: Sequence[Origin]) -> Iterator[_Made]:
        for origin in origins:
            yield _invert(sample_magnitudes(run, generator, [origin])[0], run.recipe.grid, inversion, origin)

    clips = []
    for made, likeness in draw(
        make, count_up(seed) if origins is None else origins, count, similarity, report
    ):
        name = f"{run.name}_{name_of(made.origin)}"
        said = about | about_origin(made.origin, run.conditions) | {"inversion": inversion}
        own_hz = run.recipe.grid.rate_hz * speed
        clips.append(_write(folder, name, made, own_hz, rate_hz, form, said, likeness, keep_level))
    return clips


@torch.no_grad()
def sample_magnitudes(run: Run, generator: torch.nn.Module, origins: Sequence[Origin]) -> Tensor:
    """Linear magnitudes, shape (len(origins), bins, frames); each depends on its origin alone."""
    # One at a time: sums in a batch are ordered otherwise, and a clip must not depend on its neighbours.
    images = torch.cat([generator(noise_of(run.recipe, origin, run.conditions)) for origin in origins])
    return run.scaler.unscale(images[:, 0])


def write_clips(
    folder: Path,
    names: list[str],
    magnitudes: Tensor,
    grid: Grid,
    seeds: list[int],
    inversion: str,
    rate_hz: int,
    form: AudioFormat,
    about: dict[str, Any],
    *,
    speed: float = 1.0,
    keep_level: bool = False,
) -> Iterator[dict[str, Any]]:
    """Invert spectrograms and write each as audio with a JSON beside it, one after the other.

    Parameters
    ----------
    folder : Path
    names : list of str
        Of the files, without suffix.
    magnitudes : Tensor, shape (len(names), bins, frames), linear, >= 0
    grid : Grid
    seeds : list of int
        For the phases.
    inversion : str
    rate_hz : int
        Of the files.
    form : {"wav", "flac"}
    about : dict
        What else the JSON files say.
    speed : float
        Varispeed: 1.1 plays a tenth faster and higher.
    keep_level : bool
        Leave the level as it is, see `mixdream.audio.level`.

    Yields
    ------
    dict
        What the JSON says, with ``file``.
    """
    check_rate(rate_hz)
    for name, one, seed in zip(names, magnitudes, seeds, strict=True):
        made = _invert(one, grid, inversion, seed)
        said = about | {"seed": seed, "inversion": inversion}
        yield _write(folder, name, made, grid.rate_hz * speed, rate_hz, form, said, {}, keep_level)


@dataclass(frozen=True)
class _Made:
    """A clip before it gets its tempo, rate and level: one period at the grid's rate."""

    origin: Origin
    audio: np.ndarray
    silent: bool


def _invert(magnitudes: Tensor, grid: Grid, inversion: str, origin: Origin) -> _Made:
    audio = invert(inversion, magnitudes[None], grid, [seed_of(origin)])[0].numpy()
    return _Made(origin, audio, bool(magnitudes.max() < SILENCE))


def _write(
    folder: Path,
    name: str,
    made: _Made,
    own_hz: float,
    rate_hz: int,
    form: AudioFormat,
    before: dict[str, Any],
    after: dict[str, Any],
    keep_level: bool,
) -> dict[str, Any]:
    audio = soxr.resample(made.audio.astype(np.float64), own_hz, rate_hz, quality="VHQ")
    audio, level = set_level(audio, rate_hz, keep=keep_level)
    about = before | asdict(level) | {"silent": made.silent} | after
    return write_clip(folder, name, audio, rate_hz, form, about)


def refuse_other_format(folder: Path, run: str, form: AudioFormat) -> None:
    """Refuse, before any work, a folder with clips of a run in the other format: a JSON cannot be of both."""
    other = "flac" if form == "wav" else "wav"
    if folder.is_dir() and any(
        path.name.startswith(f"{run}_") and path.suffix == f".{other}" for path in folder.iterdir()
    ):
        raise InputError(f"'{folder}' has clips of {run} as .{other}: choose another folder, or that format")


def write_clip(
    folder: Path,
    name: str,
    audio: np.ndarray,
    rate_hz: int,
    form: AudioFormat,
    about: dict[str, Any],
    loop: LoopInfo | None = None,
) -> dict[str, Any]:
    """Write audio, shape (samples,), and a JSON beside it; return what the JSON says, with ``file``.

    Raises
    ------
    InputError
        A folder that cannot be written, or a clip of this name in another format.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"clips cannot be written to {folder}: {error.strerror}") from error
    path, beside, other = (
        folder / f"{name}.{suffix}" for suffix in (form, "json", "flac" if form == "wav" else "wav")
    )
    if other.exists():  # one JSON cannot speak for both
        raise InputError(f"{other} has the same name in another format: choose another folder")
    write_audio(path, audio, rate_hz, form, loop)
    clip = about | {
        "rate_hz": rate_hz,
        "samples": len(audio),
        "seconds": len(audio) / rate_hz,
        "mixdream": __version__,
    }
    write_json(beside, clip)
    return clip | {"file": str(path)}
