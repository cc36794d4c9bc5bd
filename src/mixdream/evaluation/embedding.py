"""Embedding: a clip as about two hundred numbers that say what it sounds like; nothing to download."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from mixdream.audio.resample import to_rate
from mixdream.errors import InputError
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import magnitudes

BARK_EDGES_HZ = (
    20, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480,
    1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500,
)  # fmt: skip
"""Edges of critical bands (Zwicker 1961); the first is 20, not 0 Hz, so that an offset does not count."""

MODULATION_EDGES_HZ = (0.5, 1.6, 5.0, 16.0)  # about: bars, beats and eighths, sixteenths and rolls

SHORTEST_S = 1.0
LOWEST_HZ = 4000
_FRAME_S = 0.032
_FEWEST_FRAMES = 24  # what a second has at least, whatever the grid
_USED = 0.9  # of the Nyquist frequency: above, the resampling filters of tools differ
_CHROMA_HZ = (500.0, 1800.0)  # below, bins are wider than a semitone; above there are mostly overtones
_FLOOR_DB = -60.0
_BIN_FLOOR_DB = -80.0
_CHROMA_FLOOR_DB = -20.0
_ONSET_DB = 3.0
_BANDED, _UNBANDED = 8, 13  # features of each critical band, and of none
_FINE = 6, 8  # those of the bands that hear blur


def embed_audio(clips: Iterable[np.ndarray], rate_hz: int) -> np.ndarray:
    """Embed clips by `embed_magnitudes` on `analysis_grid`, shape (clips, features).

    Silence has an embedding too: every band at the floor.

    >>> clip = np.random.default_rng(0).normal(size=16000)
    >>> np.allclose(embed_audio([clip], 8000), embed_audio([clip / 10], 8000), atol=1e-4)
    True
    """
    features = []
    for i, clip in enumerate(checked_clips(clips, rate_hz)):
        spectrogram, grid = analysis_magnitudes(clip, rate_hz)
        features.append(_features(i, spectrogram.numpy(), grid))
    return np.stack(features)


def checked_clips(
    clips: Iterable[np.ndarray], rate_hz: int, target_hz: int | None = None
) -> Iterator[np.ndarray]:
    """Check clips for any embedding, and yield them as float32 at the rate that it needs.

    They are mono, of shape (samples,), finite and at least 1 s each, at 4000 Hz or more; anything else is an
    InputError. Lengths may differ, and full scale does not matter.
    """
    if rate_hz < LOWEST_HZ:
        raise InputError(f"clips of {rate_hz} Hz: embedding needs {LOWEST_HZ} Hz or more")
    i = -1
    for i, clip in enumerate(clips):
        audio = np.asarray(clip, dtype=np.float32)
        if audio.ndim != 1:
            raise InputError(f"clip {i} has shape {audio.shape}: mix it to mono, (samples,)")
        if len(audio) < SHORTEST_S * rate_hz:
            raise InputError(
                f"clip {i} has {len(audio)} samples, {len(audio) / rate_hz:.2f} s at {rate_hz} Hz: embedding "
                f"needs {SHORTEST_S:g} s; is the rate right?"
            )
        if not np.isfinite(audio).all():
            raise InputError(f"clip {i} is not finite: leave it out, see mixdream.analysis.validity")
        yield to_rate(audio, rate_hz, target_hz or rate_hz)
    if i < 0:
        raise InputError("there are no clips to embed")


def mixed(clips: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Clips of shape (samples, channels), or of one channel already, each mixed to mono, (samples,)."""
    return (clip if clip.ndim == 1 else clip.mean(axis=1) for clip in clips)


def analysis_grid(rate_hz: int, samples: int) -> Grid:
    """Grid on which audio is embedded: Hann windows of at most 32 ms, fourfold overlap.

    At 8, 16 and 32 kHz its frames are those of the studio grids.
    """
    n_fft = Grid.for_rate(rate_hz).n_fft
    hop = n_fft // 4
    frames = 1 + (samples - n_fft) // hop
    return Grid(rate_hz=rate_hz, n_fft=n_fft, hop=hop, bins=n_fft // 2, frames=frames, window="hann")


def analysis_magnitudes(audio: np.ndarray, rate_hz: int) -> tuple[Tensor, Grid]:
    """Magnitudes, shape (..., bins, frames), of audio, shape (..., samples), on `analysis_grid`."""
    grid = analysis_grid(rate_hz, audio.shape[-1])
    return magnitudes(torch.from_numpy(np.asarray(audio, np.float32)), grid), grid


def embed_magnitudes(spectrograms: np.ndarray, grid: Grid) -> np.ndarray:
    """Embed linear magnitude spectrograms, before any inversion.

    Power is relative to the clip's mean power, so the embedding is blind to gain: how loud a clip is played
    is not the model's doing (min-max scaling forgets it, other tools normalise), and silence is counted by
    `mixdream.analysis.validity`. The features, in order: of the level of each critical band over 32 ms,
    floored at -60 dB, the mean, the standard deviation and the mean absolute change between frames, in dB;
    the RMS of its modulations at 0.5 to 1.6, 1.6 to 5 and 5 to 16 Hz, in dB; of every frame of the grid,
    however short, the mean absolute change to the next and the flatness (mean level of the bins less level of
    their mean), in dB, which blur fills up: without these two a spectrogram averaged over 24 ms is taken for
    music; twelve pitch classes from 500 to 1800 Hz, in dB relative to their mean; onsets per second.

    From shape (n, bins, frames), at least 1 s, to (n, features).

    Two distances, real to generated spectrograms on the model's grid and real to inverted audio by
    `embed_audio`, differ by the share of the phase, and by what no phase can satisfy. The audio has to be
    embedded on its own grid for that: an inversion fits the frames of the model's grid, and what it breaks
    between them those frames do not see. Embeddings of different grids differ a little with the hop and much
    with the window, since a rectangular one leaks into quiet bands: compare spectrograms with spectrograms of
    the same grid, by an embedder fitted on them.
    """
    spectrograms = np.asarray(spectrograms)
    if spectrograms.ndim != 3 or spectrograms.shape[1:] != (grid.bins, grid.frames):
        raise InputError(
            f"spectrograms of shape {spectrograms.shape} do not fit the grid: they are "
            f"(n, {grid.bins}, {grid.frames})"
        )
    if not len(spectrograms):
        raise InputError("there are no spectrograms to embed")
    return np.stack([_features(i, spectrogram, grid) for i, spectrogram in enumerate(spectrograms)])


def without_blur(features: np.ndarray) -> np.ndarray:
    """Features, shape (n, features), but those that hear blur.

    What is left says which kind of music a clip is, however well it is made: for questions of variety.
    """
    bands = (features.shape[1] - _UNBANDED) // _BANDED
    return np.delete(features, np.s_[_FINE[0] * bands : _FINE[1] * bands], axis=1)


def _features(i: int, spectrogram: np.ndarray, grid: Grid) -> np.ndarray:
    """Features of one spectrogram, shape (bins, frames)."""
    if not np.isfinite(spectrogram).all():
        raise InputError(f"spectrogram {i} is not finite: leave it out, see mixdream.analysis.validity")
    fine = np.square(spectrogram, dtype=np.float64)
    power = pooled(fine, grid)
    if power.shape[1] < _FEWEST_FRAMES:
        raise InputError(
            f"spectrogram {i} has {power.shape[1]} frames of {_FRAME_S * 1000:g} ms: embedding needs "
            f"{_FEWEST_FRAMES}, about a second"
        )
    hz = np.arange(grid.bins) * grid.rate_hz / grid.n_fft
    inside = _bands(hz, _USED * grid.rate_hz / 2)
    levels = _levels_db(power, inside)
    changes = np.diff(levels)
    frames_hz = grid.rate_hz / (grid.hop * _pool(grid))
    parts = [levels.mean(1), levels.std(1), np.abs(changes).mean(1)]
    parts += [*_modulations_db(levels, frames_hz)]
    parts += [np.abs(np.diff(_levels_db(fine, inside))).mean(1), _flatness_db(fine, inside)]
    parts += [_chroma_db(power, hz), [_onsets_hz(changes, frames_hz)]]
    return np.concatenate(parts)


def pooled(power: np.ndarray, grid: Grid) -> np.ndarray:
    """Mean power over 32 ms, shape (..., bins, frames): every grid then has about 31 frames a second."""
    pool = _pool(grid)
    frames = power.shape[-1] // pool
    return power[..., : frames * pool].reshape(*power.shape[:-1], frames, pool).mean(-1)


def _pool(grid: Grid) -> int:
    return max(1, round(_FRAME_S * grid.rate_hz / grid.hop))


def _bands(hz: np.ndarray, highest_hz: float) -> np.ndarray:
    """Which bins are in each critical band, 0 or 1, shape (bands, bins)."""
    # A last band under half its width would be ruled by single bins: the one below takes it in.
    inner = [low for low, high in pairwise(BARK_EDGES_HZ) if (low + high) / 2 < highest_hz]
    edges = [*inner, highest_hz]
    return np.stack([(hz >= low) & (hz < high) for low, high in pairwise(edges)]).astype(np.float64)


def _levels_db(power: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Levels of critical bands, shape (bands, frames)."""
    bands = inside @ power
    mean = bands.sum(0).mean()
    floor = 10 ** (_FLOOR_DB / 10)
    return 10 * np.log10(np.maximum(bands / mean if mean > 0 else bands, floor))


def _flatness_db(power: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """How flat the spectrum is within each band, mean over all frames, <= 0, shape (bands,)."""
    mean = (inside @ power).sum(0).mean()
    relative = np.maximum(power / mean if mean > 0 else power, 10 ** (_BIN_FLOOR_DB / 10))
    bins = np.maximum(inside.sum(1, keepdims=True), 1)
    mean_of_bins = np.maximum(inside @ relative / bins, 10 ** (_BIN_FLOOR_DB / 10))
    return 10 * (inside @ np.log10(relative) / bins - np.log10(mean_of_bins)).mean(1)


def _modulations_db(levels: np.ndarray, frames_hz: float) -> list[np.ndarray]:
    """RMS of each band's level in ranges of modulation frequency, by Parseval's theorem."""
    frames = levels.shape[1]
    taper = np.hanning(frames)
    spectrum = np.fft.rfft((levels - levels.mean(1, keepdims=True)) * taper)
    squares = 2 * np.square(np.abs(spectrum)) / (frames * np.square(taper).sum())
    modulation_hz = np.fft.rfftfreq(frames, 1 / frames_hz)
    inside = [(modulation_hz >= low) & (modulation_hz < high) for low, high in pairwise(MODULATION_EDGES_HZ)]
    return [np.sqrt(squares[:, chosen].sum(1)) for chosen in inside]


def _chroma_db(power: np.ndarray, hz: np.ndarray) -> np.ndarray:
    """Mean magnitude in the twelve pitch classes, C first, relative to their mean."""
    chosen = (hz >= _CHROMA_HZ[0]) & (hz < _CHROMA_HZ[1])
    classes = 12 * np.log2(hz[chosen] / 440) + 9
    away = np.abs((classes - np.arange(12)[:, None] + 6) % 12 - 6)
    weights = np.maximum(0, 1 - away)  # a bin between two classes counts for both
    chroma = weights @ np.sqrt(power[chosen]).mean(1) / np.maximum(weights.sum(1), 1e-9)
    mean = chroma.mean()
    relative = chroma / mean if mean > 0 else np.ones(12)
    return 20 * np.log10(np.maximum(relative, 10 ** (_CHROMA_FLOOR_DB / 20)))


def _onsets_hz(changes: np.ndarray, frames_hz: float) -> float:
    """Peaks of the half-wave rectified spectral flux in dB, mean over bands, per second."""
    flux = np.pad(np.maximum(changes, 0).mean(0), 1)
    peaks = (flux[1:-1] > flux[:-2]) & (flux[1:-1] >= flux[2:]) & (flux[1:-1] >= _ONSET_DB)
    return float(peaks.sum() * frames_hz / changes.shape[1])
