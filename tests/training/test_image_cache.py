import os
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


def test_on_a_full_disk_images_are_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, content: bytes, at: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    cache = ImageCache(4, (2,), tmp_path)
    for value in (1.0, 2.0):
        images = cache.images(np.array([1, 3]), partial(constant, value))
        assert images.unique().tolist() == [value]
