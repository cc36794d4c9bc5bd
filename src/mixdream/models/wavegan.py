"""WaveGAN: noise to the samples of a clip, without a spectrogram (Donahue et al. 2019)."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NARROW = 16
"""Samples at the narrow end of both networks."""

_KERNEL = 25
_STRIDE = 4
_LEAK = 0.2


class Generator(nn.Module):
    """Latent vector to waveform.

    A matrix product makes 16 samples of many channels, transposed convolutions of kernel 25 and stride 4 the
    waveform; ReLU between them, tanh at the end, nothing is normalised (paper, sec. 3.2 and appendix D). The
    last layer but one has ``width`` channels, each before it twice as many; the paper's width is 64. Its
    16 384 samples take five layers; twice as many take one more of stride 2, as in the authors' own program.
    """

    def __init__(self, latent: int, width: int, samples: int) -> None:
        super().__init__()
        strides = strides_of(samples)
        widths = [width << layer for layer in reversed(range(len(strides)))]
        self.first = nn.Linear(latent, widths[0] * NARROW)
        self.layers = nn.ModuleList(
            nn.ConvTranspose1d(inputs, outputs, _KERNEL, stride, _padding(stride), output_padding=1)
            for (inputs, outputs), stride in zip(pairwise((*widths, 1)), strides, strict=True)
        )
        self.apply(_initialise)

    def forward(self, z: Tensor) -> Tensor:
        """Latent vectors in [0, 1), shape (batch, latent), to images of one row, (batch, 1, 1, samples).

        Samples lie in [-1, 1]. What the network takes is uniform in [-1, 1), as in the paper.
        """
        inside = self.first(2 * z - 1).unflatten(1, (-1, NARROW))
        for layer in self.layers:
            inside = layer(F.relu(inside))
        return inside.tanh()[:, None]


class Discriminator(nn.Module):
    """Waveform to the logit of being real.

    Convolutions of kernel 25 with the strides of the generator, leaky ReLU (0.2), at the end a matrix product
    (paper, sec. 3.2 and appendix D). The first layer has ``width`` channels, each after it twice as many.

    After each convolution but the last, clips are shifted by up to ``shuffle`` samples, see `shift_phase`:
    strided kernels of a generator leave artefacts of a certain phase, and a discriminator that knows this
    phase teaches nothing else (sec. 3.3). The paper shifts feature maps, its authors' program whole batches;
    here each clip is shifted by itself. ``rng`` draws the shifts; without it nothing is shifted.
    """

    def __init__(self, width: int, samples: int, shuffle: int = 2) -> None:
        super().__init__()
        self.shuffle = shuffle
        self.rng: torch.Generator | None = None
        strides = strides_of(samples)
        widths = [width << layer for layer in range(len(strides))]
        self.layers = nn.ModuleList(
            nn.Conv1d(inputs, outputs, _KERNEL, stride, _padding(stride))
            for (inputs, outputs), stride in zip(pairwise((1, *widths)), strides, strict=True)
        )
        self.last = nn.Linear(widths[-1] * NARROW, 1, bias=False)  # the loss is of differences
        self.apply(_initialise)

    def forward(self, images: Tensor, conditions: Tensor | None = None) -> Tensor:
        """Images of one row, shape (batch, 1, 1, samples), to logits, (batch,)."""
        inside = images[:, 0]
        for number, layer in enumerate(self.layers, 1):
            inside = F.leaky_relu(layer(inside), _LEAK)
            if self.rng is not None and self.shuffle and number < len(self.layers):
                low, high = -self.shuffle, self.shuffle + 1
                shifts = torch.randint(low, high, (len(inside),), generator=self.rng)
                inside = shift_phase(inside, shifts.tolist())
        return self.last(inside.flatten(1)).flatten()


def shift_phase(clips: Tensor, shifts: Sequence[int]) -> Tensor:
    """Shift clips, shape (batch, channels, samples), later by so many samples each, earlier where negative.

    What is missing at an end is what lies there, reflected (phase shuffle, paper sec. 3.3).

    >>> shift_phase(torch.arange(4.0).expand(2, 1, 4), [1, -2])[:, 0]
    tensor([[1., 0., 1., 2.],
            [2., 3., 2., 1.]])
    """
    most, samples = max(map(abs, shifts)), clips.shape[-1]
    padded = F.pad(clips, (most, most), "reflect")
    pairs = zip(padded, shifts, strict=True)
    return torch.stack([clip[:, most - shift : most - shift + samples] for clip, shift in pairs])


def strides_of(samples: int) -> list[int]:
    """Strides of the layers between 16 samples and so many: 4 each, but one of 2 where it takes one.

    Samples that are no power of two, or fewer than 64, are a ValueError.

    >>> strides_of(16_384), strides_of(32_768)
    ([4, 4, 4, 4, 4], [4, 4, 4, 4, 4, 2])
    """
    doublings = (samples // NARROW).bit_length() - 1
    if doublings < 2 or samples != NARROW << doublings:
        raise ValueError(f"{samples} samples are no power of two from {NARROW * _STRIDE} up")
    return [_STRIDE] * (doublings // 2) + [2] * (doublings % 2)


def _padding(stride: int) -> int:
    """Zeros on either side with which a layer multiplies or divides the samples by its stride exactly."""
    return (_KERNEL - stride + 1) // 2


def _initialise(module: nn.Module) -> None:
    """Weights of Glorot & Bengio (2010), biases 0, as the library has it that the paper's networks are of."""
    if isinstance(module, nn.Linear | nn.Conv1d | nn.ConvTranspose1d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
