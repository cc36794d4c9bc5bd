"""Scaling: magnitudes to the values a model sees, and back."""

import torch
from torch import Tensor

from mixdream.spectrogram.grid import Scaling

LOG_FLOOR_DB = -80.0
"""Quietest magnitude that the ``log`` scaling tells apart, relative to a full-scale sine."""


def scale(magnitudes: Tensor, scaling: Scaling) -> Tensor:
    """Map linear magnitudes to model values.

    Parameters
    ----------
    magnitudes : Tensor, shape (..., bins, frames), >= 0
    scaling : {"min-max", "as-is", "log"}
        ``min-max``: each image to [0, 1], ``(x - min) / (max - min)`` as in scikit-learn's MinMaxScaler
        (a constant image becomes 0); ``as-is``: unchanged; ``log``: decibels from `LOG_FLOOR_DB` to 0
        mapped to [-1, 1], quieter and louder ones clipped.

    Returns
    -------
    Tensor of the same shape
    """
    if scaling == "min-max":
        low = magnitudes.amin((-2, -1), keepdim=True)
        span = magnitudes.amax((-2, -1), keepdim=True) - low
        return (magnitudes - low) / torch.where(span > 0, span, 1.0)
    if scaling == "log":
        decibels = 20 * torch.log10(magnitudes.clamp(min=1e-12))
        return 1 - 2 * (decibels.clamp(LOG_FLOOR_DB, 0) / LOG_FLOOR_DB)
    return magnitudes


def unscale(values: Tensor, scaling: Scaling) -> Tensor:
    """Map model values back to linear magnitudes >= 0, the inverse of `scale`.

    ``min-max`` has forgotten the level of its image: its values are taken as magnitudes as they are. For
    ``log`` the floor becomes silence, so that nothing is added where there was nothing.
    """
    if scaling == "log":
        magnitudes = 10 ** ((1 - values.clamp(-1, 1)) / 2 * (LOG_FLOOR_DB / 20))
        return torch.where(values <= -1, 0.0, magnitudes)
    return values.clamp(min=0)
