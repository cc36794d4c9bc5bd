"""Random net: features of an untrained network, an embedding to cross-check the handcrafted one."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixdream.evaluation.embedding import analysis_magnitudes, checked_clips
from mixdream.spectrogram.statistics import decibels

CHANNELS = (16, 32, 64, 64)
_FLOOR_DB = -60.0
_SPREAD_DB = 20.0  # about the standard deviation of music's levels
SMALLEST_STD = 1e-3  # for Embedder.fit: features of the net that differ by less are taken for equal


def embed_audio_randomly(clips: Iterable[np.ndarray], rate_hz: int, seed: int = 0) -> np.ndarray:
    """Embed clips by a convolutional net with random weights.

    Random convolutional features compare sets of data that no trained network fits (Naeem et al. 2020,
    section 4): an order of models that holds here and in the handcrafted embedding is no artefact of either.
    Levels are relative to the clip's RMS and floored at -60 dB. Four convolutions that halve both axes, leaky
    ReLU, orthogonal weights; of each channel of each layer the mean and standard deviation over all cells:
    shape (clips, 352). For clips see `mixdream.evaluation.embedding.checked_clips`.
    """
    images = (analysis_magnitudes(clip, rate_hz)[0] for clip in checked_clips(clips, rate_hz))
    return embed_magnitudes_randomly(images, seed)


def embed_magnitudes_randomly(spectrograms: Iterable[Tensor], seed: int = 0) -> np.ndarray:
    """The same of linear magnitude spectrograms, each of shape (bins, frames), all on one grid."""
    layers = _layers(seed)
    with torch.inference_mode():
        return torch.stack([_forward(layers, image) for image in spectrograms]).double().numpy()


@lru_cache(maxsize=4)
def _layers(seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    sizes = zip((1, *CHANNELS[:-1]), CHANNELS, strict=True)
    weights = [torch.empty(outside, inside, 3, 3) for inside, outside in sizes]
    for weight in weights:
        nn.init.orthogonal_(weight, gain=2**0.5, generator=generator)
    return weights


def _forward(layers: list[Tensor], spectrogram: Tensor) -> Tensor:
    """Features, shape (352,), of a spectrogram, shape (bins, frames)."""
    rms = spectrogram.square().sum(0).mean().sqrt()
    relative = torch.where(rms > 0, spectrogram / rms, 0)
    x = (decibels(relative).clamp(min=_FLOOR_DB) / _SPREAD_DB + 1)[None, None]
    features = []
    for weight in layers:
        x = F.leaky_relu(F.conv2d(x, weight, stride=2, padding=1), 0.2)
        mean = x.mean((2, 3))
        variance = x.square().mean((2, 3)) - mean.square()  # three times as fast as std
        features += [mean, variance.clamp(min=0).sqrt()]
    return torch.cat(features, 1)[0]
