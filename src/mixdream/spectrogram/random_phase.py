"""Oscillator bank with random phases: how the thesis turned spectrograms into sound (4.6)."""

import torch
from torch import Tensor

from mixdream.spectrogram.grid import Grid


def random_phase(magnitudes: Tensor, grid: Grid, phases: Tensor) -> Tensor:
    """Sum one sinusoid per row, its amplitude held over each frame.

    ``x[n] = sum_k M[k, n // hop] cos(2 pi k n / n_fft + phi_k)``. All oscillators share the period ``n_fft``,
    so one inverse Fourier transform per frame gives that frame's period, which is then read at ``n mod
    n_fft``: equal to the double sum, without its cost.

    From magnitudes, shape (batch, bins, frames), and one phase per oscillator for the whole clip, in radians,
    shape (batch, n_fft // 2 + 1), to audio, shape (batch, frames * hop). Dropped rows use no phase.
    """
    _, bins, frames = magnitudes.shape
    coefficients = magnitudes * torch.polar(torch.ones_like(phases), phases)[:, :bins, None]
    # irfft counts rows between 0 Hz and Nyquist twice (as conjugate pairs), the two ends once.
    coefficients[:, 1 : grid.n_fft // 2] *= 0.5
    period = torch.fft.irfft(coefficients * grid.n_fft, n=grid.n_fft, dim=1)
    n = torch.arange(frames * grid.hop, device=magnitudes.device)
    return period[:, n % grid.n_fft, n // grid.hop]
