"""The page of a project: its loops to hear and see, what they are near to, and how they came about."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from mixdream.analysis.voice import Voice
from mixdream.audio.resample import resample_loop
from mixdream.corpus.beat_windows import BEATS_PER_BAR
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.files import write_atomically
from mixdream.pages.media import Sound, data_url, flac_url, frequency_ticks, spectrogram_url
from mixdream.pages.render import render_page
from mixdream.progress import clock
from mixdream.recipes.windows import training_windows
from mixdream.runs.run import FIGURES_FOLDER, SAMPLES_FOLDER, Run
from mixdream.runs.tempo import playing_tempo

_RATE_HZ = 44_100
_CHECK_UPS, _SEEDS = 4, (0, 1)  # that the page shows
_REAL = 4  # moments of the music beside them
_NAMED = 5  # sets that the title names
_NOTES = {
    "Loops": "Seamless and whole bars long; nearest to: the moment of your music that is most like it.",
    "How it grew": "The same two seeds at some check-ups of the training.",
    "Your music, through the same grid": "Real bars as the best model on this grid would sound: what is "
    "missing here no training brings.",
}


def write_project_page(
    path: Path, run: Run, corpus: Corpus, loops: Sequence[dict[str, Any]], info: dict[str, Any]
) -> None:
    """Write the page, self-contained: it can be mailed and opened from a disk.

    ``loops`` is what the JSON files of the loops say, with ``file``; ``info`` what ``run.json`` says, or
    would say of a training that goes on.
    """
    recipe = run.recipe
    bpm, speed = playing_tempo(run)
    highest_hz = recipe.grid.rate_hz / 2 * speed
    sounds = (
        [_loop_sound(loop, highest_hz) for loop in loops],
        _check_up_sounds(run, highest_hz),
        _real_sounds(run, corpus) if loops else [],  # not at every check-up anew
    )
    names = [record.name for record in corpus.sets]
    losses = run.folder / FIGURES_FOLDER / "losses.png"
    folder = shlex.quote(str(run.folder))
    page = render_page(
        "mixdream.pages",
        "project.html",
        title=f"What mixdream dreamt of {', '.join(names) if len(names) <= _NAMED else f'{len(names)} sets'}",
        sentences=_verdicts(info, loops),
        sections=[
            {"heading": heading, "note": note, "sounds": of_section}
            for (heading, note), of_section in zip(_NOTES.items(), sounds, strict=True)
            if of_section
        ],
        facts={
            "Learnt from": f"{clock(corpus.seconds)} of {len(names)} set(s): {info['windows']:,} windows "
            f"of {recipe.windows.beats} beats",
            "Tempo": f"{bpm:g} BPM",
            "Recipe": f"{recipe.name}: {recipe.about}",
            "Training": f"{info['steps']:,} steps in {clock(info['seconds'])} on "
            f"{info['machine']['cores']} cores",
            "Inversion": recipe.inversion,
        },
        losses=data_url("image/png", losses.read_bytes()) if losses.is_file() else None,
        next_commands=[
            f"mixdream dream -o {shlex.quote(str(path.parent))} --minutes 120   # learn for longer",
            f"mixdream pack {folder} -n 16 --seed 1000 -o more-loops",
            f"mixdream mix {folder} --minutes 20 -o mix.flac",
        ],
    )
    write_atomically(path, page)


def read_loop(file: Path) -> dict[str, Any]:
    """What the JSON beside a loop says, with ``file``."""
    return json.loads(file.with_suffix(".json").read_text("utf-8")) | {"file": str(file)}


def _verdicts(info: dict[str, Any], loops: Sequence[dict[str, Any]]) -> list[str]:
    """What the doctor says, and the copy check of the loops that it has judged."""
    sentences = [f"The doctor: {info['doctor']['sentence']}."] if "doctor" in info else []
    judged = [loop["copy"] for loop in loops if "copy" in loop]
    if judged:
        sentences.append(
            f"Of the {len(judged)} loop(s), {sum(judged)} are copies of moments of your music; copies "
            "are left out where there are others. Of real music up to 2 in 100 are called copies of other "
            "tracks."
        )
    return sentences


def _loop_sound(loop: dict[str, Any], highest_hz: float) -> Sound:
    # Loops of older projects have no Camelot code.
    key = " ".join(filter(None, (loop["key"], loop.get("camelot")))) or "no key"
    title = f"{loop['bpm']:g} BPM, {key}, {loop['bars']} bars"
    note = f"seed {loop['seed']}"
    if nearest := loop.get("nearest"):
        note += f", nearest to {nearest['set']} at {nearest['time']}{', a copy' if loop.get('copy') else ''}"
    return _file_sound(loop, title, note, highest_hz)


def _check_up_sounds(run: Run, highest_hz: float) -> list[Sound]:
    """Loops that were rendered at some of the check-ups, spread evenly over them."""
    rendered = [folder for folder in sorted((run.folder / SAMPLES_FOLDER).glob("step-*")) if folder.is_dir()]
    if not rendered:
        return []
    return [
        _file_sound(loop, f"After {clock(loop['trained_s'])}", f"seed {loop['seed']}", highest_hz)
        for row in spread(len(rendered), _CHECK_UPS)
        for loop in map(read_loop, sorted(rendered[row].glob("*.flac")))
        if loop["seed"] in _SEEDS
    ]


def _real_sounds(run: Run, corpus: Corpus) -> list[Sound]:
    """Bars of the music as the best model on this grid would sound, with the moments that they are from."""
    grid, beats = run.recipe.grid, run.recipe.windows.beats or 0
    bpm, speed = playing_tempo(run)
    windows = training_windows(run.recipe, corpus)
    rows = spread(len(windows), _REAL + 2)[1:-1]
    moments = [windows.where(row) for row in rows]
    voice = Voice(grid, run.scaler, run.recipe.inversion)
    heard, _ = voice.passed(windows.read(rows, mono=False), [name for name, _ in moments])
    samples = round(beats * 60 / (bpm or 120) * _RATE_HZ)
    return [
        _sound(
            resample_loop(audio.T, samples).T,
            _RATE_HZ,
            f"{name} at {clock(seconds)}",
            "real",
            grid.rate_hz / 2 * speed,
            beats // BEATS_PER_BAR,
        )
        for audio, (name, seconds) in zip(heard, moments, strict=True)
    ]


def _file_sound(loop: dict[str, Any], title: str, note: str, highest_hz: float) -> Sound:
    with Path(loop["file"]).open("rb") as file:  # soundfile takes no name that is not UTF-8
        audio, rate_hz = soundfile.read(file)
    return _sound(audio, rate_hz, title, note, highest_hz, loop["bars"])


def _sound(audio: np.ndarray, rate_hz: int, title: str, note: str, highest_hz: float, bars: int) -> Sound:
    """Player of a loop with a spectrogram up to a frequency and a line at each bar.

    Its shape is (samples,) or (samples, channels).
    """
    highest_hz = min(highest_hz, rate_hz / 2)
    return Sound(
        title,
        flac_url(audio, rate_hz),
        spectrogram_url(audio if audio.ndim == 1 else audio.mean(axis=1), rate_hz, highest_hz, loop=True),
        note,
        True,
        frequency_ticks(highest_hz),
        tuple(round(100 * bar / bars, 2) for bar in range(1, bars)),
    )
