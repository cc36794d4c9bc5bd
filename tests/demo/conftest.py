"""Each set is rendered once and shared by the tests of this folder."""

import pytest

from mixdream.demo.sets import SETS
from tests.demo.rendered import Rendered, rendered_set


@pytest.fixture(params=SETS)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    """Give every set in turn."""
    return rendered_set(request.param)


@pytest.fixture(params=["techno", "house", "trance"])
def four_to_the_floor(request: pytest.FixtureRequest) -> Rendered:
    """Give the sets with a kick on every beat in turn."""
    return rendered_set(request.param)


@pytest.fixture
def jungle() -> Rendered:
    """Give the fastest set."""
    return rendered_set("jungle")


@pytest.fixture
def house() -> Rendered:
    """Give the set of two tracks."""
    return rendered_set("house")
