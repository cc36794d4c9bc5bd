"""Uploads: files that the page sends in parts, gone on with after any break, and whole in ``sets/``."""

import filecmp
import hashlib
import json
import os
import shutil
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from mixdream.errors import InputError
from mixdream.files import flush, write_json
from mixdream.project_folder import ProjectFolder
from mixdream.studio.jobs.jobs import OWN_FOLDER

MOST_PARTS, LONGEST_PART = 16, 240
"""Folders above a file, and bytes of a name."""

BUSY_S = 30.0
"""Time after the last bytes of a file in which no other one of its name takes its place."""

_NO_TEXT = ("Cc", "Cs")  # Unicode's control characters, and halves of characters


@dataclass(frozen=True)
class Upload:
    """A file on its way: where it is to lie in ``sets/``, its bytes, when its owner changed it last."""

    path: str
    size: int
    modified: int


def safe_parts(path: str) -> tuple[str, ...]:
    """Names of the folders and of the file of a relative path, as in ``("mixes", "June.mp3")``.

    Raises
    ------
    InputError
        A path that leads elsewhere, or a name that some file system does not have.
    """
    parts = tuple(path.split("/"))
    if len(parts) > MOST_PARTS or any(len(part.encode("utf-8", "replace")) > LONGEST_PART for part in parts):
        raise InputError(
            f"a path has at most {MOST_PARTS} names of {LONGEST_PART} bytes each, this one is longer"
        )
    for part in parts:
        if not part or part.startswith("."):
            raise InputError(f"'{path}' is not taken: paths are relative, without '..' and hidden files")
        if "\\" in part or any(unicodedata.category(char) in _NO_TEXT for char in part):
            raise InputError("a path with control characters or '\\' is not taken: rename the file")
    if os.name == "nt" and any(":" in part for part in parts):
        raise InputError(f"'{path}' is not taken: names have no ':' here")
    return parts


class Uploads:
    """Files on their way into the ``sets/`` of a project.

    Each is two files in ``.studio/uploads`` until it is whole: its beginning, and what it is to become. So
    what a break of any kind leaves is gone on with, and a build never meets half a file.
    """

    def __init__(self, project: ProjectFolder) -> None:
        self._sets = project.sets
        self._folder = project.folder / OWN_FOLDER / "uploads"
        self._lock = threading.Lock()
        self._whole: dict[Upload, Path] = {}
        for known in list(self._known()):
            if self._have(known) == known.size:  # the server was killed before it was moved
                with suppress(InputError):
                    self._finish(known, self._target(safe_parts(known.path)))

    def add(self, path: str, offset: int, size: int, part: bytes, modified: int = 0) -> int:
        """Add the next bytes of a file, and return how many are there.

        What does not begin where the last bytes ended changes nothing: the answer says where to go on. A
        file of another size, or that was changed since, begins anew (``modified`` is 0 where that is not
        known). The last bytes move it to ``sets/``, under a name with a number where another file has its
        name.

        Raises
        ------
        InputError
            A path that is not taken, see `safe_parts`; more bytes than were said; a disk without room; a file
            beside another one of its name that is just being sent.
        """
        parts = safe_parts(path)
        if size < 0 or offset < 0 or offset + len(part) > size:
            raise InputError(f"'{path}' has {size} bytes, so none from {offset} to {offset + len(part)}")
        upload = Upload(path, size, modified)
        with self._lock:
            if modified and self._is_whole(upload):
                return size  # the answer to its last part was lost
            target = self._target(parts)
            have = self._have(upload)
            if have == 0:
                self._refuse_beside_another(upload)
                self._begin(upload)
            if offset != have:
                return have
            self._append(upload, part)
            have += len(part)
            if have == size:
                self._finish(upload, target)
            return have

    def have(self, path: str, size: int | None = None, modified: int | None = None) -> int:
        """Bytes that are there of a file on its way; 0 where it is another one than of this size and time."""
        safe_parts(path)
        if size is not None and modified and self._is_whole(Upload(path, size, modified)):
            return size
        known = self._read(self._about(path))
        if known is None or size not in (None, known.size) or modified not in (None, known.modified):
            return 0
        return self._have(known)

    def discard(self, path: str) -> None:
        """Forget a file that was on its way."""
        safe_parts(path)
        with self._lock:
            self._about(path).unlink(missing_ok=True)
            self._part(path).unlink(missing_ok=True)

    def states(self) -> list[dict[str, str | int]]:
        """What the page is told of files on their way."""
        return [
            {"path": upload.path, "bytes": self._have(upload), "size": upload.size}
            for upload in self._known()
        ]

    def _known(self) -> Iterator[Upload]:
        for about in sorted(self._folder.glob("*.json")):
            if (upload := self._read(about)) is not None:
                yield upload

    def _have(self, upload: Upload) -> int:
        if self._read(self._about(upload.path)) != upload:
            return 0
        try:
            return self._part(upload.path).stat().st_size
        except OSError:
            return 0

    def _refuse_beside_another(self, upload: Upload) -> None:
        """Two pages that send files of one name would begin anew by turns, for good."""
        known = self._read(self._about(upload.path))
        with suppress(OSError):
            quiet_s = time.time() - self._part(upload.path).stat().st_mtime
            if known not in (None, upload) and quiet_s < BUSY_S:
                raise InputError("another file of this name is just being sent: wait for it, or rename one")

    def _begin(self, upload: Upload) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        room = shutil.disk_usage(self._folder).free
        if upload.size > room:
            raise InputError(
                f"'{upload.path}' has {upload.size / 1e9:.1f} GB, the disk has room for {room / 1e9:.1f} GB: "
                "free some, or name the file where it lies instead"
            )
        self._part(upload.path).write_bytes(b"")
        write_json(self._about(upload.path), asdict(upload))

    def _append(self, upload: Upload, part: bytes) -> None:
        with self._part(upload.path).open("ab") as file:
            file.write(part)
            file.flush()
            os.fsync(file.fileno())

    def _finish(self, upload: Upload, target: Path) -> None:
        part = self._part(upload.path)
        number = 1
        free = target
        while free.exists():
            if free.is_file() and filecmp.cmp(part, free, shallow=False):
                break  # dropped a second time
            number += 1
            free = target.with_name(f"{target.stem}-{number}{target.suffix}")
        free.parent.mkdir(parents=True, exist_ok=True)
        part.replace(free)
        flush(free.parent)
        self._about(upload.path).unlink(missing_ok=True)
        self._whole[upload] = free

    def _is_whole(self, upload: Upload) -> bool:
        """Whether a file came since the start of the server, and still lies there."""
        path = self._whole.get(upload)
        return path is not None and path.exists()

    def _target(self, parts: tuple[str, ...]) -> Path:
        """Place in ``sets/``; InputError where a link leads out of it, or a file is in the way."""
        target = self._sets.joinpath(*parts)
        if not target.parent.resolve().is_relative_to(self._sets.resolve()):
            raise InputError(f"'{'/'.join(parts)}' is not taken: a link leads out of the project")
        for folder in target.parents:
            if folder == self._sets:
                break
            if folder.exists() and not folder.is_dir():
                raise InputError(f"'{folder.name}' is a file in the project, so it cannot be a folder, too")
        return target

    def _about(self, path: str) -> Path:
        return self._folder / f"{_key(path)}.json"

    def _part(self, path: str) -> Path:
        return self._folder / f"{_key(path)}.part"

    def _read(self, about: Path) -> Upload | None:
        try:
            return Upload(**json.loads(about.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None


def _key(path: str) -> str:
    """Name for a path that is short and that every file system has."""
    return hashlib.sha256(path.encode()).hexdigest()[:32]
