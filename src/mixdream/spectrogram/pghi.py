"""Phase gradient heap integration: phases read off the magnitudes, without iteration."""

import heapq
import math

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.nn import functional as F

from mixdream.spectrogram.grid import Grid

TOLERANCE = 1e-6  # cells quieter than this part of the loudest one keep the phase that they are given
HANN_GAMMA = 0.25645
"""``gamma / n_fft**2`` of the Gaussian ``exp(-pi t**2 / gamma)`` that is nearest to a Hann window."""

_SMALLEST = 1e-30  # keeps the logarithm finite; such cells are under any tolerance


def pghi(magnitudes: Tensor, grid: Grid, phases: Tensor, loop: bool = False) -> Tensor:
    """Estimate the phases of a spectrogram (Prusa, Balazs & Sondergaard 2017).

    The phase is integrated from cell to cell over the four neighbours, along `phase_gradients`, the loudest
    cells first; where an island is done it goes on at the loudest cell that is left. In a loop, the last
    frame has the first one as its neighbour.

    Magnitudes, shape (batch, bins, frames), are of a grid with a Hann window. ``phases``, in radians, shape
    (batch, n_fft // 2 + 1, frames), are random: where each island starts, and those of quiet cells. What is
    returned is like them, in [0, 2 pi], counted from the first sample of each frame, as in
    `mixdream.spectrogram.transform.stft`.
    """
    on_cpu = magnitudes.cpu().double()
    return integrate(on_cpu, *phase_gradients(on_cpu, grid, loop), phases, loop)


def integrate(
    magnitudes: Tensor, over_time: Tensor, over_frequency: Tensor, phases: Tensor, loop: bool = False
) -> Tensor:
    """Integrate phases from cell to cell along phase steps per hop and per bin, see `pghi`.

    Magnitudes and steps are of shape (batch, bins, frames).
    """
    # One type and one layout: others would be compiled anew.
    level, by_hop, by_bin = (
        part.cpu().double().contiguous().numpy() for part in (magnitudes, over_time, over_frequency)
    )
    integrated = phases.cpu().double().numpy().copy()
    for each, own_hop, own_bin, own_phases in zip(level, by_hop, by_bin, integrated, strict=True):
        loudest_first = np.argsort(-each, axis=None)
        heard = np.count_nonzero(each > TOLERANCE * each.max())
        _integrate(loudest_first[:heard], own_hop, own_bin, loop, own_phases)
    # Wrapped while in double precision: after some hundred frames single precision would lose it.
    return torch.from_numpy(np.remainder(integrated, 2 * np.pi)).to(phases)


def phase_gradients(magnitudes: Tensor, grid: Grid, loop: bool = False) -> tuple[Tensor, Tensor]:
    """Phase steps per hop and per bin that a Gaussian window of the Hann window's width implies.

    With ``L = ln(magnitudes)`` and central differences; phases are counted from the first sample of a frame,
    half a window before its middle, hence the -pi:
    ``dphi_t = hop n_fft / gamma dL/dm + 2 pi hop m / n_fft``, ``dphi_m = -gamma / (hop n_fft) dL/dt - pi``.
    Both in radians, shape (batch, bins, frames).
    """
    log = magnitudes.clamp(min=_SMALLEST).log()
    per_hop = grid.hop / (HANN_GAMMA * grid.n_fft)
    # The spectrum of a real signal is even: below 0 Hz comes row 1 again.
    below = torch.cat([log[:, 1:2], log[:, :-1]], 1)
    above = torch.cat([log[:, 1:], log[:, -1:]], 1)
    rows = torch.arange(grid.bins, device=log.device, dtype=log.dtype)[:, None]
    over_time = per_hop * (above - below) / 2 + 2 * math.pi * grid.hop / grid.n_fft * rows
    sides = F.pad(log, (1, 1), mode="circular" if loop else "replicate")
    over_frequency = -(sides[..., 2:] - sides[..., :-2]) / (2 * per_hop) - math.pi
    return over_time, over_frequency


@njit(nogil=True, cache=True)
def _integrate(
    loudest_first: np.ndarray, by_hop: np.ndarray, by_bin: np.ndarray, loop: bool, phases: np.ndarray
) -> None:
    """Integrate the phases of the cells that are heard, in place; cells are numbered row by row.

    The heap holds places in the order of loudness rather than levels, since whole numbers are compared and
    moved sooner.
    """
    bins, frames = by_hop.shape
    place = np.full(bins * frames, -1)  # in the order of loudness; -1 where nothing is to be done any more
    for i, cell in enumerate(loudest_first):
        place[cell] = i
    for first, start in enumerate(loudest_first):
        if place[start] < 0:
            continue
        place[start] = -1
        heap = [first]
        while heap:
            m, t = divmod(loudest_first[heapq.heappop(heap)], frames)
            for dm, dt in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                n, u = m + dm, t + dt
                if loop:
                    u = (u + frames) % frames
                if n < 0 or n >= bins or u < 0 or u >= frames:
                    continue
                at = place[n * frames + u]
                if at < 0:
                    continue
                step = dm * (by_bin[m, t] + by_bin[n, u]) + dt * (by_hop[m, t] + by_hop[n, u])
                phases[n, u] = phases[m, t] + step / 2
                place[n * frames + u] = -1
                heapq.heappush(heap, at)
