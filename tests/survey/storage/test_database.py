"""Databases: opened by many at once, durable, refused in one line.

The processes of a test import this file: it imports little.
"""

import multiprocessing
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy

from mixdream.errors import InputError
from mixdream.survey.storage.database import Database
from mixdream.survey.storage.store import Store


def open_store(url: str) -> int:
    with Store(url, create=True) as store:
        return len(store.designs())


def test_processes_that_start_together_do_not_race(db: str) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(open_store, [db] * 6, chunksize=1) == [0] * 6


def test_sqlite_is_durable_and_strict(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True)
    with opened.reading() as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        ]
    opened.close()
    assert values == ["wal", 2, 1, 30_000, 1]


def test_a_worker_has_few_connections(store: Store) -> None:
    """PostgreSQL takes 100 of all workers together."""
    engine = store.engine
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(engine.connect())
        engine.pool._timeout = 0.1  # type: ignore[attr-defined]
        with pytest.raises(sqlalchemy.exc.TimeoutError):
            engine.connect()


@pytest.mark.parametrize("change", ["UPDATE mixdream_schema SET number = 9999", "DROP TABLE mixdream_schema"])
def test_a_database_of_another_version_is_refused(db: str, change: str) -> None:
    with Store(db, create=True) as store, store.writing() as connection:
        connection.exec_driver_sql(change)
    with pytest.raises(InputError, match=r"tables of another version .* give a new database with --db"):
        Store(db)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("answers.sqlite", "--db must be sqlite:///FILE or postgresql"),
        ("mysql://a@b/c", "--db must be sqlite:///FILE or postgresql"),
        ("sqlite://", "name a file"),
        ("sqlite:////no/such/folder/a.sqlite", "is missing"),
        ("postgresql://someone:sesame@127.0.0.1:1/x", r"\*\*\*@127.0.0.1:1/x cannot be used"),
    ],
)
def test_a_wrong_database_is_one_line_without_its_password(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        Store(url)
    assert "sesame" not in str(error.value)
    assert "\n" not in str(error.value)


def test_opening_makes_no_file_unless_told_to(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is missing"):
        Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    assert list(tmp_path.iterdir()) == []
