"""Hearts as a pack: a ZIP file of loops with their JSON, made as it is sent."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from mixdream.files import valid_text
from mixdream.studio.play.shelf import Shelved

_PART_BYTES = 1 << 18
_FOLDER = "hearts"


class _Outlet:
    """File that cannot be sought in, and whose content is taken out as it comes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take more."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """What came since the last time."""
        content = b"".join(self._parts)
        self._parts.clear()
        return content


def zipped(loops: Iterable[Shelved]) -> Iterator[bytes]:
    """Yield a ZIP file of the loops that have files, without the path of the run in their JSON.

    Audio is stored as it is: packing 24-bit samples gains little and takes time.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as archive:  # type: ignore[call-overload]
        for loop in loops:
            if loop.file is None or not loop.file.is_file():
                continue
            name = f"{_FOLDER}/{valid_text(loop.id)}"
            about = {key: value for key, value in loop.about.items() if key != "run_folder"}
            archive.writestr(f"{name}.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n")
            with loop.file.open("rb") as file, archive.open(_entry(loop.file, name), "w") as entry:
                while part := file.read(_PART_BYTES):
                    entry.write(part)
                    yield outlet.taken()
    yield outlet.taken()


def _entry(file: Path, name: str) -> zipfile.ZipInfo:
    """Entry of the archive with the time of a file."""
    return zipfile.ZipInfo.from_file(file, f"{name}.wav", strict_timestamps=False)
