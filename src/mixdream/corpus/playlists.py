"""Playlists (.m3u, .m3u8) and cue sheets (.cue): lists of files; cue sheets name their tracks, too."""

import codecs
import os
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mixdream.audio.media_files import is_media_file
from mixdream.corpus.store import Track
from mixdream.errors import InputError

_PLAYLISTS = (".m3u", ".m3u8")
_CUE_SHEET = ".cue"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_CUE_FRAMES_HZ = 75
_CUE_LINE = re.compile(r'\s*(FILE|TRACK|TITLE|PERFORMER|INDEX)\s+(?:"([^"]*)"|(\S+))\s*(\S*)', re.IGNORECASE)


class Entry(NamedTuple):
    """File that a list names; ``path`` is an address where it is not on this machine."""

    path: Path | str
    tracks: tuple[Track, ...] = ()


def is_list(path: Path) -> bool:
    """Whether a source is a list of sources, by its suffix."""
    return path.suffix.lower() in (*_PLAYLISTS, _CUE_SHEET)


def is_address(text: str) -> bool:
    """Whether a text is the address of something on the net, or of a file in the form ``file://``.

    >>> is_address("https://example.org/mix.mp3"), is_address("C://mix.mp3")
    (True, False)
    """
    return bool(_ADDRESS.match(text))


def read_list(path: Path) -> list[Entry]:
    """List the files that a playlist or a cue sheet names, from its own folder; missing ones, too.

    Raises
    ------
    InputError
        The list cannot be read, is no list, or names nothing.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from None
    text = _decoded(content)
    if "\0" in text:
        raise InputError(f"'{path}' is not text: a playlist or a cue sheet is expected to be")
    if "#EXT-X-" in text:
        raise InputError(
            f"'{path}' lists the pieces of a stream (HLS), not files: save the stream as one file"
        )
    if path.suffix.lower() == _CUE_SHEET:
        entries = [Entry(_cue_file(name, path), tracks) for name, tracks in _cue_files(text).items()]
    else:
        lines = [line.strip() for line in text.splitlines()]
        entries = [Entry(_located(line, path.parent)) for line in lines if line and not line.startswith("#")]
    if not entries:
        raise InputError(f"'{path}' names no file")
    return entries


def _decoded(content: bytes) -> str:
    """Text of a list: by its byte order mark, else UTF-8, else Latin-1."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _located(name: str, folder: Path) -> Path | str:
    """Where a file is that a list names: the first way to read the name that leads to a file."""
    if name.lower().startswith("file://"):
        place = re.sub(r"(?i)^file://(localhost(?=/))?", "", name)
        name = os.fsdecode(unquote_to_bytes(place))
    elif is_address(name):
        return name
    readings = [name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))]
    try:
        content = name.encode("latin-1")
        readings += [os.fsdecode(content), content.decode("cp1252", "replace")]
    except UnicodeError:
        pass
    readings += [reading.replace("\\", "/") for reading in readings]  # as Windows writes it
    return next(
        (folder / reading for reading in readings if os.path.lexists(folder / reading)), folder / name
    )


def _cue_files(text: str) -> dict[str, tuple[Track, ...]]:
    """Files of a cue sheet, in order, and the tracks that begin in each."""
    files: dict[str, list[Track]] = {}
    current, in_track, title, performer = "", False, "", ""
    for line in text.splitlines():
        match = _CUE_LINE.match(line)
        if not match:
            continue
        word, value, last = match[1].upper(), match[2] or match[3] or "", match[4]
        if word == "FILE":
            current = value
            files.setdefault(current, [])
        elif word == "TRACK":
            in_track, title, performer = True, "", ""
        elif word == "TITLE" and in_track:
            title = value if match[2] is not None else line.split(maxsplit=1)[1].strip()
        elif word == "PERFORMER" and in_track:
            performer = value if match[2] is not None else line.split(maxsplit=1)[1].strip()
        elif word == "INDEX" and value == "01" and current and (start_s := _cue_time_s(last)) is not None:
            files[current].append(Track(start_s=start_s, title=title, performer=performer))
    return {name: tuple(tracks) for name, tracks in files.items()}


def _cue_time_s(text: str) -> float | None:
    """Seconds of a time as ``minutes:seconds:frames``."""
    match = re.fullmatch(r"(\d+):(\d+):(\d+)", text)
    if not match:
        return None
    minutes, seconds, frames = map(int, match.groups())
    return 60 * minutes + seconds + frames / _CUE_FRAMES_HZ


def _cue_file(name: str, sheet: Path) -> Path | str:
    """File of a cue sheet; one of another ending where it was encoded anew since, as from WAV to FLAC."""
    path = _located(name, sheet.parent)
    if isinstance(path, str) or os.path.lexists(path):
        return path
    try:
        others = [other for other in sorted(path.parent.iterdir()) if other.stem == path.stem]
    except OSError:
        return path
    return next(filter(is_media_file, others), path)
