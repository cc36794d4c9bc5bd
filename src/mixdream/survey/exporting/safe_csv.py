"""CSV that a spreadsheet shows and does not run, and that comes back as it was."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from mixdream.errors import InputError
from mixdream.files import write_atomically

_RUNS = re.compile(r"['=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z")


def guard(text: str) -> str:
    r"""Put an apostrophe before a text that a spreadsheet would take for a formula.

    That is one that begins with ``= + - @``, their full-width twins, a tab or a line's end, and is no plain
    number; or with an apostrophe, so that `unguard` gives back every text.

    >>> [guard(text) for text in ("=1+1", "-3", "it's", "'quoted'")]
    ["'=1+1", '-3', "it's", "''quoted'"]
    """
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.match(text) else text


def unguard(text: str) -> str:
    """Undo `guard`."""
    return text.removeprefix("'")


def writer_of(file: TextIO) -> Any:
    """Writer of the one dialect: commas, double quotes, CRLF (RFC 4180)."""
    return csv.writer(file, lineterminator="\r\n")


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a small table whole or not at all; None is an empty cell, texts are guarded."""
    text = io.StringIO(newline="")
    writer = writer_of(text)
    writer.writerow(head)
    writer.writerows([guard(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    write_atomically(path, text.getvalue())


def read_csv(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a table that has a head.

    Parameters
    ----------
    needed : sequence of str
        Columns that it must have; others are read too.

    Yields
    ------
    int
        Line of the file that the row ends on.
    dict of column to text

    Raises
    ------
    InputError
        No such file, not UTF-8, no CSV, a column too few or a row of another length than the head.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            head = next(reader, [])
            if missing := [name for name in needed if name not in head]:
                raise InputError(
                    f"{path} has no column '{missing[0]}'; its first line must name {', '.join(needed)}"
                )
            for row in reader:
                if row and len(row) != len(head):
                    raise InputError(
                        f"{path}, line {reader.line_num}: {len(row)} cells where the head has {len(head)}"
                    )
                if row:
                    yield (
                        reader.line_num,
                        dict(zip(head, (unguard(cell) for cell in row), strict=True)),
                    )
    except FileNotFoundError:
        raise InputError(f"no file {path}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no CSV in UTF-8: {error}") from None
