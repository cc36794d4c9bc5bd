"""What beats are found from: how strongly notes begin in three bands, and which notes sound."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.fft import rfft
from scipy.ndimage import uniform_filter1d

from mixdream.audio.resample import Resampler
from mixdream.spectrogram.frames import cut_frames

RATE_HZ = 8000
"""Everything is measured at this rate, so that a set has the same beats in corpora of any rate."""

HOP_SAMPLES = 64
FRAMES_PER_S = RATE_HZ / HOP_SAMPLES
SPECTRA_PER_S = 15.625

_BANDS_HZ = (0, 80, 150, 400, 1000, 2200, 4000)
_IN_THREE = (0, 2, 4, 6)  # kick and bass; voices and the body of snares; hats and noise
_GAIN = 1000.0  # log(1 + gain x): what is 60 dB below full scale or quieter hardly counts
_EVEN_S = 8.0
_SILENT = 0.01  # onset strength that means nothing
_SHORT, _LONG = 256, 2048  # 32 ms tells when, 256 ms tells which note


@dataclass(frozen=True)
class Onsets:
    """How a stretch of audio sounds over time.

    Attributes
    ----------
    strength : np.ndarray, shape (6, T), float32, >= 0
        Rise of the log spectrum within each band; `FRAMES_PER_S`, frame 0 is the first sample.
    level : np.ndarray, shape (6, T), float16, >= 0
        The log spectrum itself.
    spectra : np.ndarray, shape (S, notes), float16, >= 0
        Log magnitude in semitones; `SPECTRA_PER_S`, spectrum 0 is centred on the first sample.
    """

    strength: np.ndarray
    level: np.ndarray
    spectra: np.ndarray


def measure_onsets(blocks: Iterable[np.ndarray], rate_hz: int) -> Onsets:
    """Measure audio as a stream of blocks, each of shape (n, channels), int16."""
    short, long = _Frames(_SHORT, HOP_SAMPLES), _Frames(_LONG, round(RATE_HZ / SPECTRA_PER_S))
    bands, notes = _bands(), _notes()
    before = np.zeros((2, _SHORT // 2 + 1), np.float32)
    strength, level, spectra = [], [], []
    for chunk in _mono(blocks, rate_hz):
        levels = np.concatenate([before, np.log1p(_GAIN * short.magnitudes(chunk))])
        # Between the neighbours of a frame, so that the rise belongs to its middle.
        strength.append(np.maximum(levels[2:] - levels[:-2], 0) @ bands)
        level.append((levels[1:-1] @ bands).astype(np.float16))
        before = levels[-2:]
        spectra.append(np.log1p(_GAIN * (long.magnitudes(chunk) @ notes)).astype(np.float16))
    # The first belongs to the frame before the audio.
    rises, levels = (np.ascontiguousarray(np.concatenate(of)[1:].T) for of in (strength, level))
    return Onsets(rises, levels, np.concatenate(spectra))


class _Frames:
    """Cuts a stream into overlapping windows; the first is centred on the first sample."""

    def __init__(self, n_fft: int, hop: int) -> None:
        self.n_fft, self.hop = n_fft, hop
        window = np.hanning(n_fft + 1)[:-1]
        self.window = (window * 2 / window.sum()).astype(np.float32)
        self.rest = np.zeros(n_fft // 2, np.float32)

    def magnitudes(self, chunk: np.ndarray) -> np.ndarray:
        """Magnitudes of the frames that are complete with this chunk, shape (frames, bins)."""
        buffer = np.concatenate([self.rest, chunk])
        count = max(0, (len(buffer) - self.n_fft) // self.hop + 1)
        self.rest = buffer[count * self.hop :]
        if not count:
            return np.zeros((0, self.n_fft // 2 + 1), np.float32)
        frames = cut_frames(buffer, self.n_fft, slice(None, None, self.hop))
        return np.abs(rfft(frames * self.window, axis=1))


def _mono(blocks: Iterable[np.ndarray], rate_hz: int) -> Iterator[np.ndarray]:
    """Yield the audio at `RATE_HZ`, shape (n,), float32; then silence, until the last frames are complete."""
    resampler = Resampler(RATE_HZ, 1)
    for block in blocks:
        # Channels first: numpy goes along rows several times as fast as down columns.
        mono = block.T.astype(np.float32, order="C").mean(axis=0) * np.float32(1 / 32768)
        yield resampler.push(mono[:, None], rate_hz)[:, 0]
    yield resampler.finish()[:, 0]
    yield np.zeros(_LONG, np.float32)


def _bands() -> np.ndarray:
    """Averages over bands, shape (bins, 6)."""
    bin_hz = np.arange(_SHORT // 2 + 1) * RATE_HZ / _SHORT
    masks = [(bin_hz > low) & (bin_hz <= high) for low, high in pairwise(_BANDS_HZ)]
    return np.stack([mask / mask.sum() for mask in masks], axis=1).astype(np.float32)


def _notes() -> np.ndarray:
    """Averages over semitones from 41 Hz to 3.7 kHz, shape (bins, notes)."""
    bin_hz = np.arange(_LONG // 2 + 1) * RATE_HZ / _LONG
    note_hz = 440 * 2 ** ((np.arange(28, 107) - 69) / 12)
    width_hz = np.maximum(note_hz * (2 ** (1 / 12) - 1), RATE_HZ / _LONG)
    weight = np.maximum(0, 1 - np.abs(bin_hz[:, None] - note_hz) / width_hz)
    return (weight / weight.sum(axis=0)).astype(np.float32)


def in_three(strength: np.ndarray) -> np.ndarray:
    """Average neighbouring bands: bass, voices and the body of snares, hats and noise; shape (3, T)."""
    bins = (_bands() > 0).sum(axis=0)
    return np.stack(
        [bins[low:high] @ strength[low:high] / bins[low:high].sum() for low, high in pairwise(_IN_THREE)]
    ).astype(np.float32)


def even_out(strength: np.ndarray) -> np.ndarray:
    """Divide onsets, shape (bands, T), by their local average, so that bands and passages count alike.

    They are about 1 on average then, but for what is as good as silent.
    """
    span = round(_EVEN_S * FRAMES_PER_S)
    average = uniform_filter1d(strength, span, axis=1, mode="mirror")
    return strength / (average + _SILENT)
