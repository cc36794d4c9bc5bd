"""Copies among generated spectrograms: the copy check, on the windows that a training learns from."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from torch import Tensor

from mixdream.evaluation.copies.band_levels import COMPRESSION, still
from mixdream.evaluation.copies.matching import Templates, make_templates, match
from mixdream.evaluation.copies.nearest import TRACK_S
from mixdream.evaluation.copies.verdict import FEWEST_REAL, REAL_WINDOWS, RealNearest
from mixdream.evaluation.samples import spread
from mixdream.spectrogram.grid import Grid
from mixdream.training.batches import Batches

MOST_WINDOWS = 2048
"""Training windows that clips are compared with; of more, so many spread over all."""

_BATCH = 32
_FRAME_S = 0.032
_PER_OCTAVE = 8
_LOWEST_HZ, _HIGHEST_HZ = 62.5, 4000.0


@dataclass(frozen=True)
class CopyWatch:
    """Tells which generated spectrograms are copies of training windows, wherever in a window they begin.

    By the correlation and the limits of `mixdream.evaluation.copies.verdict`; but that searches every moment of the
    corpus, at other speeds, too, for what is heard, and takes a minute. This looks only at whole windows, as
    the model sees them, and takes a second.

    Attributes
    ----------
    batches : Batches
        Knows the windows, the grid and the scaling.
    rows : np.ndarray, shape (windows,)
        Training windows that are looked at.
    templates : Templates
        Of these.
    real : RealNearest
        How near real windows come to windows of other tracks.
    """

    batches: Batches
    rows: np.ndarray
    templates: Templates
    real: RealNearest

    @classmethod
    def prepare(cls, batches: Batches) -> Self | None:
        """Read the training windows once.

        Returns
        -------
        CopyWatch or None
            None where fewer than 8 windows have another track to be compared with.
        """
        rows = spread(len(batches.windows), MOST_WINDOWS)
        parts = np.split(rows, range(_BATCH, len(rows), _BATCH))
        levels = np.concatenate([image_levels(batches.images(part).cpu(), batches) for part in parts])
        templates = make_templates(levels)
        some = spread(len(rows), REAL_WINDOWS)
        correlation = _correlate(templates, levels[some])
        for one, row in zip(correlation, rows[some], strict=True):
            one[~_apart(batches, rows, row)] = -np.inf
        found = _nearest(batches, rows, correlation[np.isfinite(correlation).any(axis=1)])
        if len(found) < FEWEST_REAL:
            return None
        ratios = [ratio for _, ratio in found if ratio is not None]
        real = RealNearest(np.array([distance for distance, _ in found]), np.array(ratios))
        return cls(batches, rows, templates, real)

    def share(self, images: Tensor) -> float:
        """Share of generated images, shape (count, 1, bins, frames), that are copies, in [0, 1].

        Of real music, 2 in 100 at most are called copies of other tracks.
        """
        levels = image_levels(images, self.batches)
        found = _nearest(self.batches, self.rows, _correlate(self.templates, levels))
        copies = [self.real.is_copy(*one) for one in found]
        return float(np.mean(copies & ~still(levels)))


def _apart(batches: Batches, rows: np.ndarray, row: int) -> np.ndarray:
    """Which windows cannot be of the same track as one: of another set, or minutes away."""
    windows = batches.windows
    away = np.abs(windows.start[rows] - windows.start[row]) >= TRACK_S * windows.corpus.rate_hz
    return (windows.set_index[rows] != windows.set_index[row]) | away


def _correlate(templates: Templates, levels: np.ndarray) -> np.ndarray:
    """Correlation of spectrograms with templates, each turned to where it fits, shape (count, windows)."""
    parts = np.split(levels, range(_BATCH, len(levels), _BATCH))
    # Side by side, each is a moment of one long spectrogram.
    return np.concatenate(
        [match(templates, np.concatenate(list(part), axis=1), templates.frames)[0] for part in parts]
    )


def _nearest(batches: Batches, rows: np.ndarray, correlation: np.ndarray) -> list[tuple[float, float | None]]:
    """Distance to the nearest window, and its ratio to that of another track, if there is one."""
    found: list[tuple[float, float | None]] = []
    for one in correlation:
        first = int(one.argmax())
        distance = max(0.0, 1 - float(one[first]))
        second = float(one[_apart(batches, rows, rows[first])].max(initial=-np.inf))
        ratio = None if second == -np.inf else min(1.0, distance / max(1 - second, 1e-9))
        found.append((distance, ratio))
    return found


def image_levels(images: Tensor, batches: Batches) -> np.ndarray:
    """Compressed levels of bands over time, shape (count, bands, frames).

    As `mixdream.evaluation.copies.band_levels` has them, but from spectrograms of the grid.
    """
    grid: Grid = batches.grid
    magnitudes = batches.scaler.unscale(images[:, 0].float()).numpy()
    pool = max(1, round(_FRAME_S * grid.rate_hz / grid.hop))
    frames = magnitudes.shape[2] // pool
    hz = np.arange(grid.bins) * grid.rate_hz / grid.n_fft
    octaves = np.log2(np.maximum(hz, 1e-9) / _LOWEST_HZ)
    band = np.floor(octaves * _PER_OCTAVE + 0.5)
    chosen = (band >= 0) & (hz <= _HIGHEST_HZ)
    starts = np.flatnonzero(np.diff(band[chosen], prepend=-1))
    power = np.square(magnitudes[:, chosen, : frames * pool] * hz[chosen][None, :, None], dtype=np.float32)
    pooled = power.reshape(*power.shape[:2], frames, pool).mean(3)
    return np.add.reduceat(pooled, starts, axis=1) ** (COMPRESSION / 2)
