"""Sources: where the sets of a project come from, as its owner dropped and named them."""

import json
import os
import shutil
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mixdream.corpus.missing import is_below, source_exists
from mixdream.corpus.playlists import is_address, read_list
from mixdream.corpus.remove import remove_sets
from mixdream.corpus.sources import list_sources, source_path, source_text
from mixdream.corpus.store import CorpusIndex, SetRecord, read_index
from mixdream.errors import InputError
from mixdream.files import valid_text, write_json
from mixdream.project_folder import ProjectFolder
from mixdream.studio.jobs.jobs import OWN_FOLDER


class Sources:
    """The ``sets/`` of a project, and files and folders elsewhere that were named.

    ``.studio/sources.json`` keeps what was ``named``, and files in named folders that were ``removed``.
    """

    def __init__(self, project: ProjectFolder) -> None:
        self._project = project
        self._lock = threading.Lock()  # pages ask at the same time
        self.file = project.folder / OWN_FOLDER / "sources.json"

    @property
    def named(self) -> list[str]:
        """Files and folders elsewhere, as text."""
        return self._read()["named"]

    def name(self, path: str) -> None:
        """Take in a file or a folder that lies elsewhere.

        Raises
        ------
        InputError
            It is not there, no path from the root of the disk, or the project is in it.
        """
        if is_address(path):
            raise InputError(f"'{path}' is an address, not a file: download it first, then name the file")
        if "\x00" in path or not path.strip():
            raise InputError("name a file or a folder, as in /home/me/sets")
        place = source_path(path).expanduser()
        if not place.is_absolute():
            raise InputError(f"'{path}' is no whole path: name it from the root, as in /home/me/sets")
        place = Path(os.path.abspath(place))  # noqa: PTH100 - links keep the name that the user knows
        if not place.exists():
            raise InputError(f"'{path}' does not exist: is it mistyped?")
        own = self._project.folder.resolve()
        if own.is_relative_to(place.resolve()) or place.resolve().is_relative_to(own):
            raise InputError(f"'{path}' is the project itself, or holds it: name folders that only hold sets")
        text = source_text(place)
        with self._lock:
            kept = self._read()
            named = [*kept["named"], *([] if text in kept["named"] else [text])]
            self._write(named, [source for source in kept["removed"] if not is_below(source, text)])

    def to_read(self) -> list[Path]:
        """What a build is to read: of what is there, and without files that were removed."""
        kept = self._read()
        found: list[Path] = []
        if self._project.sets.is_dir() and any(self._project.sets.iterdir()):
            cue_sheets = filter(self._is_cue_sheet, sorted(self._project.sets.rglob("*")))
            found += [self._project.sets, *cue_sheets]
        for text in kept["named"]:
            path = source_path(text)
            if not source_exists(text):
                continue
            if any(is_below(source, text) for source in kept["removed"]):
                listed = list_sources([path])
                found += [file for file in listed.files if source_text(file) not in kept["removed"]]
            else:
                found.append(path)
        return found

    def _is_cue_sheet(self, path: Path) -> bool:
        """Whether a file that was dropped is a cue sheet that can be read, of files that were dropped."""
        if path.suffix.lower() != ".cue":
            return False
        try:
            named = [entry.path for entry in read_list(path)]
        except InputError:
            return False
        sets = self._project.sets.resolve()
        return all(isinstance(file, Path) and file.resolve().is_relative_to(sets) for file in named)

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What changes whenever files in ``sets/`` do, or what was named is there or not."""
        paths = sorted(self._project.sets.rglob("*")) if self._project.sets.is_dir() else []
        with suppress(InputError):  # the page is told so
            paths += map(source_path, self.named)
        return changed(*paths)

    def missing(self) -> list[str]:
        """What was named and is not there now, such as a drive that is unplugged."""
        return [text for text in self.named if not source_exists(text)]

    def remove(self, name: str) -> None:
        """Remove a set from the corpus, and see to it that the next reading does not take it in again.

        Its file, and others with the same music, are moved from ``sets/`` to ``.studio/removed``: nothing
        that was dropped is deleted. What lies elsewhere stays as it is, and is not read any more until it is
        named again.

        Raises
        ------
        InputError
            There is no such set, or the corpus is being built.
        """
        index = read_index(self._project.corpus)
        gone = {source for record in index.sets if record.name == name for source in _sources(record, index)}
        remove_sets(self._project.corpus, [name])
        with self._lock:
            kept = self._read()
            named = [text for text in kept["named"] if text not in gone]
            removed = set(kept["removed"])
            for source in gone:
                path, sets = source_path(source), Path(os.path.abspath(self._project.sets))  # noqa: PTH100
                if path.is_relative_to(sets):
                    self._put_away(path, path.relative_to(sets))
                elif any(is_below(source, text) for text in named):
                    removed.add(source)
            self._write(named, sorted(removed))

    def _put_away(self, path: Path, below: Path) -> None:
        target = self._project.folder / OWN_FOLDER / "removed" / below
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{below.stem}-{number}{below.suffix}")
        if path.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)  # which may be another disk

    def _read(self) -> dict[str, list[str]]:
        try:
            kept = json.loads(self.file.read_bytes())
            return {key: [str(text) for text in kept[key]] for key in ("named", "removed")}
        except FileNotFoundError:
            return {"named": [], "removed": []}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"'{self.file}' is damaged ({error}): delete it, and name again what lies elsewhere"
            ) from None

    def _write(self, named: Iterable[str], removed: Iterable[str]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.file, {"named": [*map(valid_text, named)], "removed": [*map(valid_text, removed)]})


def changed(*paths: Path) -> tuple[tuple[str, int, int], ...]:
    """When files and folders were changed last, and their bytes; those that are not there are left out."""
    found = []
    for path in paths:
        with suppress(OSError):
            stat = path.stat()
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _sources(record: SetRecord, index: CorpusIndex) -> list[str]:
    """All sources that have the music of a set."""
    content = {record.sha256, record.audio_sha256} - {""}
    alike = [item.source for item in index.duplicates if content & {item.sha256, item.audio_sha256}]
    return [record.source, *record.earlier_sources, *alike]
