"""Reading an export back: the same answers, sessions and designs that were written."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from pyarrow import csv, parquet
from pydantic import ValidationError

from mixdream.errors import InputError
from mixdream.survey.design.design import Design
from mixdream.survey.exporting.columns import (
    ANSWER_COLUMNS,
    SESSION_COLUMNS,
    Column,
    answer_of_cells,
    schema_of,
    session_of_cells,
)
from mixdream.survey.exporting.safe_csv import unguard
from mixdream.survey.storage.rows import Answer, Session

Made = TypeVar("Made")


@dataclass(frozen=True)
class Gathered:
    """What a listening test has gathered."""

    rows: list[Answer]
    sessions: list[Session]
    designs: list[tuple[str, Design]]  # by their hash, newest last
    source: str  # where it is from, for people


def read_rows(path: Path) -> Iterator[Answer]:
    """Read answers, streamed, from ``answers.csv``, ``answers.parquet`` or the export's folder.

    Of a folder the Parquet file is read, or, where that was deleted, the CSV file.
    """
    return _read(_file_of(path, "answers"), ANSWER_COLUMNS, answer_of_cells)


def read_sessions(path: Path) -> list[Session]:
    """Read sessions as `read_rows` reads answers."""
    return list(_read(_file_of(path, "sessions"), SESSION_COLUMNS, session_of_cells))


def read_export(folder: Path) -> Gathered:
    """Read all of an export."""
    path = folder / "designs.json"
    try:
        content = json.loads(path.read_text("utf-8"))["designs"]
        designs = [(str(entry["hash"]), Design.model_validate(entry["design"])) for entry in content]
    except FileNotFoundError:
        raise InputError(f"'{folder}' is no export: it has no designs.json") from None
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is damaged ({reason}): export again") from error
    return Gathered(list(read_rows(folder)), read_sessions(folder), designs, str(folder))


def _file_of(path: Path, name: str) -> Path:
    if path.is_dir():
        packed = path / f"{name}.parquet"
        return packed if packed.exists() else path / f"{name}.csv"
    return path


def _read(path: Path, columns: tuple[Column, ...], make: Callable[[dict[str, Any]], Made]) -> Iterator[Made]:
    row = 1  # the head's, as a spreadsheet counts
    batches = _parquet_batches if path.suffix == ".parquet" else _csv_batches
    try:
        for batch in batches(path, schema_of(columns)):
            for cells in batch.to_pylist():
                row += 1
                yield make(cells)
    except FileNotFoundError:
        raise InputError(f"no file {path}") from None
    except pa.ArrowException as error:
        raise InputError(f"{path} is damaged or no export: {error}") from None
    except ValueError as error:
        raise InputError(f"{path}, row {row}: {error}") from None


def _parquet_batches(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with parquet.ParquetFile(path) as file:
        if missing := [name for name in schema.names if name not in file.schema_arrow.names]:
            raise InputError(f"{path} has no column '{missing[0]}': it is no export of this kind")
        yield from file.iter_batches(columns=schema.names)


def _csv_batches(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    reader = csv.open_csv(
        path,
        csv.ReadOptions(use_threads=False),  # faults are then told with their row
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=schema, include_columns=schema.names, true_values=["1"], false_values=["0"]
        ),
    )
    for batch in reader:
        yield pa.record_batch([_unguarded(column) for column in batch.columns], schema=schema)


def _unguarded(column: pa.Array) -> pa.Array:
    if column.type != pa.string():
        return column
    return pa.array([unguard(text) for text in column.to_pylist()], pa.string())
