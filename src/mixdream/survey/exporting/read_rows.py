"""Reading an export back: the same answers, sessions and designs that were written."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from mixdream.errors import InputError
from mixdream.survey.design.design import Design
from mixdream.survey.exporting.columns import (
    ANSWER_COLUMNS,
    FROM_TEXT,
    SESSION_COLUMNS,
    Column,
    answer_of_cells,
    session_of_cells,
)
from mixdream.survey.exporting.safe_csv import read_csv
from mixdream.survey.storage.rows import Answer, Session

Made = TypeVar("Made")


@dataclass(frozen=True)
class Gathered:
    """What a listening test has gathered.

    Attributes
    ----------
    designs : list of (hash, Design)
        Newest last.
    source : str
        Where it is from, for people.
    """

    rows: list[Answer]
    sessions: list[Session]
    designs: list[tuple[str, Design]]
    source: str


def read_rows(path: Path) -> Iterator[Answer]:
    """Read answers, streamed.

    Parameters
    ----------
    path : Path
        An export's folder, or one of its files ``answers.csv`` and ``answers.parquet``. Of a folder the
        Parquet file is read, or, where that was deleted, the CSV file.

    Raises
    ------
    InputError
        It is not there or is no such file; the line is named.
    """
    return _read(_file_of(path, "answers"), ANSWER_COLUMNS, answer_of_cells)


def read_sessions(path: Path) -> list[Session]:
    """Read the sessions of an export's folder or of one of its files; see `read_rows`."""
    return list(_read(_file_of(path, "sessions"), SESSION_COLUMNS, session_of_cells))


def read_export(folder: Path) -> Gathered:
    """Read all of an export.

    Raises
    ------
    InputError
        A file is missing or damaged.
    """
    path = folder / "designs.json"
    try:
        content = json.loads(path.read_text("utf-8"))["designs"]
        designs = [(str(one["hash"]), Design.model_validate(one["design"])) for one in content]
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


def _read(path: Path, columns: Sequence[Column], make: Callable[[dict[str, Any]], Made]) -> Iterator[Made]:
    cells = _read_parquet(path, columns) if path.suffix == ".parquet" else _read_text(path, columns)
    for where, one in cells:
        try:
            yield make(one)
        except ValueError as error:
            raise InputError(f"{path}, {where}: {error}") from None


def _read_text(path: Path, columns: Sequence[Column]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line, cells in read_csv(path, [column.name for column in columns]):
        values = {}
        for column in columns:
            text = cells[column.name]
            try:
                values[column.name] = FROM_TEXT[column.kind](text) if text else None
            except (ValueError, KeyError):
                raise InputError(f"{path}, line {line}: {column.name} cannot be {text[:50]!r}") from None
        yield f"line {line}", values


def _read_parquet(path: Path, columns: Sequence[Column]) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    from pyarrow import parquet

    names = [column.name for column in columns]
    row = 0
    try:
        with parquet.ParquetFile(path) as file:
            if missing := [name for name in names if name not in file.schema_arrow.names]:
                raise InputError(f"{path} has no column '{missing[0]}': it is no export of this kind")
            for batch in file.iter_batches(columns=names):
                for cells in batch.to_pylist():
                    row += 1
                    yield f"row {row}", cells
    except FileNotFoundError:
        raise InputError(f"no file {path}") from None
    except pa.ArrowException as error:
        raise InputError(f"{path} is damaged or no export of answers: {error}") from None
