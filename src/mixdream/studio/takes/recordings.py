"""Recordings: performances kept with all that it takes to render them, and what they became."""

import json
import re
import threading
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, ValidationError

from mixdream.audio.limiter import StreamLimiter
from mixdream.audio.write import write_blocks
from mixdream.errors import InputError, first_problem
from mixdream.files import write_atomically, write_json
from mixdream.generation.clips import tags_of
from mixdream.generation.tracklist import beside
from mixdream.progress import Report, silent
from mixdream.project_folder import ProjectFolder
from mixdream.studio.hub import Hub
from mixdream.studio.play.maker import Maker
from mixdream.studio.play.play_state import RATE_HZ, Pitch, bpm_of
from mixdream.studio.play.played import play_loop
from mixdream.studio.play.shelf import Facts, Shelf, Shelved, in_stereo, read_audio
from mixdream.studio.sets.sources import changed
from mixdream.studio.takes.performance import Performance, lines_of
from mixdream.studio.takes.rendering import PlayedAudio, render

TAKES_FOLDER = "takes"

LEVEL = 0.7**2
"""Gain of all: that of a page whose volume was not moved, -6 dB, room for four loops at once."""

_NAME = re.compile(r"[\w()+,'&-][\w()+,'& .-]{0,59}")
_ENDS = (".wav", ".flac", ".txt", ".cue", ".json")
_IN_MEMORY = 64  # played loops, while a recording is rendered


class Recording(Performance):
    """Content of ``NAME.json``: what was done, what the JSON files of its loops say, and what it became."""

    loops: dict[str, dict[str, Any]] = Field(default_factory=dict)
    rendered: dict[str, Any] | None = None  # what `render_recording` returned


class Recordings:
    """Recordings and mixes of a project; what changes is told as topic ``recordings``."""

    def __init__(self, project: ProjectFolder, shelf: Shelf, hub: Hub) -> None:
        self.folder = project.loops / TAKES_FOLDER
        self._shelf, self._hub = shelf, hub
        self._known: dict[Path, tuple[int, tuple[float, bool]]] = {}
        self._saving = threading.Lock()

    def save(self, performance: Performance, name: str | None) -> str:
        """Keep what was played, before anything can become of it; return the name that it has.

        Of morphs that have no file it is kept how they are made. InputError for a name that cannot be.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        ids = {event.loop for event in performance.events} - {None}
        found = {loop_id: self._shelf.find(loop_id) for loop_id in sorted(filter(None, ids))}
        loops = {loop_id: shelved.about for loop_id, shelved in found.items() if shelved is not None}
        content = performance.model_dump(exclude_defaults=True) | {"loops": loops}
        with self._saving:  # two at once must not get one name
            name = self.free_name(name, "recording")
            write_json(self.folder / f"{name}.json", content)
        self.publish()
        return name

    def free_name(self, wanted: str | None, kind: str) -> str:
        """Name that no recording has yet: the one that is wanted, or with a number behind it."""
        if wanted is not None:
            wanted = unicodedata.normalize("NFC", wanted).strip()
            if not _NAME.fullmatch(wanted) or wanted.endswith("."):
                raise InputError(
                    f"'{wanted}' cannot be the name of a recording: up to 60 letters, digits, spaces and "
                    "()+,'&.- can"
                )
        taken = {Path(name).stem for name in self._names()}
        stem, number = wanted or f"{kind}-1", 1
        while stem in taken:
            number += 1
            stem = f"{wanted or kind}-{number}"
        return stem

    def file(self, name: str) -> Path | None:
        """A file of the folder by its name."""
        return self.folder / name if name in self._names() else None

    def publish(self) -> None:
        """Tell all pages."""
        self._hub.publish("recordings", self.content())

    def stamp(self) -> object:
        """What changes with the folder, and with a file in it that was looked at before it was whole."""
        return changed(*(self.folder / name for name in self._names()))

    def content(self) -> dict[str, Any]:
        """What pages are told, the newest last."""
        names = self._names()
        told = []
        for name in names:
            path = self.folder / name
            if path.suffix == ".json" and (known := self._read(path)) is not None:
                seconds, was_played = known
                files = [other for other in names if Path(other).stem == path.stem and other != name]
                state = (
                    "rendered" if any(Path(file).suffix in (".wav", ".flac") for file in files) else "played"
                )
                kind = "recording" if was_played else "mix"
                told.append(
                    {"name": path.stem, "kind": kind, "seconds": seconds, "state": state, "files": files}
                )
        return {"recordings": told}

    def _read(self, path: Path) -> tuple[float, bool] | None:
        """Seconds of the recording or mix of a JSON file, and whether it is a recording; None if damaged."""
        try:
            changed_ns = path.stat().st_mtime_ns
            if (known := self._known.get(path)) and known[0] == changed_ns:
                return known[1]
            about = json.loads(path.read_bytes())
            found = about["samples"] / about.get("rate_hz", RATE_HZ), "events" in about
        except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            return None
        self._known[path] = changed_ns, found
        return found

    def _names(self) -> list[str]:
        try:
            files = [path for path in self.folder.iterdir() if path.suffix in _ENDS and path.name[0] != "."]
            return [
                path.name for path in sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))
            ]
        except OSError:
            return []


def render_recording(project: ProjectFolder, name: str, report: Report = silent) -> dict[str, Any]:
    """Write ``NAME.wav`` of a recording, 24 bit and limited, with a tracklist and a cue sheet beside it.

    Returns
    -------
    dict
        ``file``, ``seconds``, ``true_peak_dbtp`` (None for silence), ``limited_db``, and ``missing``: loops
        that are gone and cannot be made again, which are not heard.

    Raises
    ------
    InputError
        The recording is gone or damaged.
    """
    path = project.loops / TAKES_FOLDER / f"{name}.json"
    recording = read_recording(path)
    missing: set[str] = set()
    played = played_again(project, recording.loops, missing.add)
    limiter = StreamLimiter(RATE_HZ)
    blocks = limiter.limit(LEVEL * block for block in render(recording, played, report))
    wav, bpm = path.with_suffix(".wav"), bpm_of(recording.bar_samples)
    write_blocks(wav, blocks, recording.samples, RATE_HZ, tags=tags_of(name, {"bpm": bpm}), channels=2)
    for other, content in beside({"bpm": bpm, "sections": _sections(recording)}, wav):
        write_atomically(other, content)
    rendered = {
        "file": wav.name,
        "seconds": recording.samples / RATE_HZ,
        "true_peak_dbtp": 20 * float(np.log10(limiter.true_peak)) if limiter.true_peak else None,
        "limited_db": limiter.limited_db,
        "missing": sorted(missing),
    }
    write_json(path, recording.model_dump(exclude_defaults=True) | {"rendered": rendered})
    return rendered


def to_render(project: ProjectFolder) -> list[str]:
    """Names of recordings that were never rendered, the oldest first."""
    files = sorted((project.loops / TAKES_FOLDER).glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    names = []
    for path in files:
        with suppress(InputError):  # a mix, or damaged
            if read_recording(path).rendered is None:
                names.append(path.stem)
    return names


def read_recording(path: Path) -> Recording:
    """Read a recording; InputError where that cannot be."""
    try:
        return Recording.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise InputError(f"the recording '{path.stem}' cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        reason = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(f"the recording '{path.stem}' is damaged: {reason}") from None


def played_again(
    project: ProjectFolder, abouts: dict[str, dict[str, Any]], miss: Callable[[str], object]
) -> PlayedAudio:
    """Played loops, from their files or, where there is none, made again from what their JSON says.

    Silence stands for those that cannot be made again; ``miss`` is called for each of them.
    """
    shelf = Shelf(project)
    maker = Maker(project, shelf)

    @lru_cache(_IN_MEMORY)
    def played(loop_id: str, bar_samples: int, pitch: Pitch) -> np.ndarray:
        try:
            shelved = known_loop(shelf, abouts, loop_id)
            if shelved.file is not None:
                audio, rate_hz = read_audio(shelved.file)
            else:
                made = maker.again(shelved)
                audio, rate_hz = in_stereo(made.finished.audio), made.plan.wish.rate_hz
        except InputError:
            miss(loop_id)
            return np.zeros((2, bar_samples), np.float32)
        return play_loop(audio, rate_hz, shelved.facts.bars * bar_samples, pitch)

    return played


def known_loop(shelf: Shelf, abouts: dict[str, dict[str, Any]], loop_id: str) -> Shelved:
    """A loop of a recording: from its file, or as the recording says that it was made.

    InputError where neither is there.
    """
    if (shelved := shelf.find(loop_id)) is not None and shelved.file is not None:
        return shelved
    try:
        about = abouts[loop_id]
        return Shelved(loop_id, about, Facts.model_validate(about), None)
    except (KeyError, ValidationError):
        raise InputError(f"the loop '{loop_id}' is gone, and nothing says how it was made") from None


def first_heard(recording: Recording) -> list[str]:
    """Ids of the loops of a recording, each once, in the order in which they began."""
    return list(dict.fromkeys(loop_id for _, _, loop_id in _begun(recording)))


def _begun(performance: Performance) -> list[tuple[int, int | str, str]]:
    """When a loop began on which voice, those of a scene together.

    Another tempo begins nothing; nor does the way that is dragged on the XY pad, only its first loop.
    """
    begun: list[tuple[int, int | str, str]] = []
    for voice, line in lines_of(performance).items():
        before = ""
        for sound in line.sounds:
            goes_on = sound.continues and (sound.loop == before or (voice == "xy" and before))
            if sound.stop_at > sound.at and not goes_on:
                begun.append((sound.at, voice, sound.loop))
            before = sound.loop
    return sorted(begun, key=lambda one: one[0])


def _sections(recording: Recording) -> list[dict[str, Any]]:
    """Which loops began when, as `mixdream.generation.tracklist` has it: those of a scene together."""
    sections = []
    for at, together in groupby(_begun(recording), key=lambda one: one[0]):
        loops = [
            (f"pad {voice + 1}" if isinstance(voice, int) else voice, loop) for _, voice, loop in together
        ]
        start_s = at / RATE_HZ
        phrases = [{"start_s": start_s, **_said(recording.loops.get(loop_id, {}))} for _, loop_id in loops]
        name = ", ".join(title for title, _ in loops)
        sections.append({"name": name, "start_s": start_s, "phrases": phrases})
    return sections


def _said(about: dict[str, Any]) -> dict[str, Any]:
    return {"seed": about.get("seed", "?"), "key": about.get("key"), "camelot": about.get("camelot")}
