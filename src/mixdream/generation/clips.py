"""Clips: spectrograms, generated or given, turned into audio files with a JSON beside each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mixdream import __version__
from mixdream.audio.write import AudioFormat, resample_and_level, write_audio
from mixdream.errors import InputError
from mixdream.files import write_json
from mixdream.generation.run import Run
from mixdream.models.dcgan import draw_latent
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.scaling import unscale

DEFAULT_RATE_HZ = 44_100
"""What DAWs expect."""

BATCH = 16
SILENT = 1e-4  # magnitude under which a spectrogram holds nothing to hear: -80 dB of full scale


def generate_clips(
    run: Run,
    folder: Path,
    *,
    count: int = 8,
    seed: int = 0,
    inversion: str | None = None,
    rate_hz: int = DEFAULT_RATE_HZ,
    form: AudioFormat = "wav",
    report: Callable[[float, str], None] = lambda done, note: None,
) -> list[dict[str, Any]]:
    """Generate clips with the newest checkpoint of a run.

    Clip ``i`` is a function of the checkpoint and ``seed + i`` alone: the same whatever the count.

    Parameters
    ----------
    run : Run
    folder : Path
        Made if need be. Gets ``<run>_<seed>.wav`` and ``.json``; clips of the same name are replaced.
    count, seed : int
    inversion : str, optional
        The recipe's own unless given.
    rate_hz : int
        Of the files.
    form : {"wav", "flac"}
    report : callable
        Called with the share done in [0, 1] and a note.

    Returns
    -------
    list of dict
        What the JSON files say, with ``file``.

    Raises
    ------
    InputError
        No checkpoint, unknown inversion, impossible rate, or a folder that cannot be written.
    """
    checkpoint = run.latest_checkpoint()
    generator = run.load_generator(checkpoint)
    about = {"run": run.name, "recipe": run.recipe.name, "checkpoint": checkpoint.name}
    clips = []
    for start in range(seed, seed + count, BATCH):
        some = list(range(start, min(start + BATCH, seed + count)))
        magnitudes = sample_magnitudes(run, generator, some)
        names = [f"{run.name}_{s}" for s in some]
        for clip in write_clips(
            folder,
            names,
            magnitudes,
            run.recipe.grid,
            some,
            inversion or run.recipe.inversion,
            rate_hz,
            form,
            about,
        ):
            clips.append(clip)
            report(len(clips) / count, clip["file"])
    return clips


@torch.no_grad()
def sample_magnitudes(run: Run, generator: torch.nn.Module, seeds: list[int]) -> Tensor:
    """Linear magnitudes made from seeds, shape (len(seeds), bins, frames); each depends on its seed alone."""
    model = run.recipe.model
    latents = [
        draw_latent(1, model.latent, model.noise, torch.Generator().manual_seed(seed)) for seed in seeds
    ]
    # One at a time: sums in a batch are ordered otherwise, and a clip must not depend on its neighbours.
    images = torch.cat([generator(latent) for latent in latents])
    return unscale(images[:, 0], run.recipe.grid.scaling)


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

    Yields
    ------
    dict
        What the JSON says, with ``file``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"clips cannot be written to {folder}: {error.strerror}") from error
    for name, one, seed in zip(names, magnitudes, seeds, strict=True):
        audio = invert(inversion, one[None], grid, [seed])[0].numpy()
        audio, gain_db = resample_and_level(audio, grid.rate_hz, rate_hz)
        path = folder / f"{name}.{form}"
        other = path.with_name(f"{name}.{'flac' if form == 'wav' else 'wav'}")
        if other.exists():  # one JSON cannot speak for both
            raise InputError(f"{other} has the same name in another format: choose another folder")
        write_audio(path, audio, rate_hz, form)
        clip = about | {
            "seed": seed,
            "inversion": inversion,
            "rate_hz": rate_hz,
            "seconds": len(audio) / rate_hz,
            "gain_db": gain_db,
            "peak": float(np.abs(audio).max(initial=0.0)),
            "rms_dbfs": float(20 * np.log10(np.sqrt(np.mean(audio**2)) + 1e-9)),
            "silent": bool(one.max() < SILENT),
            "mixdream": __version__,
        }
        write_json(path.with_name(f"{name}.json"), clip)
        yield clip | {"file": str(path)}
