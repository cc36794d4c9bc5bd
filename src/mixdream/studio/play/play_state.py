"""What is played with, as ``studio.json`` keeps it: pads and their history, hearts, corners, tempo."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mixdream.errors import InputError, first_problem
from mixdream.files import write_json
from mixdream.runs.tempo import BPM, check_bpm

RATE_HZ = 44_100
"""Rate at which everything is played."""

PADS, SCENES, CORNERS = 16, 4, 4
LOW_CUT_OFF_HZ, HIGH_CUT_OFF_HZ = 20.0, 20_000.0
MOST_HISTORY = 100  # loops that a pad remembers
_DEFAULT_BPM = 126.0

Volume = Annotated[float, Field(ge=0, le=1)]
Cut = Annotated[float, Field(ge=LOW_CUT_OFF_HZ, le=HIGH_CUT_OFF_HZ)]
Pitch = Literal["keep", "follow"]
Launch = Literal["bar", "half", "beat"]


class Strip(BaseModel):
    """How a pad is set."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    volume: Volume = 1.0
    low_cut_hz: Cut = LOW_CUT_OFF_HZ
    high_cut_hz: Cut = HIGH_CUT_OFF_HZ
    mute: bool = False
    solo: bool = False


class Pad(Strip):
    """A pad: how it is set, the loops that were on it, None where it was empty, and which of them is."""

    history: list[str | None] = Field(default_factory=lambda: list[str | None]([None]), min_length=1)
    at: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.at >= len(self.history):
            raise ValueError("'at' is none of its history")
        return self

    @property
    def loop(self) -> str | None:
        """What is on it."""
        return self.history[self.at]

    @property
    def undo(self) -> bool:
        """Whether there is something before."""
        return self.at > 0

    @property
    def redo(self) -> bool:
        """Whether something was undone."""
        return self.at + 1 < len(self.history)

    def put(self, loop: str | None) -> None:
        """Put a loop on it, or nothing; what was undone is forgotten."""
        if loop == self.loop:
            return
        kept = [*self.history[: self.at + 1], loop][-MOST_HISTORY:]
        # Both at once: either alone may be outside the other.
        self.__dict__.update(history=kept, at=len(kept) - 1)

    def step(self, by: Literal[-1, 1]) -> None:
        """Undo (-1) or redo (1); InputError where there is nothing to."""
        if not 0 <= self.at + by < len(self.history):
            raise InputError(f"there is nothing to {'undo' if by < 0 else 'redo'} on this pad")
        self.at += by


class Scene(BaseModel):
    """A row of pads."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=60)


class Table(BaseModel):
    """Content of ``studio.json``; loops are named by their ids."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    bar_samples: int = round(240 * RATE_HZ / _DEFAULT_BPM)
    pitch: Pitch = "keep"
    launch: Launch = "bar"
    model: str | None = None  # the project's own, or the bundled one where there is none
    pads: list[Pad] = Field(
        default_factory=lambda: [Pad() for _ in range(PADS)], min_length=PADS, max_length=PADS
    )
    scenes: list[Scene] = Field(
        default_factory=lambda: [Scene() for _ in range(SCENES)], min_length=SCENES, max_length=SCENES
    )
    hearts: list[str] = []
    corners: list[str | None] = Field([None] * CORNERS, min_length=CORNERS, max_length=CORNERS)
    midi: dict[str, Any] = {}

    @model_validator(mode="after")
    def _possible(self) -> Self:
        try:
            check_bar(self.bar_samples)
        except InputError as error:
            raise ValueError(str(error)) from None
        return self


class PlayState:
    """The table of a project, in a file that is whole at any time.

    One that cannot be read is put aside, and ``note`` says so.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.RLock()
        self.note: str | None = None
        self.is_new = not path.exists()
        self.table = Table() if self.is_new else self._read()

    def begin(self, bar_samples: int) -> None:
        """Begin a new table at a tempo; nothing is written before something is changed."""
        with self._lock:
            self.table.bar_samples = bar_samples
            self.is_new = False

    @contextmanager
    def changing(self) -> Iterator[Table]:
        """Change the table: written at the end, or left as it was where an error ends the change."""
        with self._lock:
            changed = self.table.model_copy(deep=True)
            yield changed
            if changed != self.table:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                write_json(self._path, changed.model_dump())
                self.table = changed

    def _read(self) -> Table:
        try:
            return Table.model_validate(json.loads(self._path.read_bytes()))
        except (ValueError, RecursionError) as error:
            reason = first_problem(error) if isinstance(error, ValidationError) else "it is no JSON"
        aside = self._aside()
        self._path.replace(aside)
        self.is_new = True
        self.note = f"{self._path.name} was damaged ({reason}): it is {aside.name} now, the pads begin anew."
        return Table()

    def _aside(self) -> Path:
        number = 1
        while (path := self._path.with_name(f"studio-damaged-{number}.json")).exists():
            number += 1
        return path


def bar_of(bpm: float) -> int:
    """Samples of a bar at the whole number that is nearest to a tempo; InputError for an impossible one.

    >>> bar_of(126.0), round(bpm_of(bar_of(127.0)), 3)
    (84000, 126.999)
    """
    check_bpm(bpm)
    return round(240 * RATE_HZ / bpm)


def bpm_of(bar_samples: int) -> float:
    """Tempo of bars of so many samples."""
    return 240 * RATE_HZ / bar_samples


def check_bar(bar_samples: int) -> None:
    """Refuse bars of a tempo that is not possible."""
    slowest, fastest = BPM
    shortest, longest = bar_of(fastest), bar_of(slowest)
    if not shortest <= bar_samples <= longest:
        raise InputError(
            f"a bar of {bar_samples} samples is not possible: {shortest} to {longest} are, {fastest:g} to "
            f"{slowest:g} BPM"
        )
