"""DCGAN: six transposed convolutions against six convolutions (Radford et al. 2016; thesis ch. 4)."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

DEPTH = 6  # layers of either network; five of them double or halve the size of the image
_LEAK = 0.2
_SPECKLE = 0.25  # at first; from 0 no gradient leads away, since noise has no sign


class Generator(nn.Module):
    """Latent vector to spectrogram.

    Kernel 4 everywhere; the first layer has stride 1 and no padding, the others stride 2 and padding 1. Batch
    normalisation and ReLU after all but the last layer, tanh at the end. The five ``channels`` are those
    after layers 1 to 5; layer 6 has those of an image.

    The thesis has 128 x 128 bins and frames; another ``size``, multiples of 32, only changes the kernel of
    the first layer, which is ``size / 32``. Behind the latent vector stand so many values of ``conditions``
    that say what is wanted, see `mixdream.runs.conditions`.

    Noise of music is speckle in a spectrogram: cells that vary one by one, as no few numbers can tell. With
    ``speckle`` the generator need not make it up: values of noise are added to those of layer 5, each channel
    as much of it as it learns to take (Karras et al. 2019, "A style-based generator architecture for
    generative adversarial networks", sec. 3.2). They stand between latent vector and conditions.
    """

    def __init__(
        self,
        latent: int,
        channels: Sequence[int],
        size: tuple[int, int] = (128, 128),
        conditions: int = 0,
        image_channels: int = 1,
        speckle: bool = False,
    ) -> None:
        super().__init__()
        self.latent = latent
        self.speckle = (channels[-1], size[0] // 2, size[1] // 2) if speckle else None
        self.taken = nn.Parameter(torch.full((channels[-1], 1, 1), _SPECKLE)) if speckle else None
        widths = [latent + conditions, *channels]
        layers = []
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            kernel, stride, padding = (4, 2, 1) if i else (_ends(size), 1, 0)
            layers.append(
                nn.Sequential(
                    nn.ConvTranspose2d(inputs, outputs, kernel, stride, padding, bias=False),
                    nn.BatchNorm2d(outputs),
                    nn.ReLU(inplace=True),
                )
            )
        last = nn.ConvTranspose2d(widths[-1], image_channels, 4, 2, 1, bias=False)
        self.layers = nn.Sequential(*layers, nn.Sequential(last, nn.Tanh()))
        self.apply(_initialise)

    def forward(self, z: Tensor) -> Tensor:
        """Latent vectors to images (batch, channels, *size) in [-1, 1].

        Shape (batch, latent + speckle + conditions), where the speckle has `speckle_values`.
        """
        if self.speckle is None or self.taken is None:
            return self.layers(z[:, :, None, None])
        speckles = math.prod(self.speckle)
        latent, speckle, told = z.split([self.latent, speckles, z.shape[1] - self.latent - speckles], 1)
        *first, fifth, last = self.layers
        assert isinstance(fifth, nn.Sequential)
        inside = torch.cat([latent, told], 1)[:, :, None, None]
        for layer in (*first, fifth[:-1]):
            inside = layer(inside)
        inside = inside + (self.taken * speckle.unflatten(1, self.speckle)).to(inside.dtype)
        return last(fifth[-1](inside))


class Discriminator(nn.Module):
    """Spectrogram to the logit of being real.

    Kernel 4 everywhere; the first five layers have stride 2 and padding 1, the last stride 1 and no padding.
    Leaky ReLU (0.2) after all but the last layer, batch normalisation in layers 2 to 5. The thesis ends with
    a sigmoid under a cross-entropy; here the loss takes the logit, which is the same function computed
    without underflow. A loss that punishes gradients with respect to single images needs a discriminator that
    does not ``normalise`` (Gulrajani et al. 2017, section 4).

    Where ``conditions`` come with each image, the logit gets a term for how well they fit: the product of a
    projection of them with layer 5 (Miyato & Koyama 2018, eq. 3), averaged over its frequencies but not over
    time, since the beat that a window starts on is a moment in time.
    """

    def __init__(
        self,
        channels: Sequence[int],
        size: tuple[int, int] = (128, 128),
        normalise: bool = True,
        conditions: int = 0,
        image_channels: int = 1,
    ) -> None:
        super().__init__()
        widths = [image_channels, *channels]
        layers = []
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            normalisation = [nn.BatchNorm2d(outputs)] if i and normalise else []
            convolution = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=not normalise)
            layers.append(nn.Sequential(convolution, *normalisation, nn.LeakyReLU(_LEAK, inplace=True)))
        last = nn.Conv2d(widths[-1], 1, _ends(size), 1, 0, bias=False)
        self.layers = nn.Sequential(*layers, last)
        self.project = nn.Linear(conditions, widths[-1] * _ends(size)[1], bias=False) if conditions else None
        self.apply(_initialise if normalise else _keep_variance)

    def forward(self, images: Tensor, conditions: Tensor | None = None) -> Tensor:
        """Images (batch, channels, *size), with their conditions (batch, conditions), to logits (batch,)."""
        inside = self.layers[:-1](images)
        logits = self.layers[-1](inside).flatten()
        if self.project is None or conditions is None:
            return logits
        return logits + (self.project(conditions) * inside.mean(2).flatten(1)).sum(1) / inside.shape[3]


def speckle_values(channels: Sequence[int], size: tuple[int, int]) -> int:
    """How many values of noise the speckle of a generator has."""
    return channels[-1] * (size[0] // 2) * (size[1] // 2)


def draw_latent(batch: int, latent: int, noise: str, rng: torch.Generator) -> Tensor:
    """Latent vectors, shape (batch, latent): ``normal`` (0, 1) or ``uniform`` in [0, 1)."""
    draw = torch.rand if noise == "uniform" else torch.randn
    return draw(batch, latent, generator=rng)


def _ends(size: tuple[int, int]) -> tuple[int, int]:
    """Size of the image at the narrow end of both networks."""
    bins, frames = (extent // 2 ** (DEPTH - 1) for extent in size)
    return bins, frames


def _initialise(module: nn.Module) -> None:
    """Weights ~ N(0, 0.02), as DCGAN has it; the thesis names none."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def _keep_variance(module: nn.Module) -> None:
    """Weights for networks without normalisation: values neither vanish nor explode (He et al. 2015)."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, a=_LEAK)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
