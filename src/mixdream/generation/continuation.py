"""Continuations: a file's last bars, and what a model makes of them next."""

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mixdream.analysis.descriptors import describe
from mixdream.audio.decode import read_audio
from mixdream.audio.level import SILENCE
from mixdream.errors import InputError
from mixdream.generation.clips import Clip, plan_clips, resample, write_levelled
from mixdream.generation.origin import ConditionedSeed, name_of
from mixdream.generation.wish import Wish
from mixdream.models.flow import Flow
from mixdream.models.latent_flow import LatentFlow
from mixdream.progress import Report, silent
from mixdream.runs.conditions import no_conditions
from mixdream.runs.noise import draw_noise, encode_told
from mixdream.runs.run import Run
from mixdream.runs.tempo import playing_tempo
from mixdream.spectrogram.images import image_magnitudes, images_of
from mixdream.spectrogram.transform import magnitudes

_MARGIN_S = 0.1  # before what is gone on from, so that the resampler has settled


def continue_file(
    run: Run, path: Path, folder: Path, wish: Wish, report: Report = silent
) -> list[dict[str, Any]]:
    """Go on from the end of a file, in as many ways as are wished for.

    The last bars of the file fill the first half of a window; the model makes the second half from noise, and
    is shown the first one, with as much noise, at each of its steps (Lugmayr et al. 2022, "RePaint", without
    going back). The clip has both halves, so that it can be heard as one.

    Parameters
    ----------
    run : Run
        Of a model that has a flow.
    path : Path
        Of any format; where the run's windows are bars, it ends where a bar does.
    folder : Path
        Gets ``<run>_<file>+<seed>.wav``, with what is asked for behind the seed, and ``.json``, which says
        where the new part begins. What that says is returned, with ``file``.
    wish : Wish
        ``bpm`` is the tempo of the file; unless given, what the JSON beside it says.
        For ``ask`` see `mixdream.runs.conditions.Conditions.for_continuation`.

    Raises
    ------
    InputError
        A model that cannot go on from a file, a file that is too short, silent or of unknown tempo, or music
        that the run cannot make.
    """
    recipe, grid = run.recipe, run.recipe.grid
    if recipe.model.family not in ("flow", "latent-flow"):
        raise InputError(
            f"{run.folder} cannot go on from a file: its model makes whole clips at once; train one that has "
            "a flow, such as the recipe 'cpu'"
        )
    bpm, speed = playing_tempo(run, wish.bpm if recipe.tempo_bpm is None else _tempo(path, wish.bpm))
    plan = plan_clips(run, wish)
    assert isinstance(plan.generator, Flow | LatentFlow)
    if not wish.ask.is_open and run.conditions is None:
        raise no_conditions()
    known, columns, reference_db = _end_of(path, run, grid.rate_hz * speed)
    encoded: Tensor | None = None
    if run.conditions is not None:
        heard = image_magnitudes(known, grid, run.scaler)[..., : columns * grid.fold]
        told = run.conditions.for_continuation(describe(heard, grid)[0].numpy(), wish.ask)
        encoded = encode_told(recipe, run.conditions, told, wish.ask)
    asked = wish.ask.model_dump(exclude_none=True)
    clips = []
    for seed in range(wish.seed, wish.seed + wish.count):
        with torch.no_grad():
            image = plan.generator.go_on(draw_noise(recipe, seed, encoded), known, columns)
        middle, side = plan.sound_of(image, seed, grid, reference_db=reference_db)
        clip = Clip(seed, middle, side=side)
        audio = resample(clip.channels, grid.rate_hz * speed, wish.rate_hz)
        about = {
            **run.about(plan.checkpoint),
            "continues": {"file": path.name, "seed": seed, "new_from_s": len(audio) / wish.rate_hz / 2},
            **asked,
            **({} if bpm is None else {"bpm": bpm}),
            "inversion": plan.inversion,
        }
        origin = ConditionedSeed(seed=seed, **asked) if asked else seed
        name = f"{run.name}_{path.stem}+{name_of(origin)}"
        clips.append(write_levelled(folder, name, audio, wish, about))
        report(len(clips) / wish.count, f"seed {seed}")
    return clips


def _end_of(path: Path, run: Run, own_hz: float) -> tuple[Tensor, int, float]:
    """First half of a window as an image, the columns that it fills, and its loudest cell in dB."""
    grid = run.recipe.grid
    needed = grid.clip_samples // 2 + grid.lead
    audio, _ = read_audio(path, own_hz, grid.channels, last_s=needed / own_hz + _MARGIN_S)
    if len(audio) < needed:
        raise InputError(
            f"'{path}' lasts {len(audio) / own_hz:.2f} s, but {needed / own_hz:.2f} s of it are to be gone "
            "on from: give a longer file"
        )
    window = torch.zeros(1, grid.samples, grid.channels)
    window[0, :needed] = torch.from_numpy(audio[-needed:])
    frames = (needed - grid.n_fft) // grid.hop + 1  # those that lie within the file
    loudest = float(magnitudes(window.mean(2), grid)[..., :frames].max())
    if loudest < SILENCE:
        raise InputError(f"'{path}' ends in silence: cut it where its music ends")
    reference_db = 20 * math.log10(loudest)
    heard = window if grid.channels == 2 else window[..., 0]
    known = images_of(heard, grid, run.scaler, reference_db=reference_db)
    return known, frames // grid.fold, reference_db


def _tempo(path: Path, bpm: float | None) -> float:
    """Tempo of a file: as given, or as the JSON of a loop says."""
    if bpm is not None:
        return bpm
    try:
        return float(json.loads(path.with_suffix(".json").read_bytes())["bpm"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"the tempo of '{path}' is not known: give --bpm") from None
