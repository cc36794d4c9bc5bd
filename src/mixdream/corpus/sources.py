"""Sources: which files a build is about, and what their sets are called."""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mixdream.corpus.folder_search import NotTaken, search_folder, sum_up
from mixdream.corpus.playlists import is_address, is_list, read_list
from mixdream.corpus.store import Track
from mixdream.errors import InputError

_LONGEST_NAME = 80
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(10))})


@dataclass
class SourceList:
    """What the sources of a build are, once folders and lists are looked into.

    Attributes
    ----------
    files : list of Path
        Absolute, each once, in order.
    folders : list of Path
        Folders that were named.
    missing : dict of Path to (Path or None)
        Files and folders that are named and not there; the list that names them, if one does.
    not_taken : list of NotTaken
        What was come across and left out.
    tracks : dict of Path to tuple of Track
        What cue sheets say of files.
    """

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    missing: dict[Path, Path | None] = field(default_factory=dict)
    not_taken: list[NotTaken] = field(default_factory=list)
    tracks: dict[Path, tuple[Track, ...]] = field(default_factory=dict)

    def add(self, path: Path, named_by: Path | None = None) -> None:
        """Add a file, what is in a folder, or what is on a list."""
        if not _is_there(path):
            self.missing[path] = named_by
        elif path.is_dir():
            self.folders.append(path)
            files, not_taken = search_folder(path)
            self.files += sorted(files, key=source_text)
            self.not_taken += sorted(not_taken, key=lambda item: source_text(item.path))
        elif not is_list(path):
            self.files.append(path)
        elif named_by:
            self.not_taken.append(NotTaken(path, f"is a list that '{named_by}' names: name it yourself"))
        else:
            for entry in read_list(path):
                if isinstance(entry.path, str):
                    reason = f"is an address that '{path}' names, not a file: download it first"
                    self.not_taken.append(NotTaken(Path(entry.path), reason))
                    continue
                target = _absolute(entry.path)
                self.add(target, path)
                if entry.tracks:
                    self.tracks[target] = entry.tracks


def list_sources(sources: Iterable[Path | str]) -> SourceList:
    """Look into what a build is about: files as they are named, folders to any depth, playlists, cue sheets.

    InputError where a source is empty text, an address on the net, or a list that cannot be read.
    """
    listed = SourceList()
    for source in sources:
        if not str(source).strip():
            raise InputError(
                "a source is empty text: name files or folders ('.' is the folder that you are in)"
            )
        if is_address(str(source)):
            raise InputError(f"'{source}' is an address, not a file: download it first, then name the file")
        listed.add(_absolute(Path(source)))
    listed.files = list(dict.fromkeys(listed.files))
    return listed


def find_sources(sources: Iterable[Path | str]) -> list[Path]:
    """List files that are named and those in folders, at any depth, sorted; InputError if there are none."""
    named = list(sources)
    listed = list_sources(named)
    if not listed.files:
        raise InputError(no_audio_in(named, listed))
    return listed.files


def no_audio_in(sources: Iterable[Path | str], listed: SourceList) -> str:
    """Say that sources hold no audio, and what they hold."""
    places = ", ".join(f"'{source}'" for source in sources) or "nothing"
    others = "".join(f"; {line}" for line in sum_up(listed.not_taken)[:3])
    return f"no audio or video file in {places}: name files, or folders with files in them{others}"


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links keep the name that the user knows


def _is_there(path: Path) -> bool:
    """Whether there is something of this name, be it readable or not."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def source_text(path: Path) -> str:
    r"""Path as printable text; bytes that are not UTF-8 become ``\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def source_path(text: str) -> Path:
    r"""Path of a source from what the index says of it, the inverse of `source_text`."""
    if "\\x" not in text or os.path.lexists(text):
        return Path(text)
    content = re.sub(
        rb"\\x([0-9a-f]{2})",
        lambda match: bytes([int(match[1], 16)]),
        text.encode("utf-8", "surrogateescape"),
    )
    return Path(os.fsdecode(content))


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
