"""Levels of narrow bands over time, by which a moment is recognised louder, faster or in noise."""

import math

import numpy as np
import scipy.fft
from torch import Tensor

from mixdream.audio.resample import to_rate
from mixdream.corpus.store import Corpus, as_float
from mixdream.evaluation.embedding import pooled
from mixdream.spectrogram.grid import Grid

ANALYSIS_HZ = 8000  # rate that everything is compared at
MARGIN = 512  # samples at ANALYSIS_HZ that a frame reaches to each side of its middle: it lasts 128 ms
COMPRESSION = 0.3  # exponent of magnitudes: 1 hears only kicks, 0 (decibels) hears hiss as loud as notes

# Bands of an eighth of an octave.
_LOWEST_HZ, _HIGHEST_HZ = 62.5, 4000.0
_PER_OCTAVE = 8
# At the bottom, where that is less, one bin of 7.8 Hz.
_EDGES = np.unique(np.geomspace(MARGIN / 64, MARGIN, 6 * _PER_OCTAVE + 1).round().astype(int))
BANDS = len(_EDGES) - 1
_BLOCK = 1024  # frames that are transformed at a time
_STILL = 0.01  # deviation over the loudest level: a steady tone has half of it, music eight times
_RUN_OUT_S = 0.05  # read beyond the end for the filter of the resampler


def band_levels(audio: np.ndarray, hop: float, frames: int) -> np.ndarray:
    """Compressed magnitudes of bands, shape (BANDS, frames), frame ``i`` centred on ``MARGIN + i * hop``.

    Audio is at `ANALYSIS_HZ`, shape (samples,), with `MARGIN` samples on each side of what it is about.
    Frames of its own and not those of a grid: a whole number of them has to fit a loop of any length, so the
    hop, in samples, need not be whole.

    A power law and not decibels: another gain multiplies all levels alike, without a floor that would have to
    be set, and what is 30 dB down counts an eighth.
    """
    audio = audio.astype(np.float32, copy=False)
    cut = np.lib.stride_tricks.sliding_window_view(audio, 2 * MARGIN)
    starts = (np.arange(frames) * hop).round().astype(int)
    window = np.hanning(2 * MARGIN).astype(np.float32)
    # Differences in time, as a weight: music falls by about 6 dB an octave, and bass must not be everything.
    rising = np.arange(MARGIN + 1, dtype=np.float32) / MARGIN
    levels = np.empty((frames, BANDS), np.float32)
    for first in range(0, frames, _BLOCK):
        spectra = scipy.fft.rfft(cut[starts[first : first + _BLOCK]] * window, axis=1)
        power = (spectra.real**2 + spectra.imag**2) * rising**2
        sums = np.add.reduceat(power[:, : _EDGES[-1]], _EDGES[:-1], axis=1)
        levels[first : first + _BLOCK] = sums ** (COMPRESSION / 2)
    return levels.T


def loop_levels(audio: np.ndarray, frames: int) -> np.ndarray:
    """`band_levels` of audio whose end meets its start, in frames spread evenly over it."""
    return band_levels(np.pad(audio, MARGIN, mode="wrap"), len(audio) / frames, frames)


def spectrogram_levels(magnitudes: Tensor, grid: Grid) -> np.ndarray:
    """Compressed magnitudes of bands like `band_levels`, from spectrograms of a grid.

    From linear magnitudes, shape (count, bins, frames), to (count, bands, frames of about 32 ms).
    """
    hz = np.arange(grid.bins) * grid.rate_hz / grid.n_fft
    band = np.floor(np.log2(np.maximum(hz, 1e-9) / _LOWEST_HZ) * _PER_OCTAVE + 0.5)
    chosen = (band >= 0) & (hz <= _HIGHEST_HZ)
    starts = np.flatnonzero(np.diff(band[chosen], prepend=-1))
    rising = magnitudes.numpy()[:, chosen] * hz[chosen][None, :, None]
    power = pooled(np.square(rising, dtype=np.float32), grid)
    return np.add.reduceat(power, starts, axis=1) ** (COMPRESSION / 2)


def still(levels: np.ndarray) -> np.ndarray:
    """Say in which clips nothing changes (silence, a steady tone), levels of shape (clips, bands, frames)."""
    return levels.std(axis=2).max(axis=1) <= _STILL * levels.max(axis=(1, 2))


def read_moment(
    corpus: Corpus, name: str, start: float, samples: int, speed: float, rate_hz: int = ANALYSIS_HZ
) -> np.ndarray:
    """Audio of a set as it sounds when it is played at another speed, mono, shape (samples,), float32.

    ``start`` is in kept samples of the set, with silence outside of it; ``samples`` are of ``rate_hz``.
    Speed 1.01 is 1 % faster and higher.
    """
    own_hz = corpus.rate_hz * speed
    first = round(start)
    wanted = np.zeros(math.ceil((samples / rate_hz + _RUN_OUT_S) * own_hz), np.float32)
    low, high = max(first, 0), min(first + len(wanted), corpus.record(name).samples)
    if low < high:
        wanted[low - first : high - first] = as_float(corpus.audio(name)[low:high], mono=True)
    return to_rate(wanted, own_hz, rate_hz)[:samples]
