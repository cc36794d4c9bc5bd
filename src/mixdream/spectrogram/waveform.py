"""Waveforms as images of one row: what a model sees and makes that does without spectrograms."""

from torch import Tensor

from mixdream.spectrogram.folding import unfold
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import stft


def waveform_images(windows: Tensor, grid: Grid) -> Tensor:
    """Clips of windows, shape (batch, grid.samples), as images, (batch, 1, 1, grid.clip_samples)."""
    return windows[:, None, None, grid.lead : grid.lead + grid.clip_samples]


def image_magnitudes(images: Tensor, grid: Grid, scaler: Scaler) -> Tensor:
    """Linear magnitudes, shape (batch, bins, frames), of images, (batch, *grid.image_shape).

    Those of a waveform are its analysis on the grid as a loop: it has nothing before its start and behind its
    end.
    """
    if grid.scaling == "waveform":
        return stft(images[:, 0, 0], grid, loop=True)[..., : grid.bins, :].abs()
    return scaler.unscale(unfold(images, grid))
