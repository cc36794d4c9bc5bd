"""Tests that are served: the example in this process, and one of MUSHRA as a user serves it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mixdream.survey.design.design import Design
from mixdream.survey.serving.app import create_app
from tests.survey.example import Server, example_design, rendered, settings_for, write_rendered
from tests.survey.serving.mushra import written

Open = Callable[..., TestClient]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, rendered."""
    write_rendered(tmp_path, example_design())
    return tmp_path


@pytest.fixture
def open_client(folder: Path) -> Iterator[Open]:
    """A browser of its own each time, at a server of its own."""
    clients = []

    def opened(design: Design | None = None, **options: Any) -> TestClient:
        app = create_app(settings_for(folder, design or example_design(), **options))
        clients.append(TestClient(app))
        return clients[-1].__enter__()

    yield opened
    for client in clients:
        client.__exit__()


@pytest.fixture(scope="session")
def mushra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two pages of MUSHRA, served as a user serves them."""
    with Server(rendered(written(tmp_path_factory.mktemp("mushra") / "test"))) as server:
        yield server
