"""Attacks: what an inversion has smeared is made as sharp again as its magnitudes say.

Inversion weighs errors by loudness, so it gives up the quiet frames before a hit first, and where no audio
has the wanted magnitudes it spreads the hit over its window. But the power of a band in all frames tells how
its power lies within them: those that reach the hit with the last of their window only are quiet.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import analysis_window

_EDGES_HZ = (200.0, 420.0, 870.0, 1820.0, 3820.0, 8000.0)  # of bands; below there are too few bins for a band
_SKIRT = 0.25  # octaves that bands fade into each other over
_STEPS = 8  # at most in a hop: 1 ms, where a hop has 8 ms
_ROUNDS = 25
_FREE_DB = 3.0  # gains that are no attack: powers of a few bins vary by so much
_MOST_GAIN_DB, _LEAST_GAIN_DB = 6.0, -30.0
_THIN = 0.05  # of the most that frames know of a moment: at the ends they hardly know any
_NOTHING = 1e-7  # of a band's mean power


def sharpen(audio: Tensor, magnitudes: Tensor, grid: Grid, loop: bool = False) -> Tensor:
    """Give bands of audio the course in time that magnitudes ask for.

    In each band the power of a frame is the envelope of the band's power, weighed by the squared window. Some
    rounds of Richardson's and Lucy's deconvolution (Richardson 1972, Lucy 1974), which keeps powers positive
    and counts errors of quiet frames as much as those of loud ones, bring the envelope that the audio has
    nearer to the one whose frames are as wanted; the root of their ratio is the band's gain, where it is more
    than noise makes. Perceptual coders shape what they have smeared in the same place (Herre & Johnston 1996,
    "Enhancing the performance of perceptual audio coders by using temporal noise shaping").

    Audio is of shape (batch, grid.samples), or of loops (batch, grid.clip_samples), circular in time;
    magnitudes, linear, of shape (batch, bins, frames). What lies below 200 Hz stays as it is.
    """
    samples, device = audio.shape[-1], audio.device
    audio, magnitudes = audio.cpu(), magnitudes.cpu()
    step = grid.hop // _steps_of_hop(grid)
    frames = _Frames(grid, step, samples, loop)
    at_rows = torch.fft.rfftfreq(grid.n_fft, 1 / grid.rate_hz)[: grid.bins]
    at_bins = torch.fft.rfftfreq(samples, 1 / grid.rate_hz)
    powers, spectrum = magnitudes.square(), torch.fft.rfft(audio)
    # Each of shape (bands, batch, ...). The real part of a band's analytic signal is the band.
    wanted = torch.stack(
        [(rows.square()[:, None] * powers).sum(-2) for rows in _bands(at_rows, grid.rate_hz)]
    )
    bands = torch.stack(
        [torch.fft.ifft(2 * spectrum * bins, samples) for bins in _bands(at_bins, grid.rate_hz)]
    )
    envelopes = _in_steps(bands.real.square() + bands.imag.square(), step) / 2
    gains = _at_samples(frames.gain(envelopes, wanted), step, samples, loop)
    return (audio + ((gains - 1) * bands.real).sum(0)).to(device)


class _Frames:
    """Powers of frames as sums over the steps of an envelope, weighed by the squared window."""

    def __init__(self, grid: Grid, step: int, samples: int, loop: bool) -> None:
        self.count, self.every = -(-samples // step), grid.hop // step
        squared = analysis_window(grid).double().square()
        weights = torch.zeros(self.count, dtype=torch.float64)
        first = -(grid.lead // step) if loop else 0
        at = (torch.arange(grid.n_fft) // step + first) % self.count
        weights.index_add_(0, at, squared / squared.sum())
        self.kernel = torch.fft.rfft(weights).conj()
        self.frames = grid.frames
        self.weights = self._spread(torch.ones(1, grid.frames, dtype=torch.float64))
        self.known = self.weights > _THIN * self.weights.max()

    def gain(self, envelope: Tensor, wanted: Tensor) -> Tensor:
        """Gains, shape (..., steps), of envelopes, (..., steps), for powers of frames, (..., frames)."""
        envelope, wanted = envelope.double(), wanted.double()
        power = self._seen(envelope)
        # Only the course counts: nothing is to be done about a level that magnitudes contradict.
        wanted = wanted * (power.mean(-1, keepdim=True) / wanted.mean(-1, keepdim=True).clamp(min=1e-30))
        nothing = _NOTHING * envelope.mean(-1, keepdim=True) + 1e-30
        sharper = before = envelope + nothing
        for _ in range(_ROUNDS):
            ratio = (wanted + nothing) / self._seen(sharper).clamp(min=1e-30)
            sharper = torch.where(self.known, sharper * self._spread(ratio) / self.weights, sharper)
        decibels = 10 * torch.log10(sharper / before)
        # Garotte (Breiman 1995): small ones vanish, large ones stay.
        decibels = decibels * (1 - (_FREE_DB / decibels).square()).clamp(min=0)
        return 10 ** (decibels.clamp(_LEAST_GAIN_DB, _MOST_GAIN_DB) / 20)

    def _seen(self, envelope: Tensor) -> Tensor:
        seen = torch.fft.irfft(torch.fft.rfft(envelope) * self.kernel, self.count)
        return seen[..., : self.every * self.frames : self.every]

    def _spread(self, ratios: Tensor) -> Tensor:
        apart = ratios.new_zeros(*ratios.shape[:-1], self.count)
        apart[..., : self.every * self.frames : self.every] = ratios
        return torch.fft.irfft(torch.fft.rfft(apart) * self.kernel.conj(), self.count)


def _steps_of_hop(grid: Grid) -> int:
    """As many as there may be, of those that hop and the start of a loop are whole numbers of."""
    return next(steps for steps in range(_STEPS, 0, -1) if grid.hop % steps == 0)


def _bands(hz: Tensor, rate_hz: int) -> list[Tensor]:
    """Weights of bins in each band, shape (bins,); with those below the first one they add up to 1."""
    octaves = torch.log2(hz.clamp(min=1.0))
    edges = [edge for edge in _EDGES_HZ if edge < rate_hz / 4]
    above = [_risen((octaves - math.log2(edge)) / _SKIRT + 0.5) for edge in edges] + [torch.zeros(())]
    return [low - high for low, high in pairwise(above)]


def _risen(x: Tensor) -> Tensor:
    return 0.5 - 0.5 * torch.cos(math.pi * x.clamp(0, 1))


def _in_steps(values: Tensor, step: int) -> Tensor:
    """Means over steps, the last one of what there is."""
    return F.avg_pool1d(values, step, ceil_mode=True)


def _at_samples(gains: Tensor, step: int, samples: int, loop: bool) -> Tensor:
    """Gains of steps at all samples, straight lines from middle to middle."""
    first, last = gains[..., :1], gains[..., -1:]
    padded = torch.cat([last, gains, first] if loop else [first, gains, last], -1)
    lines = F.interpolate(padded, scale_factor=step, mode="linear", align_corners=False)
    return lines[..., step : step + samples].float()
