"""Consistency: how far magnitudes are from those of any audio at all."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from mixdream.errors import InputError
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import stft


def consistency(magnitudes: Tensor, audio: Tensor, grid: Grid, loop: bool = False) -> Tensor:
    """Relative error of the magnitudes of the audio that an inversion made of them.

    ``| |STFT(x)| - S | / |S|``, the spectral convergence of Sturmel & Daudet (2011) as a ratio. Magnitudes
    that overlapping frames contradict cannot be met by any phase: what is left on *real* magnitudes is the
    inversion's share, what comes on top on generated ones is the model's.

    Parameters
    ----------
    magnitudes : Tensor, shape (batch, bins, frames), >= 0
    audio : Tensor, shape (batch, grid.clip_samples)
        What `mixdream.spectrogram.inversion.invert` made of them; a gain counts as an error.
    loop : bool
        As for the inversion. Otherwise frames that reach over the ends of the clip do not count.

    Returns
    -------
    Tensor, shape (batch,), float64
        0 is perfect; 0.1 is 20 dB under the magnitudes; silence wanted and made is 0.

    Raises
    ------
    InputError
        Shapes that do not fit the grid or each other.
    """
    if magnitudes.shape[1:] != (grid.bins, grid.frames) or len(magnitudes) != len(audio):
        raise InputError(
            f"magnitudes of shape {tuple(magnitudes.shape)} and {len(audio)} clips do not fit the grid's "
            f"{grid.bins} bins x {grid.frames} frames"
        )
    if audio.shape[-1] != grid.clip_samples:
        raise InputError(
            f"clips of {audio.shape[-1]} samples do not fit a grid of {grid.clip_samples}: "
            "were they resampled?"
        )
    wanted = magnitudes.double()
    if not loop:
        audio = F.pad(audio, (grid.lead, grid.samples - grid.clip_samples - grid.lead))
    made = stft(audio.double(), grid, loop)[..., : grid.bins, :].abs()
    if not loop:
        edge = math.ceil((grid.n_fft - grid.hop) / (2 * grid.hop))
        inner = slice(edge, grid.frames - edge)
        wanted, made = wanted[..., inner], made[..., inner]
    error, norm = (made - wanted).norm(dim=(1, 2)), wanted.norm(dim=(1, 2))
    return torch.where(error > 0, error / norm.clamp(min=torch.finfo(norm.dtype).tiny), 0.0)
