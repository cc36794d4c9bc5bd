"""Width: how loud the side is beside the middle, and a side made of the middle that is as loud.

Of stereo, ``middle = (left + right) / 2`` and ``side = (left - right) / 2``. Hardly any of the side of real
music is one gain of the middle in a band: it is reverb, chorus, layers. So what a model has to know of it is
a level, and what is made anew is the middle through an all-pass that tears its bands apart (parametric
stereo: Breebaart et al. 2005). ``left = middle + side``, ``right = middle - side``: the mono sum is the
middle.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mixdream.spectrogram.grid import WIDTH_BANDS, Grid
from mixdream.spectrogram.griffin_lim import istft
from mixdream.spectrogram.transform import stft

NARROWEST_DB, WIDEST_DB = -40.0, 10.0
"""Levels of the side relative to the middle that are told apart; at the lower one there is no side at all."""

# Delays of the all-pass in the lower and the upper half of each band, times the band's width in Hz: shorter
# ones do not tear a band apart, longer ones smear attacks. Of these two, middle and side are least alike.
_DELAYS = (1.6, 2.35)
_ROUNDS = 2  # that the gains are corrected in: frames overlap
_MOST_GAIN_DB = 30.0  # where the delayed middle has not come yet, an attack would be shot up
_RUN_OUT_S = 0.1


def power_of(spectrum: Tensor) -> Tensor:
    """Squared magnitudes: of complex numbers much faster than magnitudes."""
    return spectrum.real.square() + spectrum.imag.square()


def widths_db(middle: Tensor, side: Tensor, grid: Grid) -> Tensor:
    """Level of the side relative to the middle in bands of equal width on the ERB scale.

    From powers, shape (batch, rows, frames), of `mixdream.spectrogram.transform.stft`, to decibels between
    `NARROWEST_DB` and `WIDEST_DB`, shape (batch, WIDTH_BANDS, columns); a column is ``grid.fold`` frames.
    """
    ratio = _in_bands(side, grid) / _in_bands(middle, grid).clamp(min=1e-20)
    return (10 * ratio.clamp(min=1e-20).log10()).clamp(NARROWEST_DB, WIDEST_DB)


def to_channel(widths: Tensor, grid: Grid) -> Tensor:
    """Widths in dB as a channel of an image, shape (batch, 1, rows, columns): -1 to 1, bands over rows."""
    middle, half = (WIDEST_DB + NARROWEST_DB) / 2, (WIDEST_DB - NARROWEST_DB) / 2
    return ((widths - middle) / half).repeat_interleave(grid.image_shape[1] // WIDTH_BANDS, 1)[:, None]


def from_channel(channel: Tensor) -> Tensor:
    """Widths in dB, shape (batch, WIDTH_BANDS, columns), of a channel, shape (batch, rows, columns)."""
    middle, half = (WIDEST_DB + NARROWEST_DB) / 2, (WIDEST_DB - NARROWEST_DB) / 2
    bands = channel.float().unflatten(1, (WIDTH_BANDS, -1)).mean(2)
    return (bands * half + middle).clamp(NARROWEST_DB, WIDEST_DB)


def widths_of(windows: Tensor, grid: Grid) -> Tensor:
    """Widths in dB of windows as they are read, shape (batch, samples, channels); see `widths_db`."""
    left, right = windows[..., 0], windows[..., -1]
    middle, side = (power_of(stft(part, grid)) for part in ((left + right) / 2, (left - right) / 2))
    return widths_db(middle, side, grid)


def make_side(middle: Tensor, widths: Tensor, grid: Grid, loop: bool = False) -> Tensor:
    """Make a side of the middle, shape (batch, grid.clip_samples), both; of a loop circular in time.

    ``widths``, in dB, are of shape (batch, WIDTH_BANDS, columns). Where the middle is silent, so is the side.
    """
    torn = _torn_apart(middle, grid.rate_hz, loop)
    if not loop:
        ends = (grid.lead, grid.samples - grid.clip_samples - grid.lead)
        middle, torn = F.pad(middle, ends), F.pad(torn, ends)
    spectrum = stft(torn, grid, loop)
    share = torch.where(widths > NARROWEST_DB + 0.5, 10 ** (widths / 10), 0.0)
    wanted = share * _in_bands(power_of(stft(middle, grid, loop)), grid)
    most = 10 ** (_MOST_GAIN_DB / 20)
    gain = (wanted / _in_bands(power_of(spectrum), grid).clamp(min=1e-20)).sqrt().clamp(max=most)
    for _ in range(_ROUNDS):
        made = stft(istft(spectrum * _smooth(gain, grid), grid, loop), grid, loop)
        reached = _in_bands(power_of(made), grid)
        gain = (gain * (wanted / reached.clamp(min=1e-20)).sqrt().clamp(0.25, 4)).clamp(max=most)
    side = istft(spectrum * _smooth(gain, grid), grid, loop)
    return side if loop else side[:, grid.lead : grid.lead + grid.clip_samples]


def _in_bands(power: Tensor, grid: Grid) -> Tensor:
    """Power, shape (batch, rows, frames), summed to bands and columns, (batch, WIDTH_BANDS, columns)."""
    bands = power.transpose(1, 2) @ _members(grid).to(power)  # in memory, frames are rows
    return bands.unflatten(1, (-1, grid.fold)).sum(2).transpose(1, 2)


@lru_cache(maxsize=8)
def _members(grid: Grid) -> Tensor:
    """Ones where a row belongs to a band, shape (rows, WIDTH_BANDS)."""
    edges = torch.tensor(_edges(grid))
    rows = torch.arange(int(edges[-1]))[:, None]
    return ((rows >= edges[:-1]) & (rows < edges[1:])).float()


def _smooth(gain: Tensor, grid: Grid) -> Tensor:
    """Gains of bands in columns as gains of cells: in between bands their decibels are."""
    below, share = (part.to(gain.device) for part in _between(grid))
    log = gain.clamp(min=1e-6).log()
    cells = torch.lerp(log[:, below], log[:, below + 1], share[:, None]).exp()
    nothing = (gain == 0)[:, below] & (gain == 0)[:, below + 1]
    return torch.where(nothing, 0.0, cells).repeat_interleave(grid.fold, -1)


def _torn_apart(audio: Tensor, rate_hz: int, loop: bool) -> Tensor:
    """Audio through the all-pass, shape (batch, samples), circular or with silence around."""
    samples = audio.shape[1]
    length = samples if loop else samples + round(_RUN_OUT_S * rate_hz)
    hz = np.fft.rfftfreq(length, 1 / rate_hz)
    turn = torch.from_numpy(np.interp(hz, *_phase(rate_hz))).to(audio.device)
    response = torch.polar(torch.ones_like(turn), turn).to(torch.complex64)
    response[0] = 0
    return torch.fft.irfft(torch.fft.rfft(audio.float(), length) * response, length)[:, :samples]


@lru_cache(maxsize=4)
def _phase(rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and the phase of the all-pass at each: a quarter turn, then the delays' integral."""
    highest = _erb_rate(rate_hz / 2)
    hz = np.linspace(0, rate_hz / 2, round(rate_hz / 2) + 1)
    half = highest / WIDTH_BANDS / 2
    middles = (np.arange(2 * WIDTH_BANDS) + 0.5) * half
    delays_s = np.tile(_DELAYS, WIDTH_BANDS) / (_hz(middles + half) - _hz(middles - half))
    delay_s = np.interp(_erb_rate(hz), middles, delays_s)
    turns = np.concatenate([[0.0], np.cumsum((delay_s[1:] + delay_s[:-1]) / 2) * hz[1]])
    return hz, -2 * np.pi * (turns + 0.25)


@lru_cache(maxsize=8)
def _edges(grid: Grid) -> tuple[int, ...]:
    """First row of each band, and the end of the last; at the bottom a row each where bands are narrower."""
    rows = grid.n_fft // 2 + 1
    hz = _hz(np.linspace(0, _erb_rate(grid.rate_hz / 2), WIDTH_BANDS + 1))
    edges = np.maximum(np.round(hz * grid.n_fft / grid.rate_hz).astype(int), np.arange(WIDTH_BANDS + 1))
    return (*edges[:-1].tolist(), rows)


@lru_cache(maxsize=8)
def _between(grid: Grid) -> tuple[Tensor, Tensor]:
    """For each row the band whose middle lies below it, and how far it is on the way to the next one."""
    edges = np.array(_edges(grid))
    middles, rows = (edges[1:] + edges[:-1] - 1) / 2, np.arange(edges[-1])
    below = np.clip(np.searchsorted(middles, rows) - 1, 0, WIDTH_BANDS - 2)
    share = np.clip((rows - middles[below]) / (middles[below + 1] - middles[below]), 0, 1)
    return torch.from_numpy(below), torch.from_numpy(share).float()


def _erb_rate(hz: np.ndarray | float) -> np.ndarray:
    """Equivalent rectangular bandwidths below a frequency (Glasberg & Moore 1990, eq. 4)."""
    return 21.4 * np.log10(1 + 0.00437 * np.asarray(hz))


def _hz(erb_rate: np.ndarray) -> np.ndarray:
    return (10 ** (erb_rate / 21.4) - 1) / 0.00437
