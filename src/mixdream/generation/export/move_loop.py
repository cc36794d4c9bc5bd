"""Moving: a finished loop at another tempo, pitch or key."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from mixdream.analysis.key_finder import find_key
from mixdream.audio.level import SILENCE, Level, set_level
from mixdream.generation.clips import write_files
from mixdream.generation.export.loop_file import LoopFile
from mixdream.generation.export.made_of import MADE_OF
from mixdream.generation.pitch import check_transposition, pitch_at, say_tempo_and_key
from mixdream.generation.wish import Wish
from mixdream.runs.tempo import check_bpm
from mixdream.spectrogram.stretch import stretch_loop

_TEMPO_AND_KEY = re.compile(r"_[\d.]+bpm(_[A-G]#?m?(_\d+[AB])?)?$")  # behind the name of a loop's origin
_BEFORE = ("pitch", "transpose", "moved_from")  # what a loop's JSON says of it, if anything


def check_moves(wish: Wish) -> None:
    """Raise InputError for a tempo, transposition or key that cannot be."""
    check_transposition(wish.transpose, wish.key)
    if wish.bpm is not None:
        check_bpm(wish.bpm)


def move_loop(loop: LoopFile, wish: Wish) -> tuple[LoopFile, Level]:
    """Bring a loop to the tempo, and to the transposition or key, of a wish.

    Its pitch is kept, or follows the tempo, as the wish says, see `mixdream.generation.pitch.pitch_at`. It is
    named and brought to a level as a loop is that was generated so; the level is returned, too.
    """
    bpm = wish.bpm or loop.bpm
    pitch = pitch_at(bpm, loop.bpm, wish.pitch)
    samples = round(loop.beats * 60 / bpm * loop.rate_hz)
    natural = samples if pitch == "follow" else loop.audio.shape[-1]
    own_hz = loop.rate_hz * loop.audio.shape[-1] / natural
    found = find_key(np.atleast_2d(loop.audio).mean(axis=0), own_hz, loop=True)
    semitones = wish.semitones(found)
    key = found and found.transposed(semitones)
    played = stretch_loop(loop.audio, samples, natural / 2 ** (semitones / 12), loop.rate_hz)
    audio, level = set_level(played, loop.rate_hz, loop=True)
    heard, end = say_tempo_and_key(bpm, pitch, semitones, key)
    before = {name: loop.origin[name] for name in _BEFORE if name in loop.origin}
    moved_from = {"file": loop.path.name, "bpm": loop.bpm, "key": loop.key} | before
    moved = replace(
        loop,
        path=loop.path.with_name(f"{_TEMPO_AND_KEY.sub('', loop.path.stem)}_{end}.{loop.form}"),
        audio=audio,
        bpm=bpm,
        key=heard["key"],
        origin=loop.origin | heard | {"moved_from": moved_from},
    )
    return moved, level


def moved_paths(loop: LoopFile, folder: Path) -> list[Path]:
    """File of a loop that was moved, and the JSON beside it."""
    return [folder / f"{loop.path.stem}.{suffix}" for suffix in (loop.form, "json")]


def is_moved_from(path: Path, source: Path) -> bool:
    """Whether the JSON beside a file says that it was made by moving a loop of the source's name."""
    try:
        return bool(json.loads(path.with_suffix(".json").read_bytes())["moved_from"]["file"] == source.name)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


def write_moved(loop: LoopFile, level: Level, folder: Path) -> str:
    """Write a loop that `move_loop` moved, with its JSON; return its file."""
    wish = Wish(rate_hz=loop.rate_hz, form=loop.form)
    silent = bool(np.abs(loop.audio).max() < SILENCE)
    about = {**loop.origin, **asdict(level), "silent": silent, MADE_OF: loop.identity}
    return str(write_files(folder, loop.path.stem, loop.audio, wish, about, loop.info)["file"])
