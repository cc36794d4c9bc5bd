"""Fast Griffin-Lim: phases made consistent by iteration."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import analysis_window, samples_in_loop, stft

ITERATIONS = 60
MOMENTUM = 0.99


def istft(spectrum: Tensor, grid: Grid, loop: bool = False) -> Tensor:
    """Least-squares inverse of `mixdream.spectrogram.transform.stft` (Griffin & Lim 1984, eq. 6).

    From shape (batch, n_fft // 2 + 1, frames), complex, to (batch, grid.samples), for a loop to
    (batch, grid.clip_samples). Samples that no window reaches (the first and last of a Hann window) are 0.
    """
    window = analysis_window(grid, spectrum.device)
    frames = torch.fft.irfft(spectrum * (window.sum() / 2), n=grid.n_fft, dim=1) * window[:, None]
    return _overlap_add(frames, grid, loop) / _weights(grid, loop, spectrum.device)


def griffin_lim(
    magnitudes: Tensor, grid: Grid, phases: Tensor, loop: bool = False, iterations: int = ITERATIONS
) -> Tensor:
    """Find audio whose spectrogram comes near the given one (Perraudin, Balazs & Sondergaard 2013).

    Each iteration projects onto spectra that belong to a signal, ``t = STFT(iSTFT(c))``, pushes on with
    momentum 0.99 and puts the wanted magnitudes back.

    From magnitudes, shape (batch, bins, frames), and phases to start from, in radians, shape
    (batch, n_fft // 2 + 1, frames), random or a better guess, to (batch, grid.samples), for a loop
    (batch, grid.clip_samples).
    """
    wanted = F.pad(magnitudes, (0, 0, 0, grid.n_fft // 2 + 1 - grid.bins))
    spectrum = torch.polar(wanted, phases)
    previous = torch.zeros_like(spectrum)
    for _ in range(iterations):
        consistent = stft(istft(spectrum, grid, loop), grid, loop)
        pushed = consistent + MOMENTUM * (consistent - previous)
        spectrum = wanted * pushed / pushed.abs().clamp(min=1e-12)
        previous = consistent
    return istft(spectrum, grid, loop)


@lru_cache(maxsize=16)
def _weights(grid: Grid, loop: bool, device: torch.device) -> Tensor:
    """Sum of the squared windows that reach each sample, shape (1, samples)."""
    window = analysis_window(grid, device)
    return _overlap_add((window**2)[None, :, None].expand(1, -1, grid.frames), grid, loop).clamp(min=1e-6)


def _overlap_add(frames: Tensor, grid: Grid, loop: bool) -> Tensor:
    """Shape (batch, n_fft, frames) to (batch, samples)."""
    whole = F.fold(frames, (1, grid.samples), (1, grid.n_fft), stride=(1, grid.hop)).flatten(1)
    if not loop:
        return whole
    period = whole.new_zeros(len(whole), grid.clip_samples)
    return period.index_add_(1, samples_in_loop(grid, whole.device), whole)
