"""Tables and charts of a report: one description for the page, the terminal, CSV and JSON."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from mixdream.survey.analysis.intervals import Interval
from mixdream.survey.exporting.safe_csv import csv_text

Row = dict[str, Any]
"""Cells of a table by column: str, int, float, `Interval` or None."""

Kind = Literal["text", "count", "number", "p", "interval"]

_KINDS: dict[Kind, str] = {
    "text": "answer condition group item label meaning pair rule trial what",
    "count": "answers judged listeners n named_one right ties wrong",
    "number": "chance_percent d_prime difference lower_quartile mean median percent score upper_quartile "
    "value",
    "p": "p p_holm",
    "interval": "by_listener d_prime_interval interval two_way wald wilson",
}
"""Columns by what is in them; an interval is two columns in CSV, ``_low`` and ``_high``."""

_KIND_OF = {key: kind for kind, keys in _KINDS.items() for key in keys.split()}

_HEADINGS = {
    "by_listener": "95 %, these clips",
    "chance_percent": "chance, %",
    "d_prime": "d'",
    "d_prime_interval": "d', 95 %",
    "group": "answer",
    "interval": "95 % (t)",
    "judged": "answers",
    "lower_quartile": "lower quartile",
    "meaning": "",
    "named_one": "named one",
    "p_holm": "p, Holm",
    "percent": "%",
    "right": "the right one",
    "trial": "",
    "two_way": "95 %",
    "upper_quartile": "upper quartile",
    "wald": "Wald (thesis)",
    "what": "",
    "wilson": "95 % (Wilson)",
}
"""Where a column is not headed by its name."""


class Box(NamedTuple):
    """How single answers are spread: quartiles, whiskers, what lies beyond them (Tukey 1977)."""

    low: float
    lower: float
    upper: float
    high: float
    beyond: tuple[float, ...]


@dataclass(frozen=True)
class Chart:
    """Figures with intervals; bars begin at 0, points and boxes have a scale of their own."""

    name: str  # of its file; unique in a report
    title: str
    labels: Sequence[str]
    values: Sequence[float | None]
    intervals: Sequence[Interval | None]
    unit: str  # what the axis shows
    kind: Literal["bars", "points", "boxes"] = "points"
    expected: float | None = None  # by chance
    limits: tuple[float, float] | None = None  # of the axis
    boxes: Sequence[Box] = ()  # one for each value, of that kind

    @property
    def described(self) -> str:
        """The chart in words, for those who do not see it."""
        values = (
            f"{label} {value:.3g}" + (f" ({interval.low:.3g} to {interval.high:.3g})" if interval else "")
            for label, value, interval in zip(self.labels, self.values, self.intervals, strict=True)
            if value is not None
        )
        return f"{self.title}, {self.unit}: {', '.join(values)}"


@dataclass(frozen=True)
class Table:
    """A table."""

    name: str  # of its file; unique in a report
    title: str
    columns: str  # with blanks between; value_1 and value_2 are of the kind of value
    rows: Sequence[Row]
    note: str = ""
    digits: int = 1  # decimals where it is printed
    headings: Mapping[str, str] = field(default_factory=dict)  # of this table alone
    folded: bool = False  # long: shown when asked for

    @property
    def printed(self) -> dict[str, str]:
        """Headings of the columns for people that have a value, by key."""
        filled = {key for row in self.rows for key, value in row.items() if value is not None}
        return {
            key: self.headings.get(key, _HEADINGS.get(_plain(key), key))
            for key in self.columns.split()
            if key in filled
        }

    def cells(self) -> list[dict[str, str]]:
        """Rows as they are printed."""
        keys = list(self.printed)
        return [{key: as_text(row.get(key), kind_of(key), self.digits) for key in keys} for row in self.rows]

    def records(self) -> list[Row]:
        """Rows as JSON has them, an interval as ``{low, high}``."""
        cells = ({key: row.get(key) for key in self.columns.split()} for row in self.rows)
        return [
            {key: cell._asdict() if isinstance(cell, Interval) else cell for key, cell in row.items()}
            for row in cells
        ]

    def csv(self) -> str:
        """The table as CSV; empty cells are what could not be computed."""
        head: list[str] = []
        rows: list[list[Any]] = [[] for _ in self.rows]
        for key in self.columns.split():
            interval = kind_of(key) == "interval"
            head += [f"{key}_low", f"{key}_high"] if interval else [key]
            for cells, row in zip(rows, self.rows, strict=True):
                cells += (row.get(key) or (None, None)) if interval else (row.get(key),)
        return csv_text(head, rows)

    def chart(self, unit: str, value: str = "percent", interval: str = "two_way", **other: Any) -> Chart:
        """Chart of two columns, labelled with the first one; ``other`` are attributes of `Chart`.

        Where the interval is not known it is the one of these clips, if there is one.
        """
        label = self.columns.split()[0]
        labels, values = ([row.get(key) for row in self.rows] for key in (label, value))
        intervals = [row.get(interval) or row.get("by_listener") for row in self.rows]
        own = {"name": self.name, "title": self.title, "labels": labels}
        return Chart(values=values, intervals=intervals, unit=unit, **own | other)


@dataclass(frozen=True)
class Section:
    """Charts, tables and free texts of listeners; under a heading if it has a title."""

    title: str
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    texts: Sequence[str] = ()


def kind_of(key: str) -> Kind:
    """Kind of a column."""
    return _KIND_OF[_plain(key)]


def _plain(key: str) -> str:
    return re.sub(r"_\d+$", "", key)


def as_text(value: Any, kind: Kind, digits: int) -> str:
    """A cell for people.

    >>> as_text(Interval(-0.001, 2.155), "interval", 2), as_text(0.0004, "p", 1), as_text(None, "number", 1)
    ('0 to 2.15', '<0.001', '–')
    """
    if value is None:
        return "–"
    if kind == "interval":
        return f"{number(value.low, digits)} to {number(value.high, digits)}"
    if kind == "number":
        return number(value, digits)
    if kind == "p":
        return "<0.001" if value < 0.001 else f"{value:.3f}"
    return str(value)


def number(value: float, digits: int) -> str:
    """A number with so many decimals; nothing is a bare 0, as the thesis prints it.

    >>> number(40.1459, 2), number(-0.0, 2)
    ('40.15', '0')
    """
    text = f"{value:.{digits}f}"
    return "0" if float(text) == 0 else text


def many(count: int, what: str) -> str:
    """A number and what it counts.

    >>> many(1, "listener"), many(2, "listener")
    ('1 listener', '2 listeners')
    """
    return f"{count} {what}{'' if count == 1 else 's'}"
