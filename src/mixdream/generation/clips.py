"""Clips: spectrograms, generated or given, turned into audio files with a JSON beside each."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from torch import Tensor

from mixdream import __version__
from mixdream.audio.level import SILENCE, set_level
from mixdream.audio.loop_chunks import LoopInfo
from mixdream.audio.tags import Tags
from mixdream.audio.write import AudioFormat, check_rate, write_audio
from mixdream.errors import InputError
from mixdream.files import write_json
from mixdream.generation.origin import Origin, about_origin, file_name_of, noise_of, seed_of
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.images import image_magnitudes
from mixdream.spectrogram.inversion import default_inversion, invert
from mixdream.spectrogram.width import from_channel, make_side

_OWN_LICENCE = "model under the MIT licence, learnt from music whose licences its card names"
"""Of the model that comes with mixdream, see its card; of others mixdream knows no licence."""


@dataclass(frozen=True)
class ClipPlan:
    """What all clips of one call have in common; made by `plan_clips`."""

    run: Run
    wish: Wish
    checkpoint: Path
    generator: torch.nn.Module

    @property
    def inversion(self) -> str:
        """Inversion that is wished for, or the recipe's."""
        return self.wish.inversion or self.run.recipe.inversion

    def about(self, origin: Origin) -> dict[str, Any]:
        """What the JSON of a clip says of how it was made."""
        return {
            **self.run.about(self.checkpoint),
            **about_origin(origin, self.run.conditions),
            "inversion": self.inversion,
        }

    def image(self, origin: Origin) -> Tensor:
        """What the model makes, shape (1, channels, rows, columns).

        Made alone: sums in a batch are ordered otherwise, and a clip must not depend on its neighbours.
        """
        with torch.no_grad():
            return self.generator(noise_of(self.run.recipe, origin, self.run.conditions))

    def sound(self, origin: Origin, grid: Grid, loop: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
        """Middle and, of stereo, side, shape (grid.clip_samples,), float32, of the first frames of a clip.

        A waveform is taken as the model made it, whether it is to loop or not.
        """
        return self.sound_of(self.image(origin), seed_of(origin), grid, loop)

    def sound_of(
        self, image: Tensor, seed: int, grid: Grid, loop: bool = False, reference_db: float | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Middle and side, as `sound`, of an image, shape (1, channels, rows, columns).

        The seed is that of the phases, the reference that of its levels (`Scaler.unscale`).
        """
        recipe = self.run.recipe
        if grid.scaling == "waveform":
            return image[0, 0, 0, : grid.clip_samples].numpy(), None
        levels = image_magnitudes(image, recipe.grid, self.run.scaler, reference_db)[..., : grid.frames]
        middle = invert(self.inversion, levels, grid, [seed], loop=loop)
        if grid.channels == 1:
            return middle[0].numpy(), None
        widths = from_channel(image[:, -1])[..., : grid.frames // grid.fold]
        return middle[0].numpy(), make_side(middle, widths, grid, loop)[0].numpy()


@dataclass(frozen=True)
class Clip:
    """A clip as the model made it, at the grid's rate.

    ``audio``, shape (samples,), float32, is all of it in mono; in stereo it is the middle, with a ``side``.
    """

    origin: Origin
    audio: np.ndarray
    side: np.ndarray | None = field(default=None, kw_only=True)

    @property
    def seed(self) -> int:
        """Seed of its phases, and of its noise if it is no variation or morph."""
        return seed_of(self.origin)

    @property
    def channels(self) -> np.ndarray:
        """Audio as it is written: shape (samples,), or left and right, shape (2, samples)."""
        if self.side is None:
            return self.audio
        return np.stack([self.audio + self.side, self.audio - self.side])

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return _is_silent(self.audio)


def plan_clips(run: Run, wish: Wish, checkpoint: Path | None = None) -> ClipPlan:
    """Load a checkpoint; unless given, the best of the run, or the newest where there is no best yet.

    Raises
    ------
    InputError
        No checkpoint, an impossible rate, or an inversion of what is no spectrogram.
    """
    check_rate(wish.rate_hz)
    if run.recipe.inversion == "none" and wish.inversion is not None:
        raise InputError(
            f"{run.folder} makes waveforms, which take no inversion: leave --inversion {wish.inversion} out"
        )
    checkpoint = checkpoint or run.chosen_checkpoint()
    return ClipPlan(run, wish, checkpoint, run.load_generator(checkpoint))


def make_clip(plan: ClipPlan, origin: Origin) -> Clip:
    """Make a clip, a function of the checkpoint and the origin alone."""
    audio, side = plan.sound(origin, plan.run.recipe.grid)
    return Clip(origin, audio, side=side)


def write_clip(plan: ClipPlan, clip: Clip, folder: Path, likeness: dict[str, Any]) -> dict[str, Any]:
    """Write ``<run>_<origin>.wav`` and ``.json``; return what the JSON says, with ``file``.

    ``likeness`` is what the JSON says of the nearest moment, see `mixdream.generation.similarity`.
    """
    name = f"{plan.run.name}_{file_name_of(clip.origin)}"
    audio = resample(clip.channels, plan.run.recipe.grid.rate_hz, plan.wish.rate_hz)
    return write_levelled(folder, name, audio, plan.wish, plan.about(clip.origin), likeness)


def write_spectrogram(
    folder: Path,
    name: str,
    magnitudes: Tensor,
    grid: Grid,
    wish: Wish,
    about: dict[str, Any],
    speed: float = 1.0,
) -> dict[str, Any]:
    """Invert linear magnitudes, shape (bins, frames), and write them as audio with a JSON beside it.

    The wish's seed is that of the phases, its inversion the best that the grid allows unless given. ``about``
    is what else the JSON says; ``speed`` is varispeed: 1.1 plays a tenth faster and higher.
    """
    check_rate(wish.rate_hz)
    inversion = wish.inversion or default_inversion(grid)
    audio = invert(inversion, magnitudes[None], grid, [wish.seed])[0].numpy()
    about = about | {"seed": wish.seed, "inversion": inversion}
    return write_levelled(folder, name, resample(audio, grid.rate_hz * speed, wish.rate_hz), wish, about)


def resample(audio: np.ndarray, own_hz: float, rate_hz: int) -> np.ndarray:
    """Bring audio that does not repeat, shape (..., samples), from its own rate to that of the file."""
    return soxr.resample(audio.astype(np.float64).T, own_hz, rate_hz, quality="VHQ").T


def write_levelled(
    folder: Path,
    name: str,
    audio: np.ndarray,
    wish: Wish,
    about: dict[str, Any],
    likeness: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Bring audio at the wish's rate, shape (..., samples), to its level; write it and a JSON beside it."""
    levelled, level = set_level(audio, wish.rate_hz, keep=wish.keep_level)
    about = about | asdict(level) | {"silent": _is_silent(audio)} | (likeness or {})
    return write_files(folder, name, levelled, wish, about)


def write_files(
    folder: Path,
    name: str,
    audio: np.ndarray,
    wish: Wish,
    about: dict[str, Any],
    loop: LoopInfo | None = None,
) -> dict[str, Any]:
    """Write audio, shape (..., samples), and a JSON beside it; return what the JSON says, with ``file``.

    Raises
    ------
    InputError
        A folder that cannot be written, or a clip of this name in another format.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"clips cannot be written to {folder}: {error.strerror}") from error
    path, beside, other = (folder / f"{name}.{suffix}" for suffix in (wish.form, "json", _other(wish.form)))
    if other.exists():  # one JSON cannot speak for both
        raise InputError(f"{other} has the same name in another format: choose another folder")
    write_audio(path, audio, wish.rate_hz, wish.form, loop, tags_of(name, about))
    clip = about | {
        "rate_hz": wish.rate_hz,
        "channels": audio.ndim,
        "samples": audio.shape[-1],
        "seconds": audio.shape[-1] / wish.rate_hz,
        "mixdream": __version__,
    }
    write_json(beside, clip)
    return clip | {"file": str(path)}


def tags_of(title: str, about: dict[str, Any]) -> Tags:
    """What the file says of itself of what its JSON says."""
    made = [f"{name} {about[name]}" for name in ("run", "checkpoint", "seed") if name in about]
    licence = _OWN_LICENCE if about.get("run_folder", "") is None else None
    return Tags(
        title, ", ".join(["generated by mixdream", *made]), licence, about.get("bpm"), about.get("key")
    )


def refuse_other_format(folder: Path, run: Run, form: AudioFormat) -> None:
    """Refuse, before any work, a folder with clips of a run in the other format: one JSON is of one file."""
    other = _other(form)
    if folder.is_dir() and any(
        path.name.startswith(f"{run.name}_") and path.suffix == f".{other}" for path in folder.iterdir()
    ):
        raise InputError(
            f"'{folder}' has clips of {run.name} as .{other}: choose another folder, or that format"
        )


def _other(form: AudioFormat) -> AudioFormat:
    return "flac" if form == "wav" else "wav"


def _is_silent(audio: np.ndarray) -> bool:
    return bool(np.abs(audio).max() < SILENCE)
