"""Inversions by name: spectrogram to audio, one interface for all of them."""

from collections.abc import Callable, Sequence
from typing import get_args

import torch
from torch import Tensor

from mixdream.errors import InputError
from mixdream.spectrogram.grid import Grid, InversionName
from mixdream.spectrogram.griffin_lim import griffin_lim
from mixdream.spectrogram.random_phase import random_phase

_INVERSIONS: dict[str, tuple[Callable[[Tensor, Grid, Tensor], Tensor], bool]] = {
    # name: (inversion, a phase for every cell rather than for every row)
    "random-phase": (random_phase, False),
    "griffin-lim": (griffin_lim, True),
}


def invert(name: str, magnitudes: Tensor, grid: Grid, seeds: Sequence[int]) -> Tensor:
    """Turn magnitude spectrograms into audio.

    Parameters
    ----------
    name : {"random-phase", "griffin-lim"}
    magnitudes : Tensor, shape (batch, bins, frames), >= 0
        Linear magnitudes, see `mixdream.spectrogram.transform.magnitudes`.
    grid : Grid
    seeds : sequence of int, one per spectrogram
        Its random phases; a clip never depends on the batch that it was made in.

    Returns
    -------
    Tensor, shape (batch, samples), float32
        Not limited to +-1.

    Raises
    ------
    InputError
        Unknown name, or spectrograms that do not fit the grid.

    Examples
    --------
    >>> invert("random-phase", torch.ones(1, 128, 128), Grid(), seeds=[0]).shape
    torch.Size([1, 32384])
    """
    if name not in _INVERSIONS:
        raise InputError(f"unknown inversion '{name}'; there are {', '.join(get_args(InversionName))}")
    if magnitudes.ndim != 3 or magnitudes.shape[1:] != (grid.bins, grid.frames):
        raise InputError(
            f"spectrograms of shape {tuple(magnitudes.shape[1:])} do not fit the grid's "
            f"{grid.bins} bins x {grid.frames} frames"
        )
    inversion, per_cell = _INVERSIONS[name]
    rows = grid.n_fft // 2 + 1
    shape = (rows, grid.frames) if per_cell else (rows,)
    turns = torch.stack([torch.rand(shape, generator=torch.Generator().manual_seed(s)) for s in seeds])
    return inversion(magnitudes.float(), grid, (2 * torch.pi * turns).to(magnitudes.device))
