"""Loops on the disk: a file that mixdream wrote, read again with what its JSON says."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import soundfile
from pydantic import BaseModel, Field, ValidationError

from mixdream.analysis.key import Key
from mixdream.audio.loop_chunks import MIDDLE_C, LoopInfo
from mixdream.audio.write import AudioFormat
from mixdream.errors import InputError, first_problem
from mixdream.generation.export.made_of import MADE_OF

_FORMATS = (".wav", ".flac")
_OF_THE_FILE = (  # what a JSON says of its own file alone, not of what is made of it
    *("gain_db", "limited_db", "loudness_lufs", "true_peak_dbtp", "silent", "seam", "pulse_db", "on_beat"),
    *("nearest", "similarity", "copy", "rate_hz", "channels", "samples", "seconds", "mixdream", MADE_OF),
)


class _Facts(BaseModel):
    """What is read of a loop's JSON."""

    bpm: Annotated[float, Field(ge=20, le=1000)]
    beats: Annotated[int, Field(gt=0)]
    key: str | None = None


@dataclass(frozen=True)
class LoopFile:
    """A loop that was written, and read again.

    Attributes
    ----------
    audio : ndarray, shape (samples,) or (2, samples), float64
        One period.
    origin : dict
        What its JSON says of where it comes from, and of its tempo and key.
    """

    path: Path
    audio: np.ndarray
    rate_hz: int
    bpm: float
    beats: int
    key: str | None
    origin: dict[str, Any]

    @property
    def form(self) -> AudioFormat:
        """Format of the file."""
        return cast(AudioFormat, self.path.suffix[1:])

    @property
    def identity(self) -> str:
        """Tells loops of one name apart, by where they come from."""
        facts = json.dumps([self.path.name, self.origin], sort_keys=True)
        return sha256(facts.encode()).hexdigest()[:16]

    @property
    def info(self) -> LoopInfo:
        """What the chunks of its file say."""
        return LoopInfo(self.bpm, self.beats, MIDDLE_C + Key.parse(self.key).tonic if self.key else None)


def find_loops(sources: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Loops among files and the files in folders, and why other files in the folders are none.

    Raises
    ------
    InputError
        A file that is no loop of mixdream, a folder without any, or two loops of one name.
    """
    loops: dict[Path, None] = {}
    passed_over: list[str] = []
    for source in sources:
        if not source.is_dir():
            _facts(source)
            loops[source] = None
            continue
        there = sorted(path for path in source.iterdir() if path.suffix in _FORMATS and path.name[0] != ".")
        problems = {path: problem for path in there if (problem := _problem(path))}
        if len(problems) == len(there):
            found = next(iter(problems.values()), f"there is no {' or '.join(_FORMATS)} file in it")
            raise InputError(f"'{source}' has no loop: {found}")
        passed_over += problems.values()
        loops.update(dict.fromkeys(path for path in there if path not in problems))
    names: dict[str, Path] = {}
    for path in loops:
        if (other := names.setdefault(path.stem, path)) != path:
            raise InputError(f"'{other}' and '{path}' would be written under one name: export them apart")
    return list(loops), passed_over


def read_loop(path: Path) -> LoopFile:
    """Read a loop, 24-bit WAV or FLAC with its JSON beside it.

    Raises
    ------
    InputError
        Not a loop of mixdream, or not as long as its JSON says.
    """
    about, facts = _facts(path)
    try:
        with path.open("rb") as file:  # soundfile takes no name that is not UTF-8
            audio, rate_hz = soundfile.read(file)
    except soundfile.LibsndfileError as error:
        raise InputError(f"'{path}' cannot be read: {error.error_string}") from None
    expected = round(facts.beats * 60 / facts.bpm * rate_hz)
    if abs(len(audio) - expected) > 1:
        raise InputError(
            f"'{path}' has {len(audio)} samples, but {facts.beats} beats at {facts.bpm:g} BPM are "
            f"{expected}: it was changed, generate it anew"
        )
    origin = {name: value for name, value in about.items() if name not in _OF_THE_FILE}
    return LoopFile(path, audio.T, rate_hz, facts.bpm, facts.beats, facts.key, origin)


def _problem(path: Path) -> str | None:
    """Why a file is no loop."""
    try:
        _facts(path)
    except InputError as error:
        return str(error)
    return None


def _facts(path: Path) -> tuple[dict[str, Any], _Facts]:
    """What the JSON beside a loop says."""
    if path.suffix not in _FORMATS or not path.is_file():
        raise InputError(
            f"'{path}' is no loop: give {' or '.join(_FORMATS)} files of mixdream, or their folder"
        )
    beside = path.with_suffix(".json")
    try:
        about = json.loads(beside.read_bytes())
        if not isinstance(about, dict) or "run" not in about:
            raise InputError(f"'{beside}' does not say how mixdream made the clip")
        if "stem" in about:
            raise InputError(f"'{path}' is a stem: export the loop that it is of")
        if "beats" not in about:
            raise InputError(f"'{path}' is a clip of seconds: only loops have beats to export by")
        return about, _Facts.model_validate(about)
    except FileNotFoundError:
        raise InputError(
            f"'{path}' has no {beside.name} beside it that says its tempo: keep them together"
        ) from None
    except ValidationError as error:
        raise InputError(f"'{beside}' does not describe a loop: {first_problem(error)}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"'{beside}' is no JSON: {error}") from None
