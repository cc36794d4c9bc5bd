"""Each set is rendered once and shared by the tests of this folder."""

from functools import cache

import numpy as np
import pytest

from mixdream.demo.sets import SETS, GroundTruth, render_set

Rendered = tuple[np.ndarray, GroundTruth]
_render_once = cache(render_set)


@pytest.fixture(params=SETS)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    """Give every set in turn."""
    return _render_once(request.param)


@pytest.fixture(params=["techno", "house", "trance"])
def four_to_the_floor(request: pytest.FixtureRequest) -> Rendered:
    """Give the sets with a kick on every beat in turn."""
    return _render_once(request.param)


@pytest.fixture
def jungle() -> Rendered:
    """Give the fastest set."""
    return _render_once("jungle")


@pytest.fixture
def house() -> Rendered:
    """Give the set of two tracks."""
    return _render_once("house")
