"""A studio in this process, and one that a browser can open."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from mixdream.project import Project
from mixdream.studio.app import create_app
from mixdream.studio.server import Server
from mixdream.studio.studio import Studio
from tests.generation.conftest import asked_run

__all__ = ["asked_run"]

PORT = 8321
ORIGIN = f"http://127.0.0.1:{PORT}"


@pytest.fixture(autouse=True)
def same_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """New loops are the same each time, in this process."""
    monkeypatch.setattr("mixdream.studio.play.maker.secrets.randbelow", random.Random(0).randrange)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Of a project that is new."""
    return Studio(Project(tmp_path / "project"))


@pytest.fixture
def stranger(studio: Studio) -> Iterator[TestClient]:
    """A client that has no link."""
    with TestClient(create_app(studio, PORT), base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client


@pytest.fixture
def client(studio: Studio, stranger: TestClient) -> TestClient:
    """A client that came by the link."""
    answer = stranger.get(f"/?token={studio.token()}")
    assert answer.url == f"{ORIGIN}/" and answer.status_code == 200
    return stranger


@contextmanager
def serving(studio: Studio) -> Iterator[Server]:
    """Serve a studio on a free port, in a thread."""
    server = Server(studio.project, 0)
    with server.listening():
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while True:  # ready as soon as anything is answered
                try:
                    httpx.get(server.link)
                    break
                except httpx.TransportError:
                    time.sleep(0.02)
            yield server
        finally:
            server.stop()
            thread.join()


@pytest.fixture
def served(studio: Studio) -> Iterator[Server]:
    """The studio, for a browser: its ``link`` is the page."""
    with serving(studio) as server:
        yield server
