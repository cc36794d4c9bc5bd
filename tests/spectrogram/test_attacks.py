import numpy as np
import pytest
import torch

from mixdream.analysis.texture import descriptors, texture
from mixdream.spectrogram.attacks import sharpen
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.pghi import pghi
from mixdream.spectrogram.raar import raar
from mixdream.spectrogram.transform import magnitudes, stft

LOOPS = Grid(rate_hz=32_000, n_fft=1024, hop=256, bins=512, frames=128, window="hann")
GRIDS = [LOOPS, Grid(hop=64, frames=128, window="hann"), Grid(n_fft=1000, hop=250, bins=500, window="hann")]
HITS = [4000, 11_000, 19_500, 27_000]


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def hits(seed: int = 0) -> torch.Tensor:
    """A loop of bursts of noise that begin at once and fade within 50 ms, over a soft hiss."""
    since = torch.full((LOOPS.clip_samples,), torch.inf)
    for first in HITS:
        since[first:] = torch.arange(LOOPS.clip_samples - first)
    envelope = 0.5 * torch.exp(-since / 500) + 0.001
    return envelope * noise(LOOPS.clip_samples, seed=seed)


def assert_same(audio: torch.Tensor, other: torch.Tensor) -> None:
    """But for errors 40 dB under the audio."""
    assert (audio - other).square().sum() <= 1e-4 * other.square().sum()


def rises_db(audio: torch.Tensor) -> np.ndarray:
    """Steepest rises of the level within 4 ms, in each of the five bands of a texture."""
    names = descriptors(LOOPS.rate_hz, 1)
    steepest = [name.quantity == "attack" and name.detail == "99.5 %" for name in names]
    return texture(audio.numpy()[:, None], LOOPS.rate_hz)[steepest]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_hits_of_which_cells_are_4_db_off_are_sharper(seed: int) -> None:
    """More than a third of what inversion takes from attacks, from 200 Hz up, comes back."""
    audio = hits(seed)
    wanted = stft(audio, LOOPS, loop=True)[None, : LOOPS.bins].abs()
    wanted = wanted * 10 ** (4 * noise(*wanted.shape, seed=seed + 9) / 20)
    phases = torch.zeros(1, LOOPS.n_fft // 2 + 1, LOOPS.frames)
    smeared = raar(wanted, LOOPS, pghi(wanted, LOOPS, phases, loop=True), loop=True)
    sharp = sharpen(smeared, wanted, LOOPS, loop=True)
    lost, left = (rises_db(audio) - rises_db(each[0]) for each in (smeared, sharp))
    assert lost[2:].min() > 10
    assert left[1:].sum() < 0.65 * lost[1:].sum()


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("loop", [True, False])
def test_audio_that_is_as_asked_stays(grid: Grid, loop: bool) -> None:
    samples = grid.clip_samples if loop else grid.samples
    audio = noise(2, samples) * torch.linspace(0, 1, samples) ** 4
    wanted = stft(audio, grid, loop)[:, : grid.bins].abs()
    assert_same(sharpen(audio, wanted, grid, loop), audio)


def test_what_is_asked_in_other_levels_stays_as_it_is() -> None:
    """A band whose level contradicts the others' is no attack."""
    audio = noise(1, LOOPS.samples)
    wanted = magnitudes(audio, LOOPS)
    wanted[:, 200:] *= 3
    assert_same(sharpen(audio, wanted, LOOPS), audio)


def test_a_loop_that_begins_elsewhere_is_the_same_loop() -> None:
    audio, moved = hits(), 5 * LOOPS.hop
    blurred = stft(audio.roll(300), LOOPS, loop=True)[None, : LOOPS.bins].abs()
    here = sharpen(audio[None], blurred, LOOPS, loop=True)
    there = sharpen(audio.roll(moved)[None], blurred.roll(5, -1), LOOPS, loop=True)
    assert (here - audio).abs().max() > 0.01
    torch.testing.assert_close(here.roll(moved, -1), there, rtol=0, atol=1e-4)


def test_silence_and_empty_bands_stay() -> None:
    silent = torch.zeros(1, LOOPS.samples)
    assert torch.equal(sharpen(silent, magnitudes(silent, LOOPS), LOOPS), silent)
    n = torch.arange(LOOPS.samples) / LOOPS.rate_hz
    tone = torch.sin(2 * torch.pi * 1000 * n)[None]
    wanted = magnitudes(tone, LOOPS)
    wanted[:, 100:] = 0
    assert_same(sharpen(tone, wanted, LOOPS), tone)
    assert torch.isfinite(sharpen(silent, wanted, LOOPS)).all()
