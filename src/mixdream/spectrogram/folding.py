"""Folding: bands of frequency and neighbouring frames of a spectrogram as the channels of a smaller image."""

import torch
from torch import Tensor

from mixdream.spectrogram.grid import Grid


def fold(values: Tensor, grid: Grid) -> Tensor:
    """Fold scaled spectrograms, shape (batch, bins, frames), into images, (batch, channels, rows, columns).

    The channels are the ``grid.bands``, the lowest first (channel-wise sub-bands: Liu et al. 2020). With
    ``grid.fold`` 2 they are the mean of two neighbouring frames, and so many more channels the difference,
    ``even - odd``: attacks in channels of their own, about as large as a network can make and judge them.

    >>> two_bands = Grid(bands=2, fold=2)
    >>> fold(torch.zeros(3, 128, 128), two_bands).shape
    torch.Size([3, 4, 64, 64])
    """
    bands = values.unflatten(1, (grid.bands, -1))
    if grid.fold == 1:
        return bands
    even, odd = bands[..., ::2], bands[..., 1::2]
    return torch.cat([(even + odd) / 2, even - odd], 1)


def unfold(images: Tensor, grid: Grid) -> Tensor:
    """Return the spectrograms that `fold` made images of; a channel of width behind them is left out."""
    bands = images[:, : grid.bands]
    if grid.fold == 2:
        half = images[:, grid.bands : 2 * grid.bands] / 2
        bands = torch.stack([bands + half, bands - half], -1).flatten(-2)
    return bands.flatten(1, 2)
