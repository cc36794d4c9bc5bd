"""Sources: which files a build is about, and what their sets are called."""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from mixdream.audio.media_files import is_media_file
from mixdream.errors import InputError

_LONGEST_NAME = 80
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(10))})


def find_sources(sources: Iterable[Path | str]) -> list[Path]:
    """List the files of a build: those named, and the media files in folders, at any depth, sorted.

    A file that is named itself is always taken. InputError where there is no file at all.
    """
    files: dict[str, None] = {}
    named = [Path(source) for source in sources]
    for source in named:
        for path in _media_below(source) if source.is_dir() else [source]:
            files[os.path.abspath(path)] = None  # noqa: PTH100 - links keep the name that the user knows
    if not files:
        places = ", ".join(f"'{path}'" for path in named) or "nothing"
        raise InputError(f"no audio or video file in {places}: name files, or folders with files in them")
    return [Path(file) for file in files]


def _media_below(folder: Path) -> list[Path]:
    """Media files of a folder and those below it that are not hidden."""
    files: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += filter(is_media_file, (Path(root, name) for name in names))
    return sorted(files, key=source_text)


def source_text(path: Path) -> str:
    r"""Path as printable text; bytes that are not UTF-8 become ``\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def safe_name(path: Path) -> str:
    """Name of a set from its file's name: any language's letters, nothing a file system objects to.

    >>> safe_name(Path("mixes/Live @ Fabric: 12-05.wav"))
    'Live_@_Fabric_12-05'
    """
    text = unicodedata.normalize("NFC", source_text(Path(path.stem)))
    text = re.sub(r'[\s<>:"/\\|?*\x00-\x1f\x7f]+', "_", text)
    text = "".join(char for char in text if unicodedata.category(char)[0] not in "CZ")
    while len(text.encode()) > _LONGEST_NAME:
        text = text[:-1]
    text = text.strip("._- ")
    return text if text and text.lower() not in _RESERVED else f"set_{text}".rstrip("_")


def unique_names(paths: Sequence[Path], taken: Iterable[str]) -> list[str]:
    """Names for new sets in order; a second set of one name gets ``-2``, whatever its upper and lower case.

    >>> unique_names([Path("a/Mix.mp3"), Path("b/mix.wav")], taken=[])
    ['Mix', 'mix-2']
    """
    used = {_fold(name) for name in taken}
    names = []
    for path in paths:
        stem = name = safe_name(path)
        number = 1
        while _fold(name) in used:
            number += 1
            name = f"{stem}-{number}"
        used.add(_fold(name))
        names.append(name)
    return names


def _fold(name: str) -> str:
    """Form in which two names collide on a file system that ignores case."""
    return unicodedata.normalize("NFKC", name).casefold()
