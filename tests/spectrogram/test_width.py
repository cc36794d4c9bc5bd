from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from mixdream.spectrogram.grid import WIDTH_BANDS, Grid
from mixdream.spectrogram.transform import stft
from mixdream.spectrogram.width import (
    NARROWEST_DB,
    WIDEST_DB,
    from_channel,
    make_side,
    power_of,
    to_channel,
    widths_db,
)

GRID = Grid(
    rate_hz=32_000, n_fft=1024, hop=256, bins=512, frames=128, window="hann", bands=4, fold=2, channels=2
)
COLUMNS = 64


def noise(seed: int, samples: int = GRID.clip_samples) -> Tensor:
    return torch.randn((1, samples), generator=torch.Generator().manual_seed(seed)) / 10


def measured(middle: Tensor, side: Tensor) -> Tensor:
    """Widths of a loop, shape (WIDTH_BANDS, columns)."""
    power = [power_of(stft(part, GRID, loop=True)) for part in (middle, side)]
    return widths_db(power[0], power[1], GRID)[0]


def bands_of(audio: Tensor) -> np.ndarray:
    """Audio in bands of an octave from 250 Hz on, shape (bands, samples)."""
    spectrum, hz = np.fft.rfft(audio[0].numpy()), np.fft.rfftfreq(audio.shape[1], 1 / GRID.rate_hz)
    edges = 250 * 2.0 ** np.arange(7)
    return np.stack([np.fft.irfft(spectrum * ((hz >= low) & (hz < high))) for low, high in pairwise(edges)])


def test_the_level_of_a_side_is_told() -> None:
    middle, other = noise(0), noise(1)
    assert measured(middle, 0.5 * other).mean(1).numpy() == pytest.approx([-6.0] * WIDTH_BANDS, abs=1.5)
    assert (measured(middle, 0 * other) == NARROWEST_DB).all()
    assert (measured(0 * middle, other) == WIDEST_DB).all()
    assert (measured(0 * middle, 0 * other) == NARROWEST_DB).all()


@pytest.mark.parametrize("loop", [True, False])
def test_a_made_side_is_as_loud_as_asked_for_in_every_band_and_time(loop: bool) -> None:
    middle, asked = noise(0), torch.full((1, WIDTH_BANDS, COLUMNS), -8.0)
    asked[:, 8:], asked[..., 40:] = -2.0, -20.0
    side = make_side(middle, asked, GRID, loop)
    assert side.shape == middle.shape
    error = (measured(middle, side) - asked[0])[:, 4:36]
    assert error.abs().mean() < 1, "in dB"
    assert error.mean(1).abs().max() < 1
    assert (measured(middle, side) - asked[0])[:, 44:60].abs().mean() < 1


def test_a_made_side_is_another_signal_in_every_band() -> None:
    middle = noise(0)
    side = make_side(middle, torch.full((1, WIDTH_BANDS, COLUMNS), -5.0), GRID, loop=True)
    for m, s in zip(bands_of(middle), bands_of(side), strict=True):
        assert abs(np.corrcoef(m, s)[0, 1]) < 0.1
        left_right = np.corrcoef(m + s, m - s)[0, 1]
        power = 10**-0.5
        assert left_right == pytest.approx((1 - power) / (1 + power), abs=0.05)


def test_silence_and_mono_stay_so() -> None:
    silence = torch.zeros(1, GRID.clip_samples)
    assert make_side(silence, torch.zeros(1, WIDTH_BANDS, COLUMNS), GRID, loop=True).abs().max() == 0
    narrow = torch.full((1, WIDTH_BANDS, COLUMNS), NARROWEST_DB)
    assert make_side(noise(0), narrow, GRID, loop=True).abs().max() == 0


def test_the_side_of_a_loop_is_circular() -> None:
    middle, asked = noise(0), torch.linspace(-20, 0, COLUMNS).expand(1, WIDTH_BANDS, COLUMNS)
    side = make_side(middle, asked, GRID, loop=True)
    moved = make_side(middle.roll(10 * 512, 1), asked.roll(10, 2), GRID, loop=True)
    assert torch.allclose(moved, side.roll(10 * 512, 1), atol=1e-5)


def test_an_attack_is_not_smeared() -> None:
    click = torch.zeros(1, GRID.clip_samples)
    click[0, 16_000] = 1.0
    side = make_side(click, torch.full((1, WIDTH_BANDS, COLUMNS), -3.0), GRID, loop=True)
    energy = side[0].square() / side.square().sum()
    assert energy[: 16_000 - 32].sum() < 0.1, "an echo before it, earlier than 1 ms"
    assert energy[16_000 - 32 : 16_000 + 96].sum() > 0.7, "within 3 ms"


def test_a_channel_holds_widths() -> None:
    widths = torch.empty(2, WIDTH_BANDS, COLUMNS).uniform_(
        NARROWEST_DB, WIDEST_DB, generator=torch.Generator().manual_seed(0)
    )
    channel = to_channel(widths, GRID)
    assert channel.shape == (2, 1, *GRID.image_shape[1:]) and channel.abs().max() <= 1
    assert torch.allclose(from_channel(channel[:, 0]), widths, atol=1e-4)
