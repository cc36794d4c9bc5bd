"""Spectrograms given as files: .npy arrays and .png images."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mixdream.corpus.images import read_grid, read_image
from mixdream.errors import InputError
from mixdream.spectrogram.grid import Grid


def read_spectrograms(path: Path, grid: Grid) -> tuple[Tensor, Grid]:
    """Read linear magnitudes from a file.

    Parameters
    ----------
    path : Path
        ``.npy`` of shape (bins, frames) or (count, bins, frames), or a ``.png`` written by mixdream.
    grid : Grid
        Of a ``.npy`` without a ``.json`` beside it, which `mixdream corpus import-images` writes; a ``.png``
        says its own.

    Returns
    -------
    magnitudes : Tensor, shape (count, bins, frames)
    grid : Grid

    Raises
    ------
    InputError
        Unreadable, of the wrong shape, complex, negative or not finite.
    """
    if path.suffix.lower() == ".png":
        image, grid = read_image(path)
        return torch.from_numpy(image)[None], grid
    if path.suffix.lower() != ".npy":
        raise InputError(f"{path} is no spectrogram: a .npy array or a .png image is wanted")
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise InputError(f"{path} must hold real numbers: linear magnitudes, one array")
    values = values[None] if values.ndim == 2 else values
    grid = read_grid(path) or grid
    if values.ndim != 3 or values.shape[1:] != (grid.bins, grid.frames):
        raise InputError(
            f"{path} has shape {values.shape}; the grid wants ({grid.bins}, {grid.frames}) or a stack of "
            "them: name another grid with --recipe"
        )
    if len(values) == 0:
        raise InputError(f"{path} holds no spectrogram: its shape is {values.shape}")
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError(
            f"{path} holds values that are negative or not finite; magnitudes are linear and >= 0"
        )
    return torch.from_numpy(values), grid
