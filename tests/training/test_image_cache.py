import shutil
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from mixdream.training.image_cache import ImageCache


def test_images_are_made_once_and_are_the_same_again(tmp_path: Path) -> None:
    made: list[int] = []

    def make(rows: np.ndarray) -> torch.Tensor:
        made.extend(rows.tolist())
        return torch.stack([torch.full((2, 3), 1 / (1 + row)) for row in rows.tolist()])

    cache = ImageCache(10, (2, 3), tmp_path / "not" / "there")
    first = cache.images(np.array([7, 2, 5]), make)
    again = cache.images(np.array([5, 9, 7]), make)
    assert made == [7, 2, 5, 9]
    assert first.dtype == torch.float16
    assert torch.equal(again, torch.stack([first[2], make(np.array([9]))[0].half(), first[0]]))
    assert list(tmp_path.iterdir()) == []


def constant(value: float, rows: np.ndarray) -> torch.Tensor:
    return torch.full((len(rows), 2), value)


def test_without_room_on_the_disk_images_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of what is free is left to checkpoints; 12 bytes hold one image of two numbers, not two."""
    disk = shutil.disk_usage(tmp_path)._replace(free=12)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: disk)
    cache = ImageCache(4, (2,), tmp_path)
    first = cache.images(np.array([0, 1]), partial(constant, 1.0))
    again = cache.images(np.array([0, 1]), partial(constant, 2.0))
    assert (first.tolist(), again.tolist()) == ([[1, 1]] * 2, [[1, 1], [2, 2]])


def test_a_folder_that_cannot_be_written_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**how: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    cache = ImageCache(4, (2,), tmp_path)
    for value in (1.0, 2.0):
        assert cache.images(np.array([1]), partial(constant, value)).unique().tolist() == [value]
