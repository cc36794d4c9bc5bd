"""Demo sets rendered once and shared by all tests of a process."""

from functools import cache

import numpy as np

from mixdream.demo.sets import GroundTruth, render_set

Rendered = tuple[np.ndarray, GroundTruth]


@cache
def rendered_set(name: str) -> Rendered:
    """Set as `render_set` gives it with the first seed."""
    return render_set(name)
