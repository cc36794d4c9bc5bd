"""Inversions by name: spectrogram to audio, one interface for all of them."""

from collections.abc import Sequence
from typing import get_args

import torch
from torch import Tensor

from mixdream.ahead import ahead
from mixdream.errors import InputError
from mixdream.spectrogram.attacks import sharpen
from mixdream.spectrogram.grid import Grid, InversionName
from mixdream.spectrogram.griffin_lim import griffin_lim
from mixdream.spectrogram.random_phase import random_phase


def invert(name: str, magnitudes: Tensor, grid: Grid, seeds: Sequence[int], loop: bool = False) -> Tensor:
    """Turn linear magnitudes, shape (batch, bins, frames), into audio, shape (batch, grid.clip_samples).

    The inversions: ``random-phase``, the thesis's oscillators; ``griffin-lim``, the fast one, from random
    phases; ``pghi``, phases read off the magnitudes; ``pghi+gl``, these made consistent by iteration of
    Griffin-Lim's projections (`mixdream.spectrogram.raar`), and attacks made sharp again
    (`mixdream.spectrogram.attacks`).

    The phases of each spectrogram are random by its seed; a clip never depends on the batch that it was made
    in. A loop is circular in time: the last frame goes on into the first, so that the clip can be repeated.
    Audio is float32 and not limited to +-1.

    Raises
    ------
    InputError
        Unknown name, spectrograms that do not fit the grid, or an inversion that the grid does not allow.

    Examples
    --------
    >>> invert("random-phase", torch.ones(1, 128, 128), Grid(), seeds=[0]).shape
    torch.Size([1, 32384])
    """
    if name not in get_args(InversionName):
        raise InputError(f"unknown inversion '{name}'; there are {', '.join(get_args(InversionName))}")
    if magnitudes.ndim != 3 or magnitudes.shape[1:] != (grid.bins, grid.frames):
        raise InputError(
            f"spectrograms of shape {tuple(magnitudes.shape[1:])} do not fit the grid's "
            f"{grid.bins} bins x {grid.frames} frames"
        )
    magnitudes = magnitudes.float()
    rows = grid.n_fft // 2 + 1
    if name == "random-phase":
        if loop and grid.clip_samples % grid.n_fft:
            raise InputError(
                f"random-phase repeats every {grid.n_fft} samples, a loop on this grid has "
                f"{grid.clip_samples}: choose another inversion"
            )
        return random_phase(magnitudes, grid, _random(seeds, (rows,), magnitudes.device))
    if name not in grid.inversions:
        raise InputError(
            f"{name} needs a grid with a Hann window, this one is {grid.window}: choose "
            f"{default_inversion(grid)} or griffin-lim"
        )
    phases = _random(seeds, (rows, grid.frames), magnitudes.device)
    # One by one: sums in a batch are ordered otherwise, which iteration makes audible. Side by side.
    each = zip(magnitudes.split(1), phases.split(1), strict=True)
    audio = torch.cat(list(ahead(lambda one: _iterate(name, one[0], grid, one[1], loop), each)))
    return audio if loop else audio[:, grid.lead : grid.lead + grid.clip_samples]


def default_inversion(grid: Grid) -> InversionName:
    """Return the name of the best inversion that a grid allows.

    >>> default_inversion(Grid())
    'random-phase'
    """
    return grid.inversions[-1]


def _iterate(name: str, magnitudes: Tensor, grid: Grid, phases: Tensor, loop: bool) -> Tensor:
    """Audio of the inversions that look for phases, from random ones."""
    if name == "griffin-lim":
        return griffin_lim(magnitudes, grid, phases, loop)
    # Here, because numba takes its time to import; other inversions need not wait for it.
    from mixdream.spectrogram.pghi import pghi
    from mixdream.spectrogram.raar import raar

    phases = pghi(magnitudes, grid, phases, loop)
    if name == "pghi":  # the phases as they were read: the inverse transform alone, no iteration
        return raar(magnitudes, grid, phases, loop, iterations=0)
    return sharpen(raar(magnitudes, grid, phases, loop), magnitudes, grid, loop)


def _random(seeds: Sequence[int], shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Phases in [0, 2 pi), shape (seeds, ...); each a function of its seed alone."""
    turns = torch.stack([torch.rand(shape, generator=torch.Generator().manual_seed(s)) for s in seeds])
    return (2 * torch.pi * turns).to(device)
