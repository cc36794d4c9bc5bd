"""Libraries of DJ software: the beat grids in Rekordbox's XML and Traktor's NML."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote
from xml.parsers import expat

from mixdream.corpus.hints import GridMarker
from mixdream.errors import InputError

_TEMPOS_BPM = (40.0, 300.0)  # others are no tempos
_LONGEST_S = 360_000.0  # a hundred hours
_TRAKTOR_GRID = "4"  # type of a cue point that holds the grid

Grid = tuple[GridMarker, ...]


class DjLibrary:
    """Beat grids of files, by what the library says of their places.

    Parameters
    ----------
    grids : iterable of (path, grid)
        Paths of any system.
    """

    def __init__(self, grids: Iterable[tuple[str, Grid]]) -> None:
        self.by_name: dict[str, list[tuple[list[str], Grid]]] = {}
        for path, grid in grids:
            parts = _parts(path)
            self.by_name.setdefault(parts[0], []).append((parts, grid))

    def find(self, source: str) -> list[Grid]:
        """Grids of a file: those of its name, or of them those whose folders are most like its own.

        More than one where tracks that are alike in this have different grids.
        """
        own = _parts(source)
        alike = [(_common(own, parts), grid) for parts, grid in self.by_name.get(own[0], ())]
        most = max((count for count, _ in alike), default=0)
        return list(dict.fromkeys(grid for count, grid in alike if count == most))


def read_library(path: Path) -> DjLibrary:
    """Read the beat grids of a library that was exported as XML from Rekordbox, or of Traktor's own NML.

    The file is read as a stream. One with a document type, which could define entities that grow without
    end or name other files, is refused; neither software writes one.

    Raises
    ------
    InputError
        It cannot be read, is not XML, is something else, or has no track with a beat grid.
    """
    reader = _Reader(path)
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from None
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise InputError(f"'{path}' is not whole XML: {error}; export the library again") from None
    if not reader.grids:
        raise InputError(f"'{path}' has no track with a beat grid: analyse tracks in your DJ software first")
    return DjLibrary(reader.grids)


class _Reader:
    """Gathers grids from the elements of either software."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kind = ""
        self.grids: list[tuple[str, Grid]] = []
        self.place = ""
        self.bpm = ""
        self.markers: list[GridMarker] = []

    def refuse(self, *_about: object) -> None:
        raise InputError(
            f"'{self.path}' has a document type (DOCTYPE), which Rekordbox and Traktor do not write: it "
            "could make a small file grow without end or name other files, so it is not read"
        )

    def begin(self, name: str, values: Mapping[str, str]) -> None:
        if not self.kind:
            if name not in ("DJ_PLAYLISTS", "NML"):
                raise InputError(
                    f"'{self.path}' begins with <{name}>: Rekordbox's XML (<DJ_PLAYLISTS>) and Traktor's NML "
                    "(<NML>) can be read"
                )
            self.kind = name
        if name in ("TRACK", "ENTRY"):
            self.place, self.bpm, self.markers = _rekordbox_path(values.get("Location", "")), "", []
        elif name == "LOCATION":
            self.place = values.get("DIR", "").replace("/:", "/") + values.get("FILE", "")
        elif name == "TEMPO" and self.kind == "NML":
            self.bpm = values.get("BPM", "")
        elif name == "TEMPO":
            beat, metre = values.get("Battito", "1"), values.get("Metro", "4/4")
            self._mark(values.get("Inizio", ""), 1.0, values.get("Bpm", ""), beat, metre)
        elif name == "CUE_V2" and values.get("TYPE") == _TRAKTOR_GRID:
            self._mark(values.get("START", ""), 1e-3, self.bpm)
        elif name == "GRID" and self.markers:  # in the cue point before it, in newer versions
            self.markers[-1] = self.markers[-1].model_copy(
                update={"bpm": _number(values.get("BPM", ""), *_TEMPOS_BPM) or self.markers[-1].bpm}
            )

    def end(self, name: str) -> None:
        if name in ("TRACK", "ENTRY"):
            if self.place and self.markers:
                markers = sorted(self.markers, key=lambda marker: marker.start_s)
                self.grids.append((self.place, tuple(markers)))
            self.place, self.markers = "", []

    def _mark(self, start: str, unit_s: float, tempo: str, beat: str = "1", metre: str = "4/4") -> None:
        """Add a marker; one with a value that means nothing is passed over."""
        limit = _LONGEST_S / unit_s
        at, bpm, in_bar = _number(start, -limit, limit), _number(tempo, *_TEMPOS_BPM), _number(beat, 1, 64)
        if at is not None and bpm and in_bar:
            marker = GridMarker(start_s=at * unit_s, bpm=bpm, in_bar=int(in_bar) - 1, metre=metre)
            self.markers.append(marker)


def _number(text: str, lowest: float, highest: float) -> float | None:
    """Value of an attribute; None where it is no number in this range."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and lowest <= value <= highest else None


def _rekordbox_path(location: str) -> str:
    return unquote(re.sub(r"(?i)^file://(localhost)?", "", location))


def _parts(path: str) -> list[str]:
    """Names in a path of any system from the last to the first, as file systems compare them at most."""
    text = unicodedata.normalize("NFC", path).casefold()
    return [part for part in reversed(re.split(r"[\\/]", text)) if part] or [""]


def _common(a: list[str], b: list[str]) -> int:
    """How many names two paths share, from the last on."""
    same = (x == y for x, y in zip(a, b, strict=False))
    return next((i for i, equal in enumerate(same) if not equal), min(len(a), len(b)))
