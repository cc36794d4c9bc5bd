"""Images: windows of audio as a model sees them, and the magnitudes of what it makes."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mixdream.spectrogram.folding import fold, unfold
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import magnitudes, stft
from mixdream.spectrogram.width import power_of, to_channel, widths_db


def images_of(
    audio: Tensor, grid: Grid, scaler: Scaler, sets: Sequence[str] = (), reference_db: float | None = None
) -> Tensor:
    """Windows of audio as images, shape (batch, *grid.image_shape).

    Audio has shape (batch, grid.samples), or of stereo (batch, grid.samples, channels); of one channel both
    sides are the same. The sets of the windows, or a reference, are as in `Scaler.scale`.
    """
    if grid.scaling == "waveform":
        return waveform_images(audio, grid)
    if grid.channels == 1:
        return fold(scaler.scale(magnitudes(audio, grid), sets, reference_db), grid)
    left, right = audio[..., 0], audio[..., -1]
    middle, side = (power_of(stft(part, grid)) for part in ((left + right) / 2, (left - right) / 2))
    images = fold(scaler.scale(middle[..., : grid.bins, :].sqrt(), sets, reference_db), grid)
    return torch.cat([images, to_channel(widths_db(middle, side, grid), grid)], 1)


def waveform_images(windows: Tensor, grid: Grid) -> Tensor:
    """Clips of windows, shape (batch, grid.samples), as images, (batch, 1, 1, grid.clip_samples)."""
    return windows[:, None, None, grid.lead : grid.lead + grid.clip_samples]


def image_magnitudes(images: Tensor, grid: Grid, scaler: Scaler, reference_db: float | None = None) -> Tensor:
    """Linear magnitudes, shape (batch, bins, frames), of images, (batch, *grid.image_shape).

    Those of a waveform are its analysis on the grid as a loop: it has nothing before its start and behind its
    end.
    """
    if grid.scaling == "waveform":
        return stft(images[:, 0, 0], grid, loop=True)[..., : grid.bins, :].abs()
    return scaler.unscale(unfold(images, grid), reference_db=reference_db)
