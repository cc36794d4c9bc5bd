"""Descriptors: numbers that music can be asked for by: energy, bass, brightness, busyness, noisiness."""

from itertools import pairwise
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d

from mixdream.spectrogram.grid import Grid

Descriptor = Literal["energy", "bass", "brightness", "busyness", "noisiness"]
DESCRIPTORS: tuple[Descriptor, ...] = get_args(Descriptor)

_OCTAVES_HZ = (0.0, 150.0, 300.0, 600.0, 1200.0, 2400.0, 4800.0, 9600.0, 96_000.0)  # the first is the bass
_FLOOR_DB = -80.0  # under full scale, a cell or a band
_QUIET_DB = -40.0  # under the loudest octave: one that is quieter is not counted among the busy ones
_STEP_S = 0.032  # that amplitudes are averaged over, since noise flickers without being busy


def describe(magnitudes: Tensor, grid: Grid) -> Tensor:
    """Describe spectrograms by what a listener would ask for.

    - ``energy``: mean level of the octaves over time, in dB: how full the music is;
    - ``bass``: power under 150 Hz in dB of the whole;
    - ``brightness``: spectral centroid, in octaves above 1 Hz: mean frequency weighted by magnitude;
    - ``busyness``: how far the octaves' amplitudes rise within a second, in units of the octave's largest:
      about how many full attacks there are (spectral flux);
    - ``noisiness``: geometric over arithmetic mean of the power within an octave, in dB, octaves and frames
      weighted by their magnitude (spectral flatness; Peeters 2004): 0 for a click, -2.5 for noise, lower for
      tones.

    Gain counts for energy only. Values of different grids are not the same; of one they can be ranked.

    Parameters
    ----------
    magnitudes : Tensor, shape (windows, bins, frames)
        Linear, 1 is a full-scale sine.

    Returns
    -------
    Tensor, shape (windows, 5), float32
        In the order of `DESCRIPTORS`.
    """
    power = magnitudes.float().square() + 10 ** (_FLOOR_DB / 10)
    hz = torch.arange(grid.bins) * (grid.rate_hz / grid.n_fft)
    edges = torch.searchsorted(hz, torch.tensor(_OCTAVES_HZ)).clamp(max=grid.bins).tolist()
    octaves = [slice(low, high) for low, high in pairwise(edges) if high > low]
    bands = torch.stack([power[:, rows].sum(1) for rows in octaves], 1)
    levels = 10 * bands.log10()
    spectrum = magnitudes.float().mean(2)
    # No matrix product: its sums depend on how many windows there are.
    centroid = (spectrum * hz).sum(1) / spectrum.sum(1).clamp(min=1e-9)
    weights = (bands - 10 ** (_FLOOR_DB / 10)).clamp(min=0).sqrt()
    steps = avg_pool1d(weights, max(1, round(_STEP_S * grid.rate_hz / grid.hop)))
    loudest = steps.amax(2)
    heard = loudest > 10 ** (_QUIET_DB / 20) * loudest.amax(1, keepdim=True)
    attacks = heard * steps.diff(dim=2).clamp(min=0).sum(2) / loudest.clamp(min=1e-9)
    busyness = attacks.sum(1) / heard.sum(1).clamp(min=1) / (magnitudes.shape[2] * grid.hop / grid.rate_hz)
    flatness = torch.stack(
        [power[:, rows].log10().mean(1) - power[:, rows].mean(1).log10() for rows in octaves], 1
    )
    noisiness = 10 * (flatness * weights).sum((1, 2)) / weights.sum((1, 2)).clamp(min=1e-9)
    columns = (
        levels.mean((1, 2)),
        10 * (bands[:, 0].sum(1) / bands.sum((1, 2))).log10(),
        centroid.clamp(min=1).log2(),
        busyness,
        noisiness,
    )
    return torch.stack(columns, 1)
