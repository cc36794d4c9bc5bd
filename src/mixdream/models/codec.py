"""Codec of spectrograms: an image to one vector for each moment of it, and back to an image.

What comes back is what can be told of noise: how loud each cell usually is, and how far cells are from that.
The cells themselves are then those of noise that is made anew.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from mixdream.spectrogram.folding import fold
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.statistics import decibels
from mixdream.spectrogram.transform import stft

COLUMNS = 8
"""Columns of an image for one vector: a sixteenth, where two bars have 256 columns."""

_ROWS = 32  # layers halve the rows five times; the columns only three times
_LEAK = 0.2
_LARGEST_SPREAD = 0.5  # an image lies in [-1, 1]

# Of the encoder's layers: kernels and strides, rows and columns.
_LAYERS = ((4, 4), (2, 2)), ((4, 4), (2, 2)), ((4, 4), (2, 2)), ((4, 3), (2, 1)), ((4, 3), (2, 1))


class Encoder(nn.Module):
    """Image to vectors, as the encoder of an autoencoder (Rombach et al. 2022, sec. 3.1).

    Five convolutions with the five ``channels``, batch normalisation and leaky ReLU (0.2); what is left of
    the rows is channels of a last one. Each vector has a root mean square of 1, so that noise of a known
    level can be added to it.
    """

    def __init__(self, latent: int, channels: Sequence[int], grid: Grid) -> None:
        super().__init__()
        of_image, rows, _ = grid.image_shape
        layers: list[nn.Module] = []
        for (inputs, outputs), (kernel, stride) in zip(pairwise((of_image, *channels)), _LAYERS, strict=True):
            layers += [nn.Conv2d(inputs, outputs, kernel, stride, 1, bias=False), nn.BatchNorm2d(outputs)]
            layers += [nn.LeakyReLU(_LEAK, inplace=True)]
        self.layers = nn.Sequential(*layers)
        self.last = nn.Conv1d(channels[-1] * (rows // _ROWS), latent, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Images, shape (batch, channels, rows, columns), to vectors, (batch, latent, columns / 8)."""
        return unit(self.last(self.layers(images).flatten(1, 2)))


class Decoder(nn.Module):
    """Vectors to the levels and the spread of an image's cells, by transposed convolutions.

    The spread is the mean absolute deviation of a cell from its level. Width of stereo has levels only.
    """

    def __init__(self, latent: int, channels: Sequence[int], grid: Grid) -> None:
        super().__init__()
        of_image, rows, _ = grid.image_shape
        self.of_image, self.first_channels = of_image, channels[0]
        outside = of_image + grid.bands * grid.fold
        self.first = nn.Conv1d(latent, channels[0] * (rows // _ROWS), 1)
        self.inside = nn.Sequential(
            *_normalised(channels[0]), nn.Conv2d(channels[0], channels[0], 3, 1, 1, bias=False)
        )
        layers: list[nn.Module] = []
        for (inputs, outputs), (kernel, stride) in zip(
            pairwise((*channels, outside)), reversed(_LAYERS), strict=True
        ):
            transposed = nn.ConvTranspose2d(inputs, outputs, kernel, stride, 1, bias=len(layers) == 4)
            layers.append(nn.Sequential(*_normalised(inputs), transposed))
            _interpolate(transposed, 0.0 if len(layers) == 5 else 0.5)
        self.layers = nn.Sequential(*layers)

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors, shape (batch, latent, positions), to levels, shape (batch, channels, rows, columns).

        With them comes the spread of all channels that have some, in (0, 0.5).
        """
        first = self.first(vectors).unflatten(1, (self.first_channels, -1))
        outside = self.layers(first + self.inside(first)).float()
        levels, spread = outside.tensor_split([self.of_image], 1)
        return levels.tanh(), _LARGEST_SPREAD * spread.sigmoid()


def unit(vectors: Tensor) -> Tensor:
    """Bring vectors, shape (batch, latent, positions), to a root mean square of 1."""
    return vectors * torch.rsqrt(vectors.float().square().mean(1, keepdim=True) + 1e-6).to(vectors.dtype)


def speckle(noise: Tensor, grid: Grid) -> Tensor:
    """Fold the spectrogram of white noise, a loop of shape (batch, clip_samples), with a spread of 1.

    Each channel of the result, shape (batch, channels with spread, rows, columns), has mean 0 and mean
    absolute deviation 1.
    """
    cells = fold(decibels(stft(noise, grid, loop=True)[..., : grid.bins, :].abs()), grid)
    cells = cells - cells.mean((2, 3), keepdim=True)
    return cells / cells.abs().mean((2, 3), keepdim=True)


def _normalised(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), nn.ReLU(inplace=True)


@torch.no_grad()
def _interpolate(layer: nn.ConvTranspose2d, variety: float) -> None:
    """Let a transposed convolution begin as linear interpolation, whose kernels vary by that share.

    So it begins without the lattice that random ones leave (Odena et al. 2016, "Deconvolution and
    checkerboard artifacts"), for all but its mix of channels.
    """
    kernels = {3: torch.tensor([0.25, 0.5, 0.25]), 4: torch.tensor([0.25, 0.75, 0.75, 0.25])}
    rows, columns = (kernels[size] for size in layer.kernel_size)
    mix = torch.randn(layer.in_channels, layer.out_channels, 1, 1) * (2 / layer.in_channels) ** 0.5
    layer.weight.copy_(mix * torch.outer(rows, columns) * (1 + variety * torch.randn(layer.weight.shape)))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
