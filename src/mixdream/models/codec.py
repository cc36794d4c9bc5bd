"""Codec of spectrograms: an image to one vector for each moment of it, and back to an image.

What comes back is what can be told of noise: how loud each cell usually is, how far cells are from that, and
how fast they change. The cells themselves are then those of noise that is made anew.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixdream.spectrogram.folding import fold
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.statistics import decibels
from mixdream.spectrogram.transform import stft

COLUMNS = 8
"""Columns of an image for one vector: a sixteenth, where two bars have 256 columns."""

_GROUPS = 16  # of rows, whose course within the columns of a vector components know
_OF_WIDTH = 0.5  # weight in components of the channel of width, which varies most and says least
_OF_LOWEST = 2.0  # of the lowest band, where pitches are, in components and errors
_POWER = 0.5  # of a component's deviation, that its values in vectors go with
_LEAST = 1e-6  # variance of a component that counts
_ROWS = 32  # layers halve the rows five times; the columns only three times
_LEAK = 0.2
_FIRST_SIZE = 0.03  # of what layers add to levels before anything is learnt: a tenth of those of images
_LARGEST_SPREAD = 0.5  # an image lies in [-1, 1]
_SLOW_HZ = 2.0  # modulations under it are those of noise that is nearly as steady as tones
_NEIGHBOURS = 0.25  # share of such noise in a bin that its neighbours have, too: a tone lies in several
_SAME_TONES_HZ = 250.0  # under it, frames that overlap differ as their tones do: noise of their own is rough
_REMEMBERED = 0.9  # of what calibrations have seen
_HARDLY_SEEN = 1e-6  # so that the first calibration counts

# Of the encoder's layers: kernels and strides, rows and columns.
_LAYERS = ((4, 4), (2, 2)), ((4, 4), (2, 2)), ((4, 4), (2, 2)), ((4, 3), (2, 1)), ((4, 3), (2, 1))


class Cells(NamedTuple):
    """What a codec knows of an image's cells."""

    levels: Tensor  # shape (batch, channels, rows, columns)
    spread: Tensor  # mean deviation from the levels, of all channels but width
    change: Tensor  # mean change of the deviation from column to column, of bands but not of differences


class Components(NamedTuple):
    """Principal components of the columns that a vector is for, most of the variance first."""

    mean: Tensor  # shape (values,)
    directions: Tensor  # shape (values, latent), of length 1
    deviations: Tensor  # standard deviations along them, shape (latent,)


class Encoder(nn.Module):
    """Image to vectors, as the encoder of an autoencoder (Rombach et al. 2022, sec. 3.1).

    A vector is a linear map of its columns: of their mean spectrum, in which single rows are told apart, and
    of the course of groups of rows within them, in which attacks are. Five convolutions with the five
    ``channels``, batch normalisation and leaky ReLU (0.2) add to it. Over the windows each of its values has
    mean 0 and a variance that is kept (batch normalisation
    without gain): the root of what its component begins with, 1 in the mean, so that noise of a known level
    can be added to it and harms what varies most the least.
    """

    sizes: Tensor

    def __init__(self, latent: int, channels: Sequence[int], grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        of_image, rows, _ = grid.image_shape
        layers: list[nn.Module] = []
        for (inputs, outputs), (kernel, stride) in zip(pairwise((of_image, *channels)), _LAYERS, strict=True):
            layers += [nn.Conv2d(inputs, outputs, kernel, stride, 1, bias=False), nn.BatchNorm2d(outputs)]
            layers += [nn.LeakyReLU(_LEAK, inplace=True)]
        self.layers = nn.Sequential(*layers)
        self.last = nn.Conv1d(channels[-1] * (rows // _ROWS), latent, 1, bias=False)
        self.direct = nn.Conv1d(component_values(grid), latent, 1)
        self.even = nn.BatchNorm1d(latent, affine=False)
        self.register_buffer("sizes", torch.ones(latent))
        nn.init.zeros_(self.last.weight)

    def forward(self, images: Tensor) -> Tensor:
        """Images, shape (batch, channels, rows, columns), to vectors, (batch, latent, columns / 8)."""
        told = self.direct(_values(images)) + self.last(self.layers(images).flatten(1, 2))
        return self.even(told.float()) * self.sizes[:, None]


class Decoder(nn.Module):
    """Vectors to what is known of an image's cells: a linear map, and transposed convolutions."""

    errors: Tensor
    told: Tensor

    def __init__(self, latent: int, channels: Sequence[int], grid: Grid) -> None:
        super().__init__()
        of_image, rows, _ = grid.image_shape
        self.parts, self.size = [of_image, grid.bands * grid.fold, grid.bands], (of_image, rows)
        self.first_channels = channels[0]
        self.first = nn.Conv1d(latent, channels[0] * (rows // _ROWS), 1)
        self.inside = nn.Sequential(
            *_normalised(channels[0]), nn.Conv2d(channels[0], channels[0], 3, 1, 1, bias=False)
        )
        layers: list[nn.Module] = []
        widths = pairwise((*channels, sum(self.parts)))
        for (inputs, outputs), (kernel, stride) in zip(widths, reversed(_LAYERS), strict=True):
            last = len(layers) == len(_LAYERS) - 1
            transposed = nn.ConvTranspose2d(inputs, outputs, kernel, stride, 1, bias=last)
            _interpolate(transposed, *((0.0, _FIRST_SIZE) if last else (0.5, 1.0)))
            layers.append(nn.Sequential(*_normalised(inputs), transposed))
        self.layers = nn.Sequential(*layers)
        self.direct = nn.Conv1d(latent, component_values(grid), 1)
        for first in self.direct.parameters():
            nn.init.zeros_(first)
        # Mean errors, and what was told of them, of spread and change in each channel and row.
        seen = torch.full((sum(self.parts[1:]), rows, 1), _HARDLY_SEEN)
        self.register_buffer("errors", seen)
        self.register_buffer("told", seen.clone())

    def forward(self, vectors: Tensor) -> Cells:
        """Vectors, shape (batch, latent, positions), to cells.

        While the decoder learns, spread and change are those of its own errors; else they are calibrated.
        """
        first = self.first(vectors).unflatten(1, (self.first_channels, -1))
        outside = self.layers(first + self.inside(first)).contiguous().float()  # channels are taken apart
        levels, spread, change = outside.split(self.parts, 1)
        levels = levels + _cells(self.direct(vectors).float(), self.size)
        deviations = _LARGEST_SPREAD * torch.cat([spread, change], 1).sigmoid()
        if not self.training:
            deviations = deviations * (self.errors / self.told)
        return Cells(levels, *deviations.split(self.parts[1:], 1))

    @torch.no_grad()
    def calibrate(self, cells: Cells, real: Tensor) -> None:
        """Remember how far calibrated cells are from those of images, on average over moments.

        Averaged weights make fewer errors than those that are learning, which are what spread is told of.
        """
        error = real - cells.levels
        spread = error[:, : self.parts[1]].abs().mean((0, 3))
        change = error[:, : self.parts[2]].diff(dim=3).abs().mean((0, 3))
        told = torch.cat([cells.spread, cells.change], 1).mean((0, 3))[..., None] * (self.told / self.errors)
        self.errors.lerp_(torch.cat([spread, change])[..., None], 1 - _REMEMBERED)
        self.told.lerp_(told, 1 - _REMEMBERED)


def component_values(grid: Grid) -> int:
    """How many values a component has: of each channel a spectrum and the courses of its groups of rows."""
    channels, rows, _ = grid.image_shape
    return channels * (rows + _GROUPS * COLUMNS)


def principal_components(images: Iterable[Tensor], latent: int, grid: Grid) -> Components:
    """Find the components of batches of images, shape (batch, channels, rows, columns)."""
    from scipy.linalg import eigh  # here: it takes its time to import

    count, sums, products = 0, torch.zeros(()), torch.zeros(())
    for some in images:
        values = _values(some.cpu() * _weights(grid)).transpose(1, 2).flatten(0, 1).double()
        count, sums, products = count + len(values), sums + values.sum(0), products + values.T @ values
    mean = sums / count
    covariance = products / count - torch.outer(mean, mean)
    # Only those that are asked for: all of them take three times as long.
    asked_for = len(mean) - latent, len(mean) - 1
    variances, directions = map(torch.from_numpy, eigh(covariance.numpy(), subset_by_index=asked_for))
    deviations = variances.flip(0).clamp(min=_LEAST).sqrt()
    return Components(mean.float(), directions.flip(1).float(), deviations.float())


def begin_with(components: Components, encoder: Encoder, decoder: Decoder) -> None:
    """Let vectors begin as components in units of their deviations, to which layers add nothing yet."""
    mean, directions, deviations = components
    rows = encoder.grid.image_shape[1]
    each = _weights(encoder.grid).flatten()
    weights = torch.cat([each.repeat_interleave(rows), each.repeat_interleave(_GROUPS * COLUMNS)])
    ahead = (directions / deviations).T
    sizes = deviations**_POWER
    sizes = sizes / sizes.square().mean().sqrt()
    encoder.sizes.copy_(sizes)
    behind = directions * (deviations / sizes) / weights[:, None]
    encoder.direct.load_state_dict({"weight": (ahead * weights)[..., None], "bias": -ahead @ mean})
    decoder.direct.load_state_dict({"weight": behind[..., None], "bias": mean / weights})


def band_weights(grid: Grid) -> Tensor:
    """How much errors of channels count, shape (channels, 1, 1)."""
    weights = torch.ones(grid.image_shape[0], 1, 1)
    weights[: grid.bands * grid.fold : grid.bands] = _OF_LOWEST
    return weights


def _weights(grid: Grid) -> Tensor:
    """How much channels count in components, shape (channels, 1, 1)."""
    weights = band_weights(grid)
    weights[grid.bands * grid.fold :] = _OF_WIDTH
    return weights


def _values(images: Tensor) -> Tensor:
    """Images to what components are of, spectra, then courses, shape (batch, values, positions)."""
    columns = images.float().unflatten(3, (-1, COLUMNS))
    groups = columns.unflatten(2, (_GROUPS, -1)).mean(3)
    courses = groups - groups.mean(4, keepdim=True)
    return torch.cat([columns.mean(4).flatten(1, 2), courses.transpose(3, 4).flatten(1, 3)], 1)


def _cells(values: Tensor, size: tuple[int, int]) -> Tensor:
    """Cells, shape (batch, channels, rows, columns), that have these values, but for what they do not say."""
    channels, rows = size
    spectra, courses = values.split([channels * rows, values.shape[1] - channels * rows], 1)
    spectra = spectra.unflatten(1, size).repeat_interleave(COLUMNS, 3)
    courses = courses.unflatten(1, (channels, _GROUPS, COLUMNS)).transpose(3, 4).flatten(3)
    return spectra + courses.repeat_interleave(rows // _GROUPS, 2)


def fill(cells: Cells, white: Tensor, grid: Grid) -> Tensor:
    """Images, shape (batch, channels, rows, columns), with the cells of noise as far as they go.

    ``white`` is N(0, 1), shape (batch, `white_values`): a part of it changes as fast as white noise does, the
    other is as steady as tones. Both are independent, so squares of their deviations add up, and those of
    their changes: spread and change say how much there is of each.
    """
    fast, slow = white.split([grid.clip_samples, white.shape[1] - grid.clip_samples], 1)
    fast, slow = speckle(fast, grid), slow_speckle(slow, grid)
    bands = cells.change.shape[1]
    fastest, slowest = (_changes(each[:, :bands]).square() for each in (fast, slow))
    changes = (cells.change / cells.spread[:, :bands]).square()
    of_slow = ((fastest - changes) / (fastest - slowest)).clamp(0, 1)
    # What changes slowly hardly differs from frame to frame.
    of_slow = torch.cat([of_slow, *[torch.zeros_like(of_slow)] * (grid.fold - 1)], 1)
    both = of_slow.sqrt() * slow + (1 - of_slow).sqrt() * fast
    filling = cells.spread * both / both.abs().mean((2, 3), keepdim=True)
    if grid.fold == 2:
        filling[:, bands, : round(_SAME_TONES_HZ * grid.n_fft / grid.rate_hz)] = 0
    levels, width = cells.levels.tensor_split([filling.shape[1]], 1)
    return torch.cat([levels + filling, width], 1)


def white_values(grid: Grid) -> int:
    """How many values of noise `fill` takes for an image."""
    return grid.clip_samples + 2 * grid.bins * _slow_modes(grid)


def speckle(white: Tensor, grid: Grid) -> Tensor:
    """Fold the spectrogram of white noise, a loop of shape (batch, clip_samples), with a spread of 1.

    Each channel of the result, shape (batch, channels with spread, rows, columns), has mean 0 and mean
    absolute deviation 1.
    """
    return _spread_to_one(decibels(stft(white, grid, loop=True)[..., : grid.bins, :].abs()), grid)


def slow_speckle(white: Tensor, grid: Grid) -> Tensor:
    """Cells as `speckle` has them, but of levels that change slowly, and in neighbouring bins alike."""
    modes = torch.view_as_complex(white.contiguous().unflatten(1, (grid.bins, _slow_modes(grid), 2)))
    levels = torch.fft.irfft(F.pad(modes, (1, grid.frames // 2 - modes.shape[2])), grid.frames)
    levels = levels + _NEIGHBOURS * (levels.roll(1, 1) + levels.roll(-1, 1))
    return _spread_to_one(levels, grid)


def _slow_modes(grid: Grid) -> int:
    return math.ceil(_SLOW_HZ * grid.clip_samples / grid.rate_hz)


def _spread_to_one(levels: Tensor, grid: Grid) -> Tensor:
    cells = fold(levels, grid)
    cells = cells - cells.mean((2, 3), keepdim=True)
    return cells / cells.abs().mean((2, 3), keepdim=True)


def _changes(cells: Tensor) -> Tensor:
    """Mean absolute change of each channel from column to column, shape (batch, channels, 1, 1)."""
    return cells.diff(dim=3).abs().mean((2, 3), keepdim=True)


def _normalised(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), nn.ReLU(inplace=True)


@torch.no_grad()
def _interpolate(layer: nn.ConvTranspose2d, variety: float, size: float) -> None:
    """Let a transposed convolution begin as linear interpolation, whose kernels vary by that share.

    So it begins without the lattice that random ones leave (Odena et al. 2016, "Deconvolution and
    checkerboard artifacts"), for all but its mix of channels.
    """
    kernels = {3: torch.tensor([0.25, 0.5, 0.25]), 4: torch.tensor([0.25, 0.75, 0.75, 0.25])}
    rows, columns = (kernels[size] for size in layer.kernel_size)
    mix = size * torch.randn(layer.in_channels, layer.out_channels, 1, 1) * (2 / layer.in_channels) ** 0.5
    layer.weight.copy_(mix * torch.outer(rows, columns) * (1 + variety * torch.randn(layer.weight.shape)))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
