"""Stretching: one period of a loop at another tempo and the same pitch, or at another pitch in the same time.

Both are one thing: the spectrogram is read in more or fewer frames, which changes the time alone, and the
audio of these is resampled, which changes time and pitch together.
"""

import math

import numpy as np
import torch
from torch import Tensor

from mixdream.audio.resample import resample_loop
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import stft

WINDOW_S = 0.093
"""In shorter windows the notes of a low chord are one beating tone, and the beating is stretched instead of
the notes; longer ones soften attacks: docs/experiments.md."""

OVERLAP = 8  # frames that reach each sample
_SAME = 1e-6  # parts by which a stretch may be off: a five-hundredth of a cent


def stretch_loop(audio: np.ndarray, samples: int, at_pitch: float, rate_hz: int) -> np.ndarray:
    """Bring one period of a loop to a length and, apart from that, to a pitch.

    Magnitudes are interpolated between frames, on a circle. Their phases are integrated, loudest cells first,
    along the momentary frequency and the delay that the phases of the loop itself have at that moment (Prusa
    & Holighaus 2017, "Phase vocoder done right"), which keeps tones and attacks whole, and made consistent by
    Griffin-Lim. The middle of stereo is stretched alone; of the side, magnitudes are treated alike, and each
    cell keeps the phase that it has relative to the middle.

    Parameters
    ----------
    audio : np.ndarray, shape (samples,) or (2, samples)
        Mono, or left and right.
    samples : int
        Length of the result.
    at_pitch : float
        Samples to which plain resampling would have to bring the loop for the pitch that is wanted: as many
        as ``samples`` where pitch follows tempo, half of them for an octave more than that.
    rate_hz : int
        Rate of ``audio``.

    Returns
    -------
    np.ndarray, shape (samples,) or (2, samples), float64
    """
    ratio = samples / at_pitch
    if abs(ratio - 1) < _SAME:
        return resample_loop(audio, samples)
    hop = round(WINDOW_S * rate_hz / OVERLAP)
    frames, stretched = _frame_counts(math.ceil(audio.shape[-1] / hop), ratio)
    n_fft = OVERLAP * hop
    grid = Grid(rate_hz=rate_hz, n_fft=n_fft, hop=hop, bins=n_fft // 2 + 1, frames=frames, window="hann")
    loop = resample_loop(audio, grid.clip_samples)
    if loop.ndim == 1:
        return resample_loop(_stretch(loop[None], grid, stretched)[0], samples)
    middle, side = _stretch(np.stack([loop[0] + loop[1], loop[0] - loop[1]]) / 2, grid, stretched)
    return resample_loop(np.stack([middle + side, middle - side]), samples)


def _frame_counts(least: int, ratio: float) -> tuple[int, int]:
    """Frames before and after, of which the first are at least so many, that have the ratio most exactly."""
    before = min(range(least, 2 * least), key=lambda frames: abs(round(frames * ratio) / frames - ratio))
    return before, round(before * ratio)


def _stretch(parts: np.ndarray, grid: Grid, frames: int) -> np.ndarray:
    """Stretch middle and, of stereo, side, shape (parts, grid.clip_samples), to another number of frames."""
    # Here, because numba takes its time to import; what only follows the tempo need not wait for it.
    from mixdream.spectrogram.pghi import integrate
    from mixdream.spectrogram.raar import LAST, raar

    spectrum = stft(torch.from_numpy(parts).float(), grid, loop=True)
    moments = torch.arange(frames, dtype=torch.float64) * grid.frames / frames
    levels = _read(spectrum.abs(), moments)
    nearest = moments.round().long() % grid.frames
    wider = grid.model_copy(update={"frames": frames})

    over_time, over_frequency = (_read(part, moments) for part in _gradients(spectrum[:1], grid))
    over_frequency = (over_frequency + math.pi) * (frames / grid.frames) - math.pi
    phases = integrate(levels[:1], over_time, over_frequency, spectrum[:1, :, nearest].angle(), loop=True)
    made = [raar(levels[:1], wider, phases, loop=True, iterations=LAST)]
    if len(parts) == 2:
        apart = (spectrum[1:] * spectrum[:1].conj()).angle()[..., nearest]
        phases = stft(made[0], wider, loop=True).angle() + apart
        made.append(raar(levels[1:], wider, phases, loop=True, iterations=LAST))
    return torch.cat(made).numpy()


def _gradients(spectrum: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    """Phase steps per hop and per bin that the phases of a loop have, as `pghi.phase_gradients` has them."""
    phases = spectrum.angle().double()
    rows = torch.arange(phases.shape[1], dtype=phases.dtype)[:, None]
    steady = 2 * math.pi * grid.hop / grid.n_fft * rows
    forward = _wrapped(phases.roll(-1, -1) - phases - steady)
    upward = _wrapped(phases.diff(dim=1) + math.pi)
    upward = torch.cat([upward[:, :1], (upward[:, 1:] + upward[:, :-1]) / 2, upward[:, -1:]], 1)
    return steady + (forward + forward.roll(1, -1)) / 2, upward - math.pi


def _read(values: Tensor, moments: Tensor) -> Tensor:
    """Values, shape (..., frames), at moments between frames, on a circle, shape (..., moments)."""
    before = moments.long()
    share = (moments - before).to(values)
    return torch.lerp(values[..., before], values[..., (before + 1) % values.shape[-1]], share)


def _wrapped(angles: Tensor) -> Tensor:
    return torch.remainder(angles + math.pi, 2 * math.pi) - math.pi
