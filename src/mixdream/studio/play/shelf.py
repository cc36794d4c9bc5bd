"""Shelf: the loops that a studio knows: files of its pads, the project's pack, and morphs not kept yet."""

import hashlib
import json
import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile
from pydantic import BaseModel, Field

from mixdream.errors import InputError
from mixdream.files import write_json
from mixdream.generation.loops import Finished, Loop, LoopPlan, write_finished
from mixdream.project_folder import ProjectFolder

Content = TypeVar("Content")

PADS_FOLDER = "pads"
IN_MEMORY = 32
"""Morphs that are remembered; of those before only what they were made from."""

MORPHS = 10_000
"""Morphs of which that is known: what is dragged in an hour without a pause, 20 MB."""


class Facts(BaseModel):
    """What a studio reads of a loop's JSON, which says more."""

    bpm: float = Field(gt=0)
    bars: int = Field(gt=0)
    seed: int
    run: str
    run_folder: str | None
    checkpoint: str
    key: str | None = None
    camelot: str | None = None
    transpose: int = 0
    pitch: str | None = None
    seconds: float = 0.0
    trained_s: float | None = None
    descriptors: dict[str, float] | None = None

    @property
    def model(self) -> str:
        """Id of the model that made it."""
        return "bundled" if self.run_folder is None else f"{self.run}/{self.checkpoint}"


@dataclass(frozen=True)
class Made:
    """A loop that was just made: as the model made it, and as it is heard."""

    plan: LoopPlan
    loop: Loop
    finished: Finished

    @property
    def id(self) -> str:
        """Name of its file, where it has one."""
        return self.finished.name


@dataclass(frozen=True)
class Shelved:
    """A loop that the studio knows; without a file it is a morph that was not kept."""

    id: str
    about: dict[str, Any]  # what its JSON says
    facts: Facts
    file: Path | None

    @property
    def version(self) -> str:
        """Tells loops of one name apart: a pack that is made anew, another project on the same port."""
        made_by = f"{self.facts.run_folder} {self.facts.checkpoint}"
        return hashlib.sha256(made_by.encode(errors="surrogateescape")).hexdigest()[:12]


class Shelf:
    """Loops by their ids, which are the names of their files.

    An id that a page sends is looked for as the name of a file in the two folders, and nowhere else.
    """

    def __init__(self, project: ProjectFolder) -> None:
        self._project = project
        self.pads = project.loops / PADS_FOLDER
        self._lock = threading.Lock()
        self._morphs: OrderedDict[str, Made] = OrderedDict()
        self._morphed: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._read: dict[Path, tuple[int, Shelved | None]] = {}

    def find(self, loop_id: str) -> Shelved | None:
        """Look for a loop."""
        for folder in (self.pads, self._project.loops):
            if file := _file_of(loop_id, folder):
                return self._shelved(file)
        with self._lock:
            about = self._morphed.get(loop_id)
        return None if about is None else Shelved(loop_id, about, Facts.model_validate(about), None)

    def get(self, loop_id: str) -> Shelved:
        """Find a loop that must be there; InputError where it is not."""
        found = self.find(loop_id)
        if found is None:
            raise InputError(f"there is no loop '{loop_id}': its file is gone, or was never there")
        return found

    def pack(self) -> list[str]:
        """Ids of the project's pack."""
        loops = self._project.loops
        return [name for name in sorted(_names(loops)) if self._shelved(loops / f"{name}.wav")]

    def audio(self, loop_id: str) -> tuple[np.ndarray, int]:
        """Left and right of one period, shape (2, samples), and their rate.

        Raises
        ------
        InputError
            No such loop, a file that cannot be read, or a morph that was forgotten.
        """
        shelved = self.get(loop_id)
        if shelved.file is None:
            made = self._morph(loop_id)
            return in_stereo(made.finished.audio), made.plan.wish.rate_hz
        return read_audio(shelved.file)

    def is_at_hand(self, loop_id: str) -> bool:
        """Whether there is audio of a morph, in memory or because it was kept."""
        with self._lock:
            if loop_id in self._morphs:
                self._morphs.move_to_end(loop_id)
                return True
        return _file_of(loop_id, self.pads) is not None

    def is_taken(self, start: str) -> bool:
        """Whether the name of a loop begins so."""
        with self._lock:
            names = [*self._morphed]
        names += [*_names(self.pads), *_names(self._project.loops)]
        return any(name.startswith(start) for name in names)

    def remember(self, made: Made) -> None:
        """Know a morph without a file."""
        with self._lock:
            _remember(self._morphed, made.id, made.finished.about, MORPHS)
            _remember(self._morphs, made.id, made, IN_MEMORY)

    def write(self, made: Made) -> str:
        """Write a loop for a pad; return its id."""
        write_finished(made.plan, made.finished, self.pads, {})
        return made.id

    def keep(self, loop_id: str) -> str:
        """Make sure that a loop stays; return the id that it has from then on.

        A morph is written. A loop of the pack gets a second name, with its checkpoint in it: `dream` moves
        the pack away when it makes another one.

        Raises
        ------
        InputError
            No such loop, or a morph that was forgotten.
        """
        shelved = self.get(loop_id)
        if shelved.file is None:
            return self.write(self._morph(loop_id))
        if shelved.file.parent == self.pads:
            return loop_id
        target = self.pads / f"{self.kept_id(shelved)}.wav"
        if not target.exists():
            self.pads.mkdir(parents=True, exist_ok=True)
            write_json(target.with_suffix(".json"), shelved.about)
            _link(shelved.file, target)
        return target.stem

    def kept_id(self, shelved: Shelved) -> str:
        """Id under which `keep` keeps a loop."""
        if shelved.file is None or shelved.file.parent == self.pads:
            return shelved.id
        return named_with_checkpoint(shelved.id, shelved.facts.run, shelved.facts.checkpoint)

    def note(self, loop_id: str, likeness: dict[str, Any]) -> None:
        """Add to the JSON of a loop what it is near to."""
        if (shelved := self.find(loop_id)) is not None and shelved.file is not None:
            write_json(shelved.file.with_suffix(".json"), shelved.about | likeness)

    def _morph(self, loop_id: str) -> Made:
        """A morph that is in memory still; InputError where it is not."""
        with self._lock:
            made = self._morphs.get(loop_id)
        if made is None:
            raise InputError(f"the morph '{loop_id}' is forgotten by now: move there again")
        return made

    def _shelved(self, file: Path) -> Shelved | None:
        """A loop with a file; None where the JSON beside it is gone or damaged."""
        beside = file.with_suffix(".json")
        try:
            changed_ns = beside.stat().st_mtime_ns
            if (known := self._read.get(file)) and known[0] == changed_ns:
                return known[1]
            about = json.loads(beside.read_bytes())
            shelved = Shelved(file.stem, about, Facts.model_validate(about), file)
        except OSError:
            return None
        except (ValueError, RecursionError):
            shelved = None
        self._read[file] = changed_ns, shelved
        return shelved


def named_with_checkpoint(name: str, run: str, checkpoint: str) -> str:
    """Name of a loop of a run with its checkpoint in it.

    >>> named_with_checkpoint("dream_7_126bpm_Am_8A", "dream", "step-000000120")
    'dream_step-000000120_7_126bpm_Am_8A'
    """
    return f"{run}_{checkpoint}_{name.removeprefix(f'{run}_')}"


def read_audio(file: Path) -> tuple[np.ndarray, int]:
    """Left and right of a loop's file, shape (2, samples), float64, and their rate."""
    try:
        with file.open("rb") as opened:  # soundfile takes no name that is not UTF-8
            audio, rate_hz = soundfile.read(opened)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"the loop {file.name} cannot be read: {error}") from None
    return in_stereo(audio.T), rate_hz


def in_stereo(audio: np.ndarray) -> np.ndarray:
    """Mono, shape (samples,), as left and right, shape (2, samples), which stay as they are."""
    return np.stack([audio, audio]) if audio.ndim == 1 else audio


def _file_of(loop_id: str, folder: Path) -> Path | None:
    """File of a loop in a folder; None where there is none, or the id is no name but a path."""
    file = folder / f"{loop_id}.wav"
    try:
        is_there = file.parent == folder and not loop_id.startswith(".") and file.is_file()
    except (OSError, ValueError):  # too long, or what no name can hold
        return None
    return file if is_there else None


def _remember(known: OrderedDict[str, Content], key: str, value: Content, most: int) -> None:
    """Keep the latest of what is known."""
    known[key] = value
    known.move_to_end(key)
    while len(known) > most:
        known.popitem(last=False)


def _names(folder: Path) -> set[str]:
    """Names of the loops in a folder, without their ends."""
    try:
        return {path.stem for path in folder.iterdir() if path.suffix == ".wav" and path.name[0] != "."}
    except OSError:
        return set()


def _link(file: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the disk has no such thing."""
    try:
        target.hardlink_to(file)
    except OSError:
        temporary = target.with_name(f".{target.name}.partial")
        shutil.copyfile(file, temporary)
        temporary.replace(target)
