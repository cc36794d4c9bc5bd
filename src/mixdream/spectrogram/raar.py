"""Relaxed averaged alternating reflections (RAAR) of the two projections that Griffin-Lim alternates."""

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.nn import functional as F

from mixdream.spectrogram.frames import cut_frames
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import analysis_window, samples_in_loop

ITERATIONS = 60
RELAXATION = 0.9
MOMENTUM = 0.5
FIRST, LAST = 6, 3
"""Plain Griffin-Lim iterations at the beginning, and at the end: reflections do not settle by themselves."""

_NEAR, _AROUND, _FEW = 0.2, 33, 0.4
"""Error after the first iterations, as a share of the magnitudes over so many frames, under which reflections
pay, and the least share of frames that must be so near. Real music has an error of 0.07 to 0.18 then, and 0.6
of its frames and more are near; what a model made up has 0.2 to 0.3, and 0.1 to 0.3 of the frames."""

_SMALLEST = np.float32(1e-12)


def raar(
    magnitudes: Tensor, grid: Grid, phases: Tensor, loop: bool = False, iterations: int = ITERATIONS
) -> Tensor:
    """Find audio whose spectrogram comes near the given one, from a good first guess.

    Relaxed averaged alternating reflections (Luke 2005): with the projections ``M`` onto the wanted
    magnitudes and ``C = STFT(iSTFT(.))`` onto spectra that belong to a signal, and their reflections
    ``R = 2 P - 1``, ``c = b/2 (R_C R_M c + c) + (1 - b) M c``, or ``b (c + C R_M c) + (1 - 2 b) M c``; each
    step goes on by half of the step before, as fast Griffin-Lim does. Peer, Welker & Gerkmann (2022) compare
    reflections with Griffin-Lim on speech, docs/ceiling.md on music.

    Where a few iterations of Griffin-Lim show that no audio comes near the magnitudes of most frames, which
    is so of what models make up, these are all: reflections would wander, and end further away.

    Shapes are those of `mixdream.spectrogram.griffin_lim.griffin_lim`.
    """
    projection = _Consistency(grid, loop)
    padded = F.pad(magnitudes, (0, 0, 0, grid.n_fft // 2 + 1 - grid.bins)) / projection.scale
    wanted, spectra = (
        part.cpu().transpose(1, 2).contiguous().numpy() for part in (padded, torch.polar(padded, phases))
    )
    made = [
        _search(levels, spectrum, projection, iterations)
        for levels, spectrum in zip(wanted, spectra, strict=True)
    ]
    return torch.from_numpy(np.stack(made)).to(magnitudes)


class _Consistency:
    """Projection of spectra onto those that belong to a signal.

    The steps of `mixdream.spectrogram.transform.stft` and `mixdream.spectrogram.griffin_lim.istft` on one
    spectrum with a frame in each row, without scaling, in plain arrays and compiled loops: four times as fast
    as whole tensors one operation after the other.
    """

    def __init__(self, grid: Grid, loop: bool) -> None:
        window = analysis_window(grid)
        self.scale = float(2 / window.sum())
        self.window = window.numpy()
        self.grid = grid
        self.period = grid.clip_samples if loop else 0
        self.wrapped = samples_in_loop(grid).numpy() if loop else np.arange(grid.samples)
        once = np.ones(self.period or grid.samples, np.float32)
        squared = self._overlap_add(np.tile(self.window, (grid.frames, 1)), once)
        self.weights = np.maximum(squared, np.float32(1e-6))

    def __call__(self, spectrum: np.ndarray) -> np.ndarray:
        """Project a spectrum, shape (frames, n_fft // 2 + 1), complex64."""
        audio = self.audio(spectrum)[self.wrapped]
        frames = cut_frames(audio, self.grid.n_fft, slice(None, None, self.grid.hop))
        return torch.fft.rfft(torch.from_numpy(frames * self.window)).numpy()

    def audio(self, spectrum: np.ndarray) -> np.ndarray:
        """Least-squares inverse of a spectrum, shape (samples,)."""
        frames = torch.fft.irfft(torch.from_numpy(spectrum), n=self.grid.n_fft).numpy()
        return self._overlap_add(frames, self.weights)

    def _overlap_add(self, frames: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return _overlap_add(frames, self.window, self.grid.hop, self.grid.lead, self.period, weights)


def _search(
    wanted: np.ndarray, spectrum: np.ndarray, consistent: _Consistency, iterations: int
) -> np.ndarray:
    """Audio of one spectrogram from a first spectrum, both of shape (frames, n_fft // 2 + 1)."""
    loud, reflected = np.empty_like(spectrum), np.empty_like(spectrum)

    def alternate(times: int) -> np.ndarray:
        found = spectrum
        for _ in range(times):
            _reflect(found, wanted, loud, reflected)
            found = consistent(loud)
        return found

    spectrum = alternate(min(FIRST, iterations))
    if iterations > FIRST and _near_frames(spectrum, wanted) >= _FEW:
        previous = spectrum.copy()
        for i in range(iterations - FIRST - LAST):
            _reflect(spectrum, wanted, loud, reflected)
            _relax(spectrum, previous, loud, consistent(reflected), MOMENTUM if i else 0.0)
        spectrum = alternate(min(LAST, iterations - FIRST))
    _reflect(spectrum, wanted, loud, reflected)
    return consistent.audio(loud)


def _near_frames(spectrum: np.ndarray, wanted: np.ndarray) -> float:
    """Share of the frames that are not silent around which magnitudes are near those that are wanted."""
    wrong, whole = (np.convolve(each, np.ones(_AROUND), "same") for each in _errors(spectrum, wanted))
    heard = whole > 0
    return float(np.mean(wrong[heard] < _NEAR**2 * whole[heard])) if heard.any() else 0.0


@njit(nogil=True, cache=True, fastmath=True)
def _errors(spectrum: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared errors of the magnitudes of each frame, and squares of those that are wanted."""
    wrong, whole = np.zeros(len(wanted)), np.zeros(len(wanted))
    for t in range(spectrum.shape[0]):
        for m in range(spectrum.shape[1]):
            c = spectrum[t, m]
            off = np.sqrt(c.real * c.real + c.imag * c.imag) - wanted[t, m]
            wrong[t] += off * off
            whole[t] += wanted[t, m] * wanted[t, m]
    return wrong, whole


@njit(nogil=True, cache=True, fastmath=True)
def _reflect(spectrum: np.ndarray, wanted: np.ndarray, loud: np.ndarray, reflected: np.ndarray) -> None:
    """Write ``M c`` and ``R_M c`` into the last two."""
    for t in range(spectrum.shape[0]):
        for m in range(spectrum.shape[1]):
            c = spectrum[t, m]
            size = np.sqrt(c.real * c.real + c.imag * c.imag)
            put = c * (wanted[t, m] / max(size, _SMALLEST))
            loud[t, m] = put
            reflected[t, m] = put + put - c


@njit(nogil=True, cache=True, fastmath=True)
def _relax(
    spectrum: np.ndarray, previous: np.ndarray, loud: np.ndarray, consistent: np.ndarray, momentum: float
) -> None:
    """Replace the spectrum by the next one, and ``previous`` by it without its momentum."""
    both, only, push = np.float32(RELAXATION), np.float32(1 - 2 * RELAXATION), np.float32(momentum)
    for t in range(spectrum.shape[0]):
        for m in range(spectrum.shape[1]):
            relaxed = both * (spectrum[t, m] + consistent[t, m]) + only * loud[t, m]
            spectrum[t, m] = relaxed + push * (relaxed - previous[t, m])
            previous[t, m] = relaxed


@njit(nogil=True, cache=True, fastmath=True)
def _overlap_add(
    frames: np.ndarray, window: np.ndarray, hop: int, lead: int, period: int, weights: np.ndarray
) -> np.ndarray:
    """Weighted sum of windowed frames; of a period (0: none) if they are of a loop."""
    count, size = frames.shape
    whole = np.zeros((count - 1) * hop + size, np.float32)
    for t in range(count):
        for j in range(size):
            whole[t * hop + j] += frames[t, j] * window[j]
    if period:
        folded = np.zeros(period, np.float32)
        for i in range(len(whole)):
            folded[(i - lead) % period] += whole[i]
        whole = folded
    for i in range(len(whole)):
        whole[i] /= weights[i]
    return whole
