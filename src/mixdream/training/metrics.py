"""``metrics.jsonl``: one line per step, and what is read from it."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from mixdream.files import naming
from mixdream.runs.run import METRICS_NAME

_WHEN = ("step", "epoch", "seconds")
_FEWEST_EPOCHS = 20  # with a point for each
_MOST_POINTS = 300
_POINTS_OF_FEW_EPOCHS = 50


class Metrics:
    """The file of a run, opened to go on after a step; later lines, whose work was lost, are cut."""

    def __init__(self, run: Path, step: int) -> None:
        self.path = path = run / METRICS_NAME
        kept = 0
        if path.exists():
            with path.open("rb") as file:
                for line in file:
                    if _step(line) > step:
                        break
                    kept += len(line)
        with path.open("ab") as file:
            file.truncate(kept)
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def append(self, values: dict[str, Any]) -> None:
        """Write one line; it reaches the file at once."""
        with naming(self.path):
            try:
                self._file.write(json.dumps(values) + "\n")
            except OSError:
                with suppress(OSError):  # it tries once more, and is closed
                    self._file.close()
                raise

    def sync(self) -> None:
        """Force what was appended to the disk, as checkpoints are."""
        with naming(self.path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _step(line: bytes) -> float:
    """Step of a line; infinite for one that a crash left unreadable."""
    try:
        return json.loads(line)["step"] if line.endswith(b"\n") else np.inf
    except ValueError:
        return np.inf


def read_history(run: Path) -> dict[str, np.ndarray]:
    """Losses of a run over time, few enough to draw, each of shape (points,).

    ``epoch`` (1.0 is the end of the first) and means of what every step says of itself, such as ``loss_d``
    and ``loss_g``: one point per epoch, as in the thesis, in trainings of 20 to 300 epochs; in others 50 or
    300 equal stretches (or as many as there are steps).
    """
    lines = [json.loads(line) for line in (run / METRICS_NAME).read_text("utf-8").splitlines()]
    if not lines:
        return {"epoch": np.empty(0)}
    names = [name for name in lines[0] if name not in _WHEN and all(name in line for line in lines)]
    epoch = np.array([line["epoch"] for line in lines])
    table = np.array([[line[name] for name in names] for line in lines])
    epochs = int(np.ceil(epoch[-1] - 1e-9))
    if _FEWEST_EPOCHS <= epochs <= _MOST_POINTS:
        edges = np.searchsorted(epoch, np.arange(1, epochs) + 1e-9)
        chunks = [chunk for chunk in np.split(np.arange(len(lines)), edges) if len(chunk)]
    else:
        most = _POINTS_OF_FEW_EPOCHS if epochs < _FEWEST_EPOCHS else _MOST_POINTS
        chunks = np.array_split(np.arange(len(lines)), min(most, len(lines)))
    points = np.array([table[chunk].mean(axis=0) for chunk in chunks])
    history = {"epoch": np.array([epoch[chunk[-1]] for chunk in chunks])}
    return history | {name: points[:, i] for i, name in enumerate(names)}
