"""Demo sets rendered once and shared by all tests, of all processes."""

import os
import pickle
from functools import cache
from pathlib import Path

import numpy as np
from filelock import FileLock

from mixdream.demo.sets import GroundTruth, render_set
from tests.conftest import SHARED

Rendered = tuple[np.ndarray, GroundTruth]


@cache
def rendered_set(name: str) -> Rendered:
    """Set as `render_set` gives it with the first seed."""
    path = Path(os.environ[SHARED]) / f"{name}.pickle"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            path.write_bytes(pickle.dumps(render_set(name)))
    rendered: Rendered = pickle.loads(path.read_bytes())
    return rendered
