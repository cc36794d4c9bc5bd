"""The database behind a listening test: SQLite, or PostgreSQL by URL."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import sqlalchemy
from sqlalchemy import Connection, Engine, event, insert, inspect, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from mixdream.errors import InputError
from mixdream.survey.storage.tables import metadata, schema

SCHEMA = 2
"""Number of the tables that this version works with; to be raised when they change."""

_BUSY_MS = 30_000
_FORGET_TRIES, _FORGET_WAIT_S = 10, 0.05
_POOL = {"pool_size": 5, "max_overflow": 5}  # of each worker; PostgreSQL has 100 for all clients
_SCHEMA_LOCK = 0x6D697864  # any number that is ours


class Database:
    """Transactions on a database that has our tables.

    The URL is ``sqlite:///answers.sqlite`` or ``postgresql://user:password@host/name``; with ``create`` a
    SQLite file that does not exist is made. The tables of another version are an InputError.
    """

    def __init__(self, url: str, create: bool = False) -> None:
        parsed = _parse(url)
        self.shown_url = parsed.render_as_string(hide_password=True)
        self._writing = threading.Lock()
        if parsed.get_backend_name() == "sqlite":
            path = Path(parsed.database or "")
            if not path.name or path.name == ":memory:":
                raise InputError(f"--db {url}: name a file, as in sqlite:///answers.sqlite")
            if not create and not path.is_file():
                raise InputError(f"{path} is missing: nobody was served this test yet, or give its --db")
            if not path.parent.is_dir():
                raise InputError(f"{path}: there is no folder {path.parent}")
            if create:
                path.touch(0o600)  # answers are nobody else's; SQLite gives its log the same rights
            self.engine = _sqlite(parsed)
        else:
            self.engine = sqlalchemy.create_engine(parsed, pool_pre_ping=True, **_POOL)
        try:
            self._make_tables()
        except DBAPIError as error:
            raise InputError(f"database {self.shown_url} cannot be used: {reason_of(error)}") from error

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file."""
        return self.engine.dialect.name == "sqlite"

    def reading(self) -> Connection:
        """A connection to read with; ``with`` closes it."""
        return self.engine.connect()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on the disk when the block is left, or never was.

        Of SQLite there is one writer at a time: threads queue here, processes at the file.
        """
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        writer = self.engine.execution_options(mixdream_write=True)
        with self._writing, writer.begin() as connection:
            yield connection

    def forget(self) -> None:
        """Remove deleted rows from SQLite's log, too; while others are reading that happens later."""
        if not self.is_sqlite:
            return
        connection = self.engine.raw_connection()
        cursor = connection.cursor()
        try:
            # Waiting for readers here would make all writers wait, too.
            cursor.execute("PRAGMA busy_timeout = 0")
            for _ in range(_FORGET_TRIES):
                busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    break
                time.sleep(_FORGET_WAIT_S)
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _make_tables(self) -> None:
        """Make the tables of an empty database, check those of another one.

        Processes that start together wait for each other.
        """
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(sqlalchemy.text(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"))
            names = set(inspect(connection).get_table_names())
            if names.isdisjoint(metadata.tables):
                metadata.create_all(connection)
                connection.execute(insert(schema), {"number": SCHEMA})
                return
            number = connection.execute(select(schema.c.number)).scalar() if schema.name in names else None
        if number != SCHEMA:
            raise InputError(
                f"database {self.shown_url} has the tables of another version of mixdream (schema "
                f"{number or 'without a number'}, this version has {SCHEMA}): export its answers with that "
                "version, and give a new database with --db"
            )


def _parse(url: str) -> sqlalchemy.URL:
    try:
        parsed = sqlalchemy.make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        parsed = None
    name = parsed.drivername.partition("+")[0] if parsed else ""
    if parsed is None or name not in ("sqlite", "postgresql"):
        raise InputError(
            "--db must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, got "
            f"'{url.partition(':')[0] or url}:...'"
        )
    return parsed.set(drivername="postgresql+pg8000" if name == "postgresql" else "sqlite+pysqlite")


def _sqlite(url: sqlalchemy.URL) -> Engine:
    engine = sqlalchemy.create_engine(
        url, connect_args={"timeout": _BUSY_MS / 1000, "check_same_thread": False}, **_POOL
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        _into_wal(cursor)
        cursor.execute("PRAGMA synchronous = FULL")  # a confirmed answer survives a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # what was withdrawn is overwritten
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # A reader that becomes a writer fails where its snapshot is outdated: writers say so from the start.
        write = connection.get_execution_options().get("mixdream_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _into_wal(cursor: Any) -> None:
    """Switch to a write-ahead log; SQLite does not wait for other connections here, so this function does."""
    import sqlite3

    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def reason_of(error: DBAPIError) -> str:
    """What the database itself said."""
    cause = error.orig
    details = cause.args[0] if cause and cause.args else cause
    return str(details.get("M", details) if isinstance(details, dict) else details)
