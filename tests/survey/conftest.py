"""Databases of both kinds, and a server."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from tests.survey.example import Server, write_test
from tests.survey.postgres import postgres, why_not


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server that is ours."""
    if reason := why_not():
        pytest.skip(reason)
    with postgres() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database."""
    name = f"test_{secrets.token_hex(6)}"
    server = sqlalchemy.make_url(postgres_server).set(drivername="postgresql+pg8000")
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = sqlalchemy.make_url(postgres_server).set(database=name)
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'answers.sqlite'}"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The example, served by two workers as a user serves it."""
    with Server(write_test(tmp_path_factory.mktemp("served") / "test"), "--workers", "2") as served:
        yield served
