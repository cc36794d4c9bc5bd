import pytest
import torch

from mixdream.spectrogram.grid import NAMED_GRIDS
from mixdream.spectrogram.images import image_magnitudes, waveform_images
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import magnitudes

GRID = NAMED_GRIDS["studio-8k"].model_copy(update={"frames": 64, "scaling": "waveform"})
SCALER = Scaler("waveform")


def test_an_image_is_the_clip_of_its_window() -> None:
    windows = torch.arange(2.0 * GRID.samples).reshape(2, -1)
    images = waveform_images(windows, GRID)
    assert images.shape == (2, *GRID.image_shape) == (2, 1, 1, GRID.clip_samples)
    assert torch.equal(images[:, 0, 0, 0], windows[:, GRID.lead])


def test_a_tone_of_whole_cycles_has_no_ends() -> None:
    row = 20
    n = torch.arange(GRID.clip_samples)
    tone = torch.sin(2 * torch.pi * row * n / GRID.n_fft)
    heard = image_magnitudes(tone[None, None, None], GRID, SCALER)
    assert heard.shape == (1, GRID.bins, GRID.frames)
    torch.testing.assert_close(heard[0, row], torch.ones(GRID.frames), rtol=0, atol=1e-4)


def test_within_a_clip_it_is_the_analysis_of_the_window() -> None:
    windows = torch.randn(2, GRID.samples, generator=torch.Generator().manual_seed(0))
    heard = image_magnitudes(waveform_images(windows, GRID), GRID, SCALER)
    ends = -(-GRID.lead // GRID.hop)
    torch.testing.assert_close(
        heard[..., ends:-ends], magnitudes(windows, GRID)[..., ends:-ends], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("scaling", ["min-max", "as-is"])
def test_other_images_are_unscaled(scaling: str) -> None:
    grid = GRID.model_copy(update={"scaling": scaling})
    values = torch.rand(2, 1, grid.bins, grid.frames)
    assert torch.equal(image_magnitudes(values, grid, Scaler(grid.scaling)), values[:, 0])
