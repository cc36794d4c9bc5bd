import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mixdream.errors import InputError
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from mixdream.spectrogram.transform import magnitudes, stft

HANN = Grid(hop=64, frames=64, window="hann")


def tone(frequency_hz: float, grid: Grid, amplitude: float = 1.0) -> torch.Tensor:
    n = torch.arange(grid.samples, dtype=torch.float64)
    return (amplitude * torch.sin(2 * torch.pi * frequency_hz * n / grid.rate_hz)).float()


def test_thesis_grid_fits_its_window_without_padding() -> None:
    grid = Grid()
    assert (grid.bins, grid.frames) == (128, 128)
    assert 1 + (32_400 - grid.n_fft) // grid.hop == 128
    assert magnitudes(torch.zeros(3, 32_400), grid).shape == (3, 128, 128)


@pytest.mark.parametrize("grid", [Grid(), HANN])
def test_full_scale_tone_has_magnitude_one_in_its_own_row(grid: Grid) -> None:
    row = 20
    spectrogram = magnitudes(tone(row * grid.rate_hz / grid.n_fft, grid), grid)
    assert torch.allclose(spectrogram[row], torch.ones(grid.frames), atol=1e-4)
    assert (spectrogram.argmax(dim=0) == row).all()


@given(st.floats(50, 3900), st.floats(0, 2 * np.pi))
def test_no_tone_is_louder_than_one(frequency_hz: float, phase: float) -> None:
    # Between rows a tone and its mirror image may add a little near 0 Hz and Nyquist.
    grid = Grid(frames=4)
    n = torch.arange(grid.samples)
    audio = torch.sin(2 * torch.pi * frequency_hz * n / grid.rate_hz + phase)
    assert magnitudes(audio, grid).max() <= 1.15


def test_energy_is_kept() -> None:
    """Parseval: with a rectangular window and hop = n_fft all energy is in the frames."""
    grid = Grid(hop=256, bins=129, frames=16)
    audio = torch.randn(grid.samples, generator=torch.Generator().manual_seed(0))
    power = stft(audio, grid).abs().square() * (grid.n_fft / 2) ** 2
    both_sides = 2 * power.sum() - power[0].sum() - power[-1].sum()
    assert both_sides / grid.n_fft == pytest.approx(audio.square().sum().item(), rel=1e-5)


def test_a_click_shows_in_the_frames_that_cover_it() -> None:
    audio = torch.zeros(HANN.samples)
    audio[32 * HANN.hop] = 1.0
    loud = magnitudes(audio, HANN).sum(dim=0).nonzero().flatten()
    assert loud.min() == 32 - HANN.n_fft // HANN.hop + 1
    assert loud.max() <= 32


@given(st.integers(1000, 192_000))
def test_the_grid_of_any_rate_fits_the_shortest_set(rate_hz: int) -> None:
    grid = Grid.for_rate(rate_hz)
    # An n_fft of over 16 ms, a hop of at least 31/32 of it: 128 x 16 ms x 31/32.
    assert 1.984 <= grid.seconds <= 4.05
    assert grid.frames == 128


def test_the_grid_of_8_khz_is_that_of_the_thesis() -> None:
    assert Grid.for_rate(8000) == Grid()


def test_audio_that_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match="1000 samples"):
        stft(torch.zeros(1000), Grid())
    with pytest.raises(
        InputError, match=f"{HANN.samples} samples does not fit a grid of {HANN.clip_samples}"
    ):
        stft(torch.zeros(HANN.samples), HANN, loop=True)


def test_a_loop_and_its_middle_repetition_have_the_same_spectrum() -> None:
    audio = torch.randn(HANN.clip_samples, generator=torch.Generator().manual_seed(0))
    tiled = audio.repeat(3)[HANN.clip_samples - HANN.lead :]
    assert torch.equal(stft(audio, HANN, loop=True), stft(tiled, HANN))


def test_studio_grids_last_eight_beats() -> None:
    for name in ("studio-8k", "studio-16k", "studio-32k"):
        grid = NAMED_GRIDS[name]
        assert grid.clip_samples / grid.rate_hz == 4.096 == 8 * 60 / 117.1875
        assert grid.n_fft == 4 * grid.hop
        assert grid.frames % 8 == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hop": 300}, "samples would be skipped"),
        ({"bins": 100}, "it must be 128"),
        ({"n_fft": 255}, "multiple of 2"),
        ({"hop": 253, "window": "hann"}, "samples between frames would be lost"),
    ],
)
def test_impossible_grids_are_refused_with_the_reason(change: dict[str, int], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Grid(**change)
