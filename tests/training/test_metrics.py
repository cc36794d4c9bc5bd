import json
from pathlib import Path

import numpy as np
import pytest

from mixdream.training.metrics import Metrics, read_history

LOSSES = ("loss_d", "loss_g")


def write(run: Path, steps: int, per_epoch: int) -> None:
    metrics = Metrics(run, 0)
    for step in range(1, steps + 1):
        metrics.append({"step": step, "epoch": step / per_epoch} | dict.fromkeys(LOSSES, float(step)))
    metrics.close()


def test_lines_after_the_checkpoint_are_cut_even_a_half_written_one(tmp_path: Path) -> None:
    write(tmp_path, 10, 5)
    path = tmp_path / "metrics.jsonl"
    with path.open("a") as file:
        file.write('{"step": 11, "ep')
    metrics = Metrics(tmp_path, 7)
    metrics.append({"step": 8, "epoch": 1.6})
    metrics.close()
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_one_point_per_epoch_in_long_trainings(tmp_path: Path) -> None:
    write(tmp_path, 30 * 4, 4)
    history = read_history(tmp_path)
    assert np.allclose(history["epoch"], np.arange(1, 31))
    assert np.allclose(history["loss_d"], [np.mean(range(4 * e + 1, 4 * e + 5)) for e in range(30)])


def test_equal_stretches_in_short_ones(tmp_path: Path) -> None:
    write(tmp_path, 100, 1000)
    history = read_history(tmp_path)
    assert len(history["epoch"]) == 50
    assert history["loss_g"][0] == pytest.approx(1.5)


def test_no_steps(tmp_path: Path) -> None:
    write(tmp_path, 0, 1)
    assert len(read_history(tmp_path)["epoch"]) == 0
