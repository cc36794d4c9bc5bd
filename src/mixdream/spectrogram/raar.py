"""Relaxed reflections: Griffin-Lim's two projections, put together so that they get stuck later."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.griffin_lim import istft
from mixdream.spectrogram.transform import stft

ITERATIONS = 60
RELAXATION = 0.9
MOMENTUM = 0.5
LAST = 3
"""Plain Griffin-Lim iterations at the end: where no audio has the magnitudes, reflections never settle."""


def raar(
    magnitudes: Tensor, grid: Grid, phases: Tensor, loop: bool = False, iterations: int = ITERATIONS
) -> Tensor:
    """Find audio whose spectrogram comes near the given one, from a good first guess.

    Relaxed averaged alternating reflections (Luke 2005): with the projections ``M`` onto the wanted
    magnitudes and ``C = STFT(iSTFT(.))`` onto spectra that belong to a signal, and their reflections
    ``R = 2 P - 1``, ``c = b/2 (R_C R_M c + c) + (1 - b) M c``, or ``b (c + C R_M c) + (1 - 2 b) M c``; each
    step goes on by half of the step before, as fast Griffin-Lim does. Peer, Welker & Gerkmann (2022) compare
    reflections with Griffin-Lim on speech, docs/ceiling.md on music.

    Parameters
    ----------
    magnitudes : Tensor, shape (batch, bins, frames), >= 0
    grid : Grid
    phases : Tensor, shape (batch, n_fft // 2 + 1, frames), in radians
        Where to start from.
    loop : bool
    iterations : int, >= 0

    Returns
    -------
    Tensor, shape (batch, grid.samples), for a loop (batch, grid.clip_samples)
    """
    wanted = F.pad(magnitudes, (0, 0, 0, grid.n_fft // 2 + 1 - grid.bins))

    def as_loud_as_wanted(spectrum: Tensor) -> Tensor:
        return wanted * spectrum / spectrum.abs().clamp(min=1e-12)

    def consistent(spectrum: Tensor) -> Tensor:
        return stft(istft(spectrum, grid, loop), grid, loop)

    spectrum = previous = torch.polar(wanted, phases)
    for i in range(iterations - LAST):
        loud = as_loud_as_wanted(spectrum)
        relaxed = RELAXATION * (spectrum + consistent(2 * loud - spectrum)) + (1 - 2 * RELAXATION) * loud
        spectrum = relaxed + MOMENTUM * (relaxed - previous) if i else relaxed
        previous = relaxed
    for _ in range(min(LAST, iterations)):
        spectrum = consistent(as_loud_as_wanted(spectrum))
    return istft(as_loud_as_wanted(spectrum), grid, loop)
