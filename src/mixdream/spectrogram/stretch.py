"""Stretching: one period of a loop at another tempo and the same pitch, or at another pitch in the same time.

Both are one thing: the spectrogram is read in more or fewer frames, which changes the time alone, and the
audio of these is resampled, which changes time and pitch together.
"""

import math

import numpy as np
import torch
from scipy.ndimage import maximum_filter1d
from torch import Tensor

from mixdream.audio.resample import resample_loop
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import stft

WINDOW_S = 0.093
"""In shorter windows the notes of a low chord are one beating tone, and the beating is stretched instead of
the notes; longer ones soften attacks: docs/experiments.md."""

OVERLAP = 8  # frames that reach each sample
_STEPS = 4  # in a hop, of 3 ms, that attacks are placed to
_APART_STEPS = 16
_ONSET_DB = 6.0  # from hop to hop
_QUIET = 1e-4  # of the loudest hop: below that nothing begins
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
    hop = _STEPS * round(WINDOW_S * rate_hz / OVERLAP / _STEPS)
    frames, stretched = _frame_counts(math.ceil(audio.shape[-1] / hop), ratio)
    n_fft = OVERLAP * hop
    grid = Grid(rate_hz=rate_hz, n_fft=n_fft, hop=hop, bins=n_fft // 2 + 1, frames=frames, window="hann")
    loop = resample_loop(audio, grid.clip_samples)
    if loop.ndim == 1:
        return resample_loop(_stretch(loop[None], grid, stretched)[0], samples)
    middle, side = _stretch(np.stack([loop[0] + loop[1], loop[0] - loop[1]]) / 2, grid, stretched)
    return resample_loop(np.stack([middle + side, middle - side]), samples)


def _frame_counts(least: int, ratio: float) -> tuple[int, int]:
    """Frames before and after that have the ratio most exactly, the first so many or up to a quarter more.

    Of a loop of 4 s that is 0.04 cents of pitch on average and at most 2, of one of 2 s twice as much.
    """
    some = range(least, least + least // 4 + 1)
    before = min(some, key=lambda frames: abs(round(frames * ratio) / frames - ratio))
    return before, round(before * ratio)


def _stretch(parts: np.ndarray, grid: Grid, frames: int) -> np.ndarray:
    """Stretch middle and, of stereo, side, shape (parts, grid.clip_samples), to another number of frames."""
    # Here, because numba takes its time to import; what only follows the tempo need not wait for it.
    from mixdream.spectrogram.pghi import integrate
    from mixdream.spectrogram.raar import LAST, raar

    spectrum = stft(torch.from_numpy(parts).float(), grid, loop=True)
    moments, speed = _moments(_onsets(parts[0], grid), grid.frames, frames)
    levels = _read(spectrum.abs(), moments)
    nearest = moments.round().long() % grid.frames
    wider = grid.model_copy(update={"frames": frames})

    over_time, over_frequency = (_read(part, moments) for part in _gradients(spectrum[:1], grid))
    over_frequency = (over_frequency + math.pi) / speed - math.pi
    phases = integrate(levels[:1], over_time, over_frequency, spectrum[:1, :, nearest].angle(), loop=True)
    made = [raar(levels[:1], wider, phases, loop=True, iterations=LAST)]
    if len(parts) == 2:
        apart = (spectrum[1:] * spectrum[:1].conj()).angle()[..., nearest]
        phases = stft(made[0], wider, loop=True).angle() + apart
        made.append(raar(levels[1:], wider, phases, loop=True, iterations=LAST))
    return torch.cat(made).numpy()


def _onsets(audio: np.ndarray, grid: Grid) -> np.ndarray:
    """Where attacks begin in a loop, in hops from its start: steepest moments of its strongest rises."""
    energy = np.square(np.diff(audio, append=audio[:1])).reshape(grid.frames * _STEPS, -1).sum(axis=1)
    after = np.sum([np.roll(energy, -step) for step in range(_STEPS)], axis=0)
    floor = _QUIET * after.max() + np.finfo(float).tiny
    rise_db = 10 * np.log10((after + floor) / (np.roll(after, _STEPS) + floor))
    strongest = rise_db == maximum_filter1d(rise_db, 2 * _APART_STEPS + 1, mode="wrap")
    found = np.flatnonzero(strongest & (rise_db > _ONSET_DB))
    near = (found[:, None] + np.arange(_STEPS)) % len(energy)
    steepest = np.diff(energy, prepend=energy[-1:])[near].argmax(axis=1)
    return (np.unique(near[np.arange(len(found)), steepest]) + 0.5) / _STEPS


def _moments(onsets: np.ndarray, before: int, after: int) -> tuple[Tensor, Tensor]:
    """Moments at which new frames read old ones, in frames, and how many old ones go by from one to the next.

    Around onsets, as far as a window reaches, time goes on as it did: only what is between them is stretched.
    """
    ratio = after / before
    old = new = np.array([0.0])
    if len(onsets):
        apart = np.diff(onsets, append=onsets[:1] + before)
        reach = np.minimum(OVERLAP / 2, np.minimum(apart, np.roll(apart, 1)) * min(1.0, ratio) / 3)
        old = np.stack([onsets - reach, onsets + reach], 1).ravel()
        new = np.stack([ratio * onsets - reach, ratio * onsets + reach], 1).ravel()
    around = np.array([-1, 0, 1])[:, None]
    old, new = (old + before * around).ravel(), (new + after * around).ravel()
    ends = np.interp(np.arange(after + 1), new, old)
    middles = np.interp(np.arange(after) + 0.5, new, old) - 0.5  # a frame stands for the hop in its middle
    return torch.from_numpy(middles), torch.from_numpy(np.diff(ends))


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
    before, number = moments.floor().long(), values.shape[-1]
    share = (moments - before).to(values)
    return torch.lerp(values[..., before % number], values[..., (before + 1) % number], share)


def _wrapped(angles: Tensor) -> Tensor:
    return torch.remainder(angles + math.pi, 2 * math.pi) - math.pi
