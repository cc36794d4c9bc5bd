"""Everything that a listening test has gathered, as files that any tool reads."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from mixdream.errors import InputError
from mixdream.files import folder_atomically
from mixdream.survey.design.design import Design
from mixdream.survey.exporting.columns import (
    ANSWER_COLUMNS,
    SESSION_COLUMNS,
    Column,
    cells_of_answer,
    schema_of,
)
from mixdream.survey.exporting.safe_csv import guard, writer_of
from mixdream.survey.storage.rows import Answer, Session

FILES = {f"{table}.{kind}" for table in ("answers", "sessions") for kind in ("csv", "parquet")}
FILES |= {"designs.json", "README.txt"}
_AT_ONCE = 5000  # rows in memory

_README = """\
Answers of a listening test, exported by mixdream
=================================================
answers.csv, answers.parquet     one row per answer, as it was saved; nothing is left out or changed
sessions.csv, sessions.parquet   one row per visit
designs.json                     the designs that the answers belong to, newest last, by their hash

Parquet has types; in CSV (UTF-8, commas, double quotes, CRLF) truths are 1 and 0, times are ISO 8601 in UTC,
and what is not there is an empty cell. A spreadsheet takes what begins with = + - @ for a formula, and
listeners write the free texts: in CSV such a beginning, of a text or of what follows a comma, semicolon, bar,
tab or line's end in it, has an apostrophe before it, and an apostrophe there has another one. Take one off in
each such place when you read the file; in Parquet there is none.
Whoever is left out of an analysis is in exclusions.csv of its report, never here.
"""


def export(
    rows: Iterable[Answer], sessions: Sequence[Session], designs: Sequence[tuple[str, Design]], folder: Path
) -> int:
    """Write answers, sessions, designs and a data dictionary; return how many answers, which are streamed.

    The folder is new, or an older export, which is replaced as a whole once the new one is complete.
    """
    folder = folder.resolve()
    if folder.exists() and (
        not folder.is_dir() or (others := sorted({path.name for path in folder.iterdir()} - FILES))
    ):
        what = f"holds {others[0]}" if folder.is_dir() else "is a file"
        raise InputError(f"'{folder}' {what}: an export needs a new folder, or an older export to replace")
    with folder_atomically(folder) as temporary:
        count = _write_table(temporary / "answers", ANSWER_COLUMNS, map(cells_of_answer, rows))
        _write_table(temporary / "sessions", SESSION_COLUMNS, map(vars, sessions))
        content = [{"hash": name, "design": design.model_dump(mode="json")} for name, design in designs]
        text = json.dumps({"designs": content}, indent=2, ensure_ascii=False)
        (temporary / "designs.json").write_text(text + "\n", "utf-8")
        (temporary / "README.txt").write_text(_dictionary(), "utf-8")
    return count


def _write_table(path: Path, columns: tuple[Column, ...], rows: Iterable[dict[str, Any]]) -> int:
    """Write CSV and Parquet side by side, some thousand rows at a time; return how many."""
    schema = schema_of(columns)
    count, remaining = 0, iter(rows)
    with (
        path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file,
        parquet.ParquetWriter(path.with_suffix(".parquet"), schema) as packed,
    ):
        writer = writer_of(file)
        writer.writerow(schema.names)
        while batch := list(islice(remaining, _AT_ONCE)):
            writer.writerows([_cell(cells.get(name)) for name in schema.names] for cells in batch)
            packed.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


def _cell(value: Any) -> str:
    """A cell as CSV holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return guard(value) if isinstance(value, str) else str(value)


def _dictionary() -> str:
    parts = [_README]
    for name, columns in (("answers", ANSWER_COLUMNS), ("sessions", SESSION_COLUMNS)):
        parts.append(f"\nColumns of {name}\n{'-' * (len(name) + 11)}\n")
        parts += [f"{column.name:<16} {column.kind:<6} {column.meaning}\n" for column in columns]
    return "".join(parts)
