"""CSV that a spreadsheet shows and does not run; what was written comes back by `unguard`."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

_CELL = r"(?:\A|(?<=[,;|\t\r\n]))"
"""Where a spreadsheet may begin a cell, whichever separator it goes by."""

_RUNS = re.compile(rf"{_CELL}(?=[ \"]*['=+\-@＝＋－＠])|\A(?=[\t\r\n])")
_GUARD = re.compile(rf"{_CELL}'")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z")


def guard(text: str) -> str:
    r"""Put an apostrophe where a spreadsheet would begin to read a formula.

    That is before ``= + - @`` or their full-width twins at the beginning of a text or after a separator, be
    they behind blanks and quotes, and before a tab or a line's end at the beginning. A plain number has none.
    An apostrophe in such a place gets another one, so that `unguard` gives back every text.

    >>> [guard(text) for text in ("=1+1", ";=1+1;", "-3", "it's", "'quoted'")]
    ["'=1+1", ";'=1+1;", '-3', "it's", "''quoted'"]
    """
    return text if _NUMBER.match(text) else _RUNS.sub("'", text)


def unguard(text: str) -> str:
    """Undo `guard`."""
    return _GUARD.sub("", text)


def writer_of(file: TextIO) -> Any:
    """Writer of the one dialect: commas, double quotes, CRLF (RFC 4180)."""
    return csv.writer(file, lineterminator="\r\n")


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A small table as text; None is an empty cell, texts are guarded."""
    text = io.StringIO(newline="")
    writer = writer_of(text)
    writer.writerow(head)
    writer.writerows([guard(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()
