"""Convolutional networks that tell, slot by slot, where in a bar of which tempo music is."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import softmax

READINGS = (4, 8, 16)
"""Slots in a beat: the tempo is twice that of the pulse, the same, half of it."""

STATES = 4 * sum(READINGS)
"""Places in a bar: 16 of the fast reading, then 32, then 64. State `STATES` is a metre other than 4/4."""

_WEIGHTS = Path(__file__).with_name("bars.safetensors")
_AT_ONCE = 8192  # slots
_LEAST = 1e-9  # probability


@dataclass(frozen=True)
class Layer:
    """A convolution: kernel of shape (outputs, inputs, taps), bias (outputs, 1), slots between taps."""

    kernel: np.ndarray
    bias: np.ndarray
    dilation: int


def bar_evidence(features: np.ndarray) -> np.ndarray:
    """Log probabilities of the states, shape (STATES + 1, slots), from what is heard at each slot.

    The mean of some residual networks of dilated convolutions in time (as in Davies & Böck 2019, there in
    frames instead of slots), each of which hears 64 beats of the pulse on both sides; see `benchmarks.bars`
    for how such are fitted. Where they disagree the mean is not certain (Lakshminarayanan et al. 2017).

    Parameters
    ----------
    features : np.ndarray, shape (FEATURES, slots)
        See `mixdream.analysis.beats.slots.slot_features`.
    """
    networks = _networks()
    margin = sum(layer.dilation * (layer.kernel.shape[2] // 2) for layer in networks[0])
    slots = features.shape[1]
    mean = np.empty((STATES + 1, slots), np.float32)
    for first in range(0, slots, _AT_ONCE):  # hours would take gigabytes
        last = min(first + _AT_ONCE, slots)
        low, high = max(0, first - margin), min(slots, last + margin)
        each = np.mean([_probabilities(features[:, low:high], layers) for layers in networks], axis=0)
        mean[:, first:last] = each[:, first - low : last - low]
    return np.log(np.maximum(mean, _LEAST))


def _probabilities(features: np.ndarray, layers: tuple[Layer, ...]) -> np.ndarray:
    """Probabilities of the states at some slots, shape (STATES + 1, slots)."""
    first, *blocks, last = layers
    x = np.maximum(_convolve(features, first), 0)
    for wide, narrow in zip(blocks[::2], blocks[1::2], strict=True):
        x = x + _convolve(np.maximum(_convolve(x, wide), 0), narrow)
    return softmax(_convolve(np.maximum(x, 0), last), axis=0)


def _convolve(x: np.ndarray, layer: Layer) -> np.ndarray:
    """Convolve in time, zeros beyond the ends, shape (outputs, slots)."""
    taps = layer.kernel.shape[2]
    reach = layer.dilation * (taps // 2)
    padded = np.pad(x, ((0, 0), (reach, reach)))
    shifted = [padded[:, layer.dilation * tap :][:, : x.shape[1]] for tap in range(taps)]
    kernel = layer.kernel.transpose(0, 2, 1).reshape(len(layer.kernel), -1)
    return kernel @ np.concatenate(shifted) + layer.bias


@cache
def _networks() -> tuple[tuple[Layer, ...], ...]:
    """Layers of each network in the order they are passed: one in, pairs of blocks, one out."""
    tensors = {name: tensor.astype(np.float32) for name, tensor in load_file(_WEIGHTS).items()}
    dilations = tensors.pop("dilations").astype(int).tolist()
    return tuple(
        tuple(
            Layer(tensors[f"{number}.kernel.{i}"], tensors[f"{number}.bias.{i}"][:, None], dilation)
            for i, dilation in enumerate(dilations)
        )
        for number in range(len(tensors) // (2 * len(dilations)))
    )
