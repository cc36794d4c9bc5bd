"""Folding: bands of frequency and neighbouring frames of a spectrogram as the channels of a smaller image."""

import torch
from torch import Tensor

from mixdream.spectrogram.grid import Grid

_SILENCE = -1000.0  # in any scaling, far under what is nothing


def fold(values: Tensor, grid: Grid) -> Tensor:
    """Fold scaled spectrograms, shape (batch, bins, frames), into images, (batch, channels, rows, columns).

    The channels are the ``grid.bands``, the lowest first (channel-wise sub-bands: Liu et al. 2020).
    Neighbours share ``grid.overlap`` rows, so that a model learns what goes on from one to the next; so many
    rows for each border are in no band, the highest ones. With ``grid.fold`` 2 the channels are the mean of
    two neighbouring frames, and so many more the difference, ``even - odd``: attacks in channels of their
    own, about as large as a network can make and judge them.

    >>> two_bands = Grid(bands=2, fold=2)
    >>> fold(torch.zeros(3, 128, 128), two_bands).shape
    torch.Size([3, 4, 64, 64])
    """
    rows = grid.bins // grid.bands
    firsts = range(0, grid.bands * (rows - grid.overlap), rows - grid.overlap)
    bands = torch.stack([values[:, first : first + rows] for first in firsts], 1)
    if grid.fold == 1:
        return bands
    even, odd = bands[..., ::2], bands[..., 1::2]
    return torch.cat([(even + odd) / 2, even - odd], 1)


def unfold(images: Tensor, grid: Grid) -> Tensor:
    """Return the spectrograms that `fold` made images of; a channel of width behind them is left out.

    Bands fade into each other where they overlap, and what is in no band is silent.
    """
    bands = images[:, : grid.bands]
    if grid.fold == 2:
        half = images[:, grid.bands : 2 * grid.bands] / 2
        bands = torch.stack([bands + half, bands - half], -1).flatten(-2)
    if not grid.overlap:
        return bands.flatten(1, 2)
    rows, step = bands.shape[2], bands.shape[2] - grid.overlap
    fade = (torch.arange(grid.overlap, device=bands.device) + 0.5)[:, None] / grid.overlap
    values = bands.new_full((len(bands), grid.bins, bands.shape[3]), _SILENCE)
    for i, band in enumerate(bands.unbind(1)):
        first, last = i * step, i * step + rows
        shared = values[:, first : first + grid.overlap] if i else band[:, : grid.overlap]
        values[:, first : first + grid.overlap] = torch.lerp(shared, band[:, : grid.overlap], fade)
        values[:, first + grid.overlap : last] = band[:, grid.overlap :]
    return values
