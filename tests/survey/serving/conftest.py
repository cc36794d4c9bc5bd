"""A test of MUSHRA that is served."""

from collections.abc import Iterator

import pytest

from tests.survey.example import Server, rendered
from tests.survey.serving.mushra import written


@pytest.fixture(scope="session")
def mushra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two pages of MUSHRA, served as a user serves them."""
    with Server(rendered(written(tmp_path_factory.mktemp("mushra") / "test"))) as server:
        yield server
