"""Continuations: a file's last bars, and what a flow model makes of them next."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from torch import Tensor

from mixdream.audio.decode import read_audio
from mixdream.audio.level import SILENCE, set_level
from mixdream.audio.write import AudioFormat, check_rate
from mixdream.errors import InputError
from mixdream.generation.clips import DEFAULT_RATE_HZ, write_clip
from mixdream.generation.origin import Wish, name_of
from mixdream.models.flow import Flow
from mixdream.progress import Report, silent
from mixdream.runs.conditions import Energy, no_conditions
from mixdream.runs.noise import draw_noise
from mixdream.runs.run import Run
from mixdream.runs.tempo import playing_tempo
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.transform import magnitudes

_MARGIN_S = 0.1  # before what is gone on from, so that the resampler has settled


def continue_file(
    run: Run,
    path: Path,
    folder: Path,
    *,
    count: int = 8,
    seed: int = 0,
    like: str | None = None,
    energy: Energy | None = None,
    inversion: str | None = None,
    bpm: float | None = None,
    rate_hz: int = DEFAULT_RATE_HZ,
    form: AudioFormat = "wav",
    keep_level: bool = False,
    report: Report = silent,
) -> list[dict[str, Any]]:
    """Go on from the end of a file, in as many ways as are wanted.

    The last bars of the file fill the first half of a window; the model makes the second half from noise, and
    is shown the first one, with as much noise, at each of its steps (Lugmayr et al. 2022, "RePaint", without
    going back). The clip has both halves, so that it can be heard as one.

    Parameters
    ----------
    run : Run
        Of a flow model.
    path : Path
        Of any format; where the run's windows are bars, it ends where a bar does.
    folder : Path
        Gets ``<run>_<file>+<seed>.wav``, with what is asked for behind the seed, and ``.json``, which says
        where the new part begins.
    count, seed : int
        Continuations are made from this seed and those behind it.
    like, energy : optional
        Music that is asked for, see `mixdream.runs.conditions.Conditions.tell_continuation`.
    inversion : str, optional
        The recipe's own unless given.
    bpm : float, optional
        Tempo of the file, where the run's windows have beats; unless given, what the JSON beside it says.
    rate_hz : int
        Of the files.
    form : {"wav", "flac"}
    keep_level : bool
        See `mixdream.audio.level`.
    report : callable

    Returns
    -------
    list of dict
        What the JSON files say, with ``file``.

    Raises
    ------
    InputError
        A model that cannot go on from a file, a file that is too short, silent or of unknown tempo, or a wish
        that the run cannot fulfil.
    """
    check_rate(rate_hz)
    recipe, grid = run.recipe, run.recipe.grid
    if recipe.model.family != "flow":
        raise InputError(
            f"{run.folder} cannot go on from a file: its model makes whole clips at once; train a flow, such "
            "as the recipe 'flow-8k'"
        )
    tempo = bpm if recipe.tempo_bpm is None else _tempo(path, bpm)
    tempo, speed = playing_tempo(run, tempo)
    checkpoint = run.chosen_checkpoint()
    generator = run.load_generator(checkpoint)
    assert isinstance(generator, Flow)
    is_asked = like is not None or energy is not None
    if is_asked and run.conditions is None:
        raise no_conditions()
    known, mask, reference_db = _end_of(path, run, grid.rate_hz * speed)
    told: Tensor | None = None
    if run.conditions is not None:
        told = run.conditions.tell_continuation(known[..., mask.flatten() > 0], like, energy)
    clips = []
    for one in range(seed, seed + count):
        noise, wished = draw_noise(recipe, one, told), Wish(seed=one, like=like, energy=energy)
        with torch.no_grad():
            image = generator.sample(noise, known, mask)[:, 0]
        heard = run.scaler.unscale(image, reference_db=reference_db)
        audio = invert(inversion or recipe.inversion, heard, grid, [one])[0].numpy()
        audio = soxr.resample(audio.astype(np.float64), grid.rate_hz * speed, rate_hz, quality="VHQ")
        audio, level = set_level(audio, rate_hz, keep=keep_level)
        about = {
            **run.about(checkpoint),
            "continues": {"file": path.name, "seed": one, "new_from_s": len(audio) / rate_hz / 2},
            **wished.model_dump(exclude={"seed"}, exclude_none=True),
            **({} if tempo is None else {"bpm": tempo}),
            "inversion": inversion or recipe.inversion,
            **asdict(level),
            "silent": bool(heard.max() < SILENCE),
        }
        name = f"{run.name}_{path.stem}+{name_of(wished if is_asked else one)}"
        clips.append(write_clip(folder, name, audio, rate_hz, form, about))
        report(len(clips) / count, f"seed {one}")
    return clips


def _end_of(path: Path, run: Run, own_hz: float) -> tuple[Tensor, Tensor, float]:
    """First half of a window: scaled image, mask of the frames that it fills, and its loudest cell in dB."""
    grid = run.recipe.grid
    needed = grid.clip_samples // 2 + grid.lead
    audio, _ = read_audio(path, own_hz, last_s=needed / own_hz + _MARGIN_S)
    if len(audio) < needed:
        raise InputError(
            f"'{path}' lasts {len(audio) / own_hz:.2f} s, but {needed / own_hz:.2f} s of it are to be gone "
            "on from: give a longer file"
        )
    window = np.zeros(grid.samples, np.float32)
    window[:needed] = audio[-needed:, 0]
    seen = magnitudes(torch.from_numpy(window)[None], grid)
    frames = (needed - grid.n_fft) // grid.hop + 1  # those that lie within the file
    if float(loudest := seen[..., :frames].max()) < SILENCE:
        raise InputError(f"'{path}' ends in silence: cut it where its music ends")
    reference_db = 20 * float(torch.log10(loudest))
    mask = torch.zeros(1, 1, 1, grid.frames)
    mask[..., :frames] = 1
    return run.scaler.scale(seen, reference_db=reference_db)[:, None], mask, reference_db


def _tempo(path: Path, bpm: float | None) -> float:
    """Tempo of a file: as given, or as the JSON of a loop says."""
    if bpm is not None:
        return bpm
    try:
        return float(json.loads(path.with_suffix(".json").read_bytes())["bpm"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"the tempo of '{path}' is not known: give --bpm") from None
