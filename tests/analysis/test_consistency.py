import pytest
import torch

from mixdream.analysis.consistency import consistency
from mixdream.errors import InputError
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.transform import magnitudes, stft

GRID = Grid(hop=64, frames=64, window="hann")


def noise(samples: int) -> torch.Tensor:
    return torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("grid", [GRID, NAMED_GRIDS["thesis"]])
def test_magnitudes_of_the_audio_itself_are_met(grid: Grid) -> None:
    audio = noise(grid.samples)
    clip = audio[:, grid.lead : grid.lead + grid.clip_samples]
    assert consistency(magnitudes(audio, grid), clip, grid).max() < 1e-4


def test_loops_count_every_frame() -> None:
    audio = noise(GRID.clip_samples)
    wanted = stft(audio, GRID, loop=True)[..., : GRID.bins, :].abs()
    assert consistency(wanted, audio, GRID, loop=True).max() < 1e-4
    wanted[:, :, 0] = 0
    assert consistency(wanted, audio, GRID, loop=True).min() > 0.05


def test_a_gain_is_its_own_error() -> None:
    audio = noise(GRID.clip_samples)
    wanted = stft(audio, GRID, loop=True)[..., : GRID.bins, :].abs()
    found = consistency(wanted, 0.9 * audio, GRID, loop=True)
    torch.testing.assert_close(found, torch.full((2,), 0.1, dtype=torch.float64), atol=1e-4, rtol=0)


def test_random_magnitudes_are_less_consistent_than_real_ones() -> None:
    real = magnitudes(noise(GRID.samples), GRID)
    shuffled = real[:, :, torch.randperm(GRID.frames, generator=torch.Generator().manual_seed(0))]
    of_real, of_shuffled = (
        consistency(wanted, invert("griffin-lim", wanted, GRID, seeds=[0, 1]), GRID)
        for wanted in (real, shuffled)
    )
    assert of_real.max() < 0.7 * of_shuffled.min()


def test_silence_is_consistent() -> None:
    silent = torch.zeros(1, GRID.bins, GRID.frames)
    assert consistency(silent, torch.zeros(1, GRID.clip_samples), GRID).tolist() == [0]


def test_errors_say_what_to_do() -> None:
    silent = torch.zeros(1, GRID.bins, GRID.frames)
    with pytest.raises(InputError, match="resampled"):
        consistency(silent, torch.zeros(1, 100), GRID)
    with pytest.raises(InputError, match="do not fit the grid"):
        consistency(silent[:, :5], torch.zeros(1, GRID.clip_samples), GRID)
