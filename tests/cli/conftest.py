from collections.abc import Iterator

import pytest

from tests.conftest import nothing_drawn
from tests.generation.conftest import bars_run, flow_run, seconds_run

__all__ = ["bars_run", "flow_run", "seconds_run"]


@pytest.fixture
def no_pictures() -> Iterator[None]:
    with nothing_drawn():
        yield
