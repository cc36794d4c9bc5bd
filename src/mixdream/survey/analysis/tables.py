"""Tables of a report: one description for the page, the terminal, CSV and JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mixdream.survey.analysis.proportions import Interval
from mixdream.survey.exporting.safe_csv import write_csv

Kind = Literal["text", "count", "number", "p", "interval"]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    key : str
        In JSON and CSV; an interval has ``_low`` and ``_high`` after it there.
    heading : str
    kind : {"text", "count", "number", "p", "interval"}
    pooled : bool
        Whether its figures take all answers as independent; the page marks them.
    """

    key: str
    heading: str
    kind: Kind = "text"
    pooled: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    name : str
        Of its file; unique in a report.
    title : str
    columns : tuple of Column
    rows : tuple of dict
        Values by key: str, int, float, `Interval` or None.
    note : str
    digits : int
        Decimals of numbers and intervals on the page.
    folded : bool
        Long: shown when asked for.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[dict[str, Any], ...]
    note: str = ""
    digits: int = 1
    folded: bool = False

    @property
    def filled(self) -> list[Column]:
        """Columns that have a value, which are those that are shown."""
        keys = {key for row in self.rows for key, value in row.items() if value is not None}
        return [column for column in self.columns if column.key in keys]

    def cells(self) -> Iterator[list[str]]:
        """Rows as they are shown."""
        for row in self.rows:
            yield [shown(row.get(column.key), column.kind, self.digits) for column in self.filled]

    def records(self) -> list[dict[str, Any]]:
        """Rows as JSON has them, an interval as ``{low, high}``."""
        return [
            {
                column.key: value._asdict() if isinstance(value, Interval) else value
                for column in self.columns
                for value in [row.get(column.key)]
            }
            for row in self.rows
        ]

    def write(self, folder: Path) -> Path:
        """Write ``<name>.csv``; empty cells are what could not be computed."""
        head: list[str] = []
        for column in self.columns:
            interval = column.kind == "interval"
            head += [f"{column.key}_low", f"{column.key}_high"] if interval else [column.key]
        path = folder / f"{self.name}.csv"
        write_csv(path, head, (list(self._flat(row)) for row in self.rows))
        return path

    def _flat(self, row: dict[str, Any]) -> Iterator[Any]:
        for column in self.columns:
            value = row.get(column.key)
            if column.kind == "interval":
                yield from (None, None) if value is None else value
            else:
                yield value


def shown(value: Any, kind: Kind, digits: int) -> str:
    """A cell for people.

    >>> shown(Interval(-0.001, 2.155), "interval", 2), shown(0.0004, "p", 1), shown(None, "number", 1)
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


def percent(value: Any) -> Any:
    """Share, or interval of shares, in percent; None stays None."""
    if value is None:
        return None
    return Interval(100 * value.low, 100 * value.high) if isinstance(value, Interval) else 100 * value
