"""Random-phase inversion: one Fourier transform per frame against the double sum of the thesis."""

import time

import numpy as np
import torch

from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.random_phase import random_phase


def double_sum(magnitudes: np.ndarray, grid: Grid, phases: np.ndarray) -> np.ndarray:
    """Sum of sinusoids, one time step after the other, as section 4.6 has it."""
    audio = np.empty(grid.frames * grid.hop)
    k = np.arange(grid.bins)
    for n in range(len(audio)):
        audio[n] = (magnitudes[:, n // grid.hop] * np.cos(2 * np.pi * k * n / grid.n_fft + phases)).sum()
    return audio


def main() -> None:
    """Time both on one spectrogram and print ratio and difference."""
    grid = Grid()
    rng = torch.Generator().manual_seed(0)
    magnitudes = torch.rand(1, grid.bins, grid.frames, generator=rng)
    phases = 2 * torch.pi * torch.rand(1, grid.n_fft // 2 + 1, generator=rng)
    fast = random_phase(magnitudes, grid, phases)
    slow_s = fast_s = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        slow = double_sum(magnitudes[0].double().numpy(), grid, phases[0, : grid.bins].double().numpy())
        slow_s = min(slow_s, time.perf_counter() - began)
        began = time.perf_counter()
        for _ in range(20):
            fast = random_phase(magnitudes, grid, phases)
        fast_s = min(fast_s, (time.perf_counter() - began) / 20)
    error = np.abs(fast[0].numpy() - slow).max() / np.abs(slow).max()
    print(
        f"random phase, 4 s of audio: {1000 * fast_s:.2f} ms against {1000 * slow_s:.0f} ms (double sum): "
        f"{slow_s / fast_s:.0f}x, largest difference {error:.1e} of the peak"
    )


if __name__ == "__main__":
    main()
