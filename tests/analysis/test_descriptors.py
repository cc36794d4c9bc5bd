"""Each descriptor rises with what it is named after, and with nothing else that is done here."""

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from mixdream.analysis.descriptors import DESCRIPTORS, describe
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from mixdream.spectrogram.transform import magnitudes

GRIDS = [NAMED_GRIDS["studio-8k"], NAMED_GRIDS["studio-32k"]]


def described(audio: np.ndarray, grid: Grid) -> dict[str, float]:
    values = describe(magnitudes(torch.from_numpy(audio.astype(np.float32))[None], grid), grid)
    assert values.shape == (1, 5)
    return dict(zip(DESCRIPTORS, values[0].tolist(), strict=True))


def clicks(grid: Grid, per_second: float, seed: int = 0) -> np.ndarray:
    """Bursts of noise that die away in 40 ms."""
    rng = np.random.default_rng(seed)
    gates = np.zeros(grid.samples)
    gates[:: round(grid.rate_hz / per_second)] = 1
    decays = lfilter([1.0], [1.0, -np.exp(-1 / (0.04 * grid.rate_hz))], gates)
    return 0.3 * decays * rng.standard_normal(grid.samples)


def tone(grid: Grid, hz: float) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(grid.samples) / grid.rate_hz)


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: str(grid.rate_hz))
def test_descriptors_are_what_they_are_called(grid: Grid) -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal(grid.samples)
    dull = lfilter([0.2], [1, -0.8], noise)
    assert described(noise, grid)["brightness"] - described(dull, grid)["brightness"] > 0.3
    assert described(noise, grid)["noisiness"] == pytest.approx(-2.5, abs=0.7)
    assert described(tone(grid, 700), grid)["noisiness"] < -8
    assert described(clicks(grid, 12), grid)["busyness"] > 1.5 * described(clicks(grid, 4), grid)["busyness"]
    with_bass = noise + tone(grid, 60)
    assert described(with_bass, grid)["bass"] > -1 > -8 > described(noise, grid)["bass"]
    assert described(noise, grid)["energy"] > described(clicks(grid, 2), grid)["energy"] + 10


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: str(grid.rate_hz))
def test_gain_counts_for_energy_alone(grid: Grid) -> None:
    loud, quiet = described(clicks(grid, 6), grid), described(clicks(grid, 6) / 4, grid)
    assert loud["energy"] - quiet["energy"] == pytest.approx(12, abs=2)
    for name in DESCRIPTORS[1:]:
        assert quiet[name] == pytest.approx(loud[name], rel=0.05, abs=0.2)


def test_silence_has_finite_descriptors() -> None:
    assert np.isfinite(list(described(np.zeros(GRIDS[0].samples), GRIDS[0]).values())).all()


def test_a_window_is_described_alike_whatever_is_beside_it_and_however_long_it_is() -> None:
    grid = GRIDS[0]
    audio = np.stack([clicks(grid, 3 + seed, seed) for seed in range(7)]).astype(np.float32)
    seen = magnitudes(torch.from_numpy(audio), grid)
    together = describe(seen, grid)
    assert torch.equal(together, torch.cat([describe(each[None], grid) for each in seen]))
    half = describe(seen[..., : grid.frames // 2], grid)[:, DESCRIPTORS.index("busyness")]
    assert half.tolist() == pytest.approx(together[:, DESCRIPTORS.index("busyness")].tolist(), rel=0.2)
