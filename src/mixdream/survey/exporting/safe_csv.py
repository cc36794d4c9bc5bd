"""CSV that a spreadsheet shows and does not run; what was written comes back by `unguard`."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

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


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A small table as text; None is an empty cell, texts are guarded."""
    text = io.StringIO(newline="")
    writer = writer_of(text)
    writer.writerow(head)
    writer.writerows([guard(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()
