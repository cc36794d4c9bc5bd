"""Forward transform: audio to spectra and magnitudes, in batches, on any device."""

import torch
from torch import Tensor

from mixdream.errors import InputError
from mixdream.spectrogram.grid import Grid


def analysis_window(grid: Grid, device: torch.device | str = "cpu") -> Tensor:
    """Analysis window of the grid, shape ``(n_fft,)``; Hann is periodic."""
    if grid.window == "hann":
        return torch.hann_window(grid.n_fft, periodic=True, device=device)
    return torch.ones(grid.n_fft, device=device)


def stft(audio: Tensor, grid: Grid, loop: bool = False) -> Tensor:
    """Complex spectrum, shape (..., n_fft // 2 + 1, frames), one frame every ``hop`` samples, not padded.

    Audio, shape (..., samples), has at least `grid.samples`, and what lies behind is not used; a loop, one
    period of a periodic signal, has `grid.clip_samples`, and frames reach over its ends. Another length is an
    InputError. Spectra are scaled by ``2 / sum(window)``: a full-scale sine has at most magnitude 1.
    """
    if loop:
        if audio.shape[-1] != grid.clip_samples:
            raise InputError(
                f"a loop of {audio.shape[-1]} samples does not fit a grid of {grid.clip_samples}"
            )
        audio = audio[..., samples_in_loop(grid, audio.device)]
    if audio.shape[-1] < grid.samples:
        raise InputError(f"{audio.shape[-1]} samples of audio do not fill a grid of {grid.samples}")
    window = analysis_window(grid, audio.device)
    frames = audio[..., : grid.samples].unfold(-1, grid.n_fft, grid.hop)
    spectrum = torch.fft.rfft(frames * window) * (2 / window.sum())
    return spectrum.transpose(-1, -2)


def magnitudes(audio: Tensor, grid: Grid) -> Tensor:
    """Linear magnitude spectrogram, shape (..., bins, frames), float32.

    See `stft` for the audio; rows start at 0 Hz and are ``rate_hz / n_fft`` apart.
    """
    return stft(audio, grid)[..., : grid.bins, :].abs()


def samples_in_loop(grid: Grid, device: torch.device | str = "cpu") -> Tensor:
    """Sample of a loop that each sample of the grid is, beyond the ends too, shape (grid.samples,)."""
    return torch.arange(-grid.lead, grid.samples - grid.lead, device=device) % grid.clip_samples
