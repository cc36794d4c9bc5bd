"""Hints on the beats of sets: what their owner says, and the beat grids of DJ software, in seconds."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mixdream.errors import InputError
from mixdream.progress import clock

SLOWEST_BPM, FASTEST_BPM = 60.0, 200.0
"""Tempos that can be given, and that windows are taken from: a slower one would be most of an octave away."""

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
_NAMED = 6


class GridMarker(BaseModel):
    """Place from which on the grid of DJ software has one tempo.

    Attributes
    ----------
    start_s : float, in seconds of the source
        A beat.
    in_bar : int
        Which beat of the bar it is; 0 is the downbeat.
    metre : str
        Such as ``4/4``.
    """

    model_config = ConfigDict(frozen=True)

    start_s: float
    bpm: float = Field(gt=0)
    in_bar: int = Field(default=0, ge=0)
    metre: str = "4/4"


class BeatHints(BaseModel):
    """What a corpus was told of the beats of a set.

    Attributes
    ----------
    bpm : float, optional
        Tempo of the set, as its owner says.
    downbeats_s : tuple of float, in seconds of the source
        Downbeats, as its owner says.
    grid : tuple of GridMarker
        Beat grid that DJ software has of the set's file.
    grid_late_s : float, optional
        How much later the beats are than the grid, in seconds; None where the grid is not used.
    grid_remark : str
        Why the grid is not used.
    """

    model_config = ConfigDict(frozen=True)

    bpm: float | None = None
    downbeats_s: tuple[float, ...] = ()
    grid: tuple[GridMarker, ...] = ()
    grid_late_s: float | None = None
    grid_remark: str = ""

    @property
    def by_owner(self) -> bool:
        """Whether the owner said something: it comes before a grid."""
        return self.bpm is not None or bool(self.downbeats_s)

    def in_words(self) -> list[str]:
        """Say what the corpus was told, a line for the owner and one for the grid."""
        lines = []
        if self.by_owner:
            tempo = [] if self.bpm is None else [f"{self.bpm:g} BPM"]
            shown = [clock(time_s, tenths=True) for time_s in self.downbeats_s[:_NAMED]]
            more = f" and {len(self.downbeats_s) - _NAMED} more" if self.downbeats_s[_NAMED:] else ""
            places = [f"downbeat at {', '.join(shown)}{more}"] if shown else []
            lines.append(f"you said: {', '.join(tempo + places)}")
        if self.grid and not self.by_owner:
            if self.grid_late_s is None:
                lines.append(f"bars of your DJ software are not used: {self.grid_remark or 'not compared'}")
            else:
                late_ms = round(1000 * self.grid_late_s)
                shift = f", moved by {late_ms:+d} ms" if late_ms else ""
                lines.append(f"bars of your DJ software: {grid_tempo(self.grid)}{shift}")
        elif self.grid_late_s is not None and self.bpm is None:
            lines.append(f"tempo of your DJ software: {grid_tempo(self.grid)}")
        return lines


def grid_tempo(grid: Iterable[GridMarker]) -> str:
    """Tempo of a grid, or its range, in words."""
    tempos = sorted(marker.bpm for marker in grid)
    low, high = f"{tempos[0]:.2f}", f"{tempos[-1]:.2f}"
    return f"{low} BPM" if low == high else f"{low} to {high} BPM"


def read_corrections(bpm: Iterable[str], downbeats: Iterable[str]) -> dict[str, BeatHints]:
    """Read what an owner says of sets on the command line: ``SET=174`` and ``SET=0:12.3``.

    Only the fields that are said are set; nothing after ``=`` takes back what was said before.

    Raises
    ------
    InputError
        A value is no tempo, no time, or out of range; a set is given two tempos.

    Examples
    --------
    >>> read_corrections(["a=174"], ["a=0:12.3", "a=1:02:03"])["a"].downbeats_s
    (12.3, 3723.0)
    """
    said: dict[str, dict[str, Any]] = {}
    for name, value in _split(bpm, "--bpm", "SET=174"):
        if "bpm" in said.setdefault(name, {}):
            raise InputError(f"--bpm is given twice for '{name}': a set has one tempo, or leave it out")
        said[name]["bpm"] = _tempo(value, name) if value else None
    for name, value in _split(downbeats, "--downbeat", "SET=0:12.3"):
        earlier = said.setdefault(name, {}).setdefault("downbeats_s", ())
        said[name]["downbeats_s"] = tuple(sorted({*earlier, *([_time_s(value, name)] if value else [])}))
    return {name: BeatHints(**fields) for name, fields in said.items()}


def _split(words: Iterable[str], option: str, example: str) -> Iterable[tuple[str, str]]:
    for word in words:
        name, equals, value = word.rpartition("=")
        if not (equals and name.strip()):
            raise InputError(f"{option} is '{word}': {example} is expected, with the name of a set")
        yield name, value.strip()


def _tempo(text: str, name: str) -> float:
    try:
        bpm = float(text)
    except ValueError:
        bpm = 0.0
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise InputError(
            f"--bpm {name}={text}: {SLOWEST_BPM:g} to {FASTEST_BPM:g} BPM are possible; of a slower or "
            "faster set give twice or half its tempo"
        )
    return bpm


def _time_s(text: str, name: str) -> float:
    match = _TIME.fullmatch(text)
    hours, minutes, seconds = (float(part or 0) for part in match.groups()) if match else (0.0, 0.0, 0.0)
    whole = match is not None and (not match[2] or seconds < 60) and (not match[1] or minutes < 60)
    if not whole:
        raise InputError(
            f"--downbeat {name}={text}: a time in the set is expected, as 0:12.3 (minutes:seconds), 1:02:03 "
            "(hours:minutes:seconds) or 12.3 (seconds)"
        )
    return 3600 * hours + 60 * minutes + seconds
