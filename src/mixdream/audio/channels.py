"""Mixing channels: any number of them to mono or stereo."""

import numpy as np


def mix(data: np.ndarray, names: list[str], channels: int) -> np.ndarray:
    """Mix channels to mono or stereo by averages, which cannot clip.

    From shape (source channels, n), float32, to (n, channels); ``names`` are FFmpeg's names of the source
    channels: FL, FR, FC, LFE, BL ...
    """
    every = list(range(len(data)))
    groups = [every]
    if channels == 2:
        known = names if "NONE" not in names else ["FL", "FR"][: len(data)] if len(data) <= 2 else []
        left = [i for i, name in enumerate(known) if not name.endswith("R")]
        right = [i for i, name in enumerate(known) if not name.endswith("L")]
        groups = [left or every, right or every]
    mixed = np.empty((data.shape[1], channels), np.float32)
    for column, group in zip(mixed.T, groups, strict=True):
        np.add.reduce(data[group], axis=0, out=column) if len(group) > 2 else _add(data, group, column)
        column *= np.float32(1 / len(group))
    return mixed


def _add(data: np.ndarray, group: list[int], out: np.ndarray) -> None:
    """Sum of one or two channels, several times faster than a reduction over an axis of that length."""
    if len(group) == 1:
        out[:] = data[group[0]]
    else:
        np.add(data[group[0]], data[group[1]], out=out)
