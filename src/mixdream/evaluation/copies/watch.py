"""Copies among generated spectrograms: the copy check, on the windows that a training learns from."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mixdream.corpus.windows import spread
from mixdream.evaluation.copies.band_levels import still
from mixdream.evaluation.copies.matching import Templates, make_templates, match
from mixdream.evaluation.copies.nearest import TRACK_S
from mixdream.evaluation.copies.verdict import FEWEST_REAL, REAL_WINDOWS, RealNearest
from mixdream.recipes.windows import TrainingWindows

MOST_WINDOWS = 2048  # training windows that clips are compared with; of more, so many spread over all
_BATCH = 32


@dataclass(frozen=True)
class CopyWatch:
    """Tells which generated spectrograms are copies of training windows, wherever in a window they begin.

    It has the correlation and the limits of `mixdream.evaluation.copies.verdict`. That searches every moment
    of the corpus for what is heard, at other speeds, too, and takes a minute; this looks only at whole
    windows, as the model sees them, and takes a second. Copies are as near to these as to what the search
    finds, but real windows are not: by their own limits clips are copies several times too often. Limits that
    the search has measured, see `judged_by`, are nearly its verdict.
    """

    windows: TrainingWindows
    rows: np.ndarray  # of training windows that are looked at
    templates: Templates  # of these
    real: RealNearest  # how near real windows come to other tracks

    @classmethod
    def prepare(cls, windows: TrainingWindows, levels_of: Callable[[np.ndarray], np.ndarray]) -> Self | None:
        """Read the training windows once; None where fewer than 8 have another track to be compared with.

        ``levels_of`` gives `mixdream.evaluation.copies.band_levels.spectrogram_levels` of rows of windows.
        """
        rows = spread(len(windows), MOST_WINDOWS)
        parts = np.split(rows, range(_BATCH, len(rows), _BATCH))
        levels = np.concatenate([levels_of(part) for part in parts])
        templates = make_templates(levels)
        judges = spread(len(rows), REAL_WINDOWS)
        correlation = _correlate(templates, levels[judges])
        for with_window, row in zip(correlation, rows[judges], strict=True):
            with_window[~_apart(windows, rows, row)] = -np.inf
        nearest = _nearest(windows, rows, correlation[np.isfinite(correlation).any(axis=1)])
        if len(nearest) < FEWEST_REAL:
            return None
        ratios = [ratio for _, ratio in nearest if ratio is not None]
        real = RealNearest(np.array([distance for distance, _ in nearest]), np.array(ratios))
        return cls(windows, rows, templates, real)

    def judged_by(self, real: RealNearest) -> Self:
        """Return the same with other limits."""
        return replace(self, real=real)

    def share(self, levels: np.ndarray) -> float:
        """Share of generated clips, levels of shape (count, bands, frames), that are copies, in [0, 1].

        Of real music, 2 in 100 at most are called copies of other tracks.
        """
        nearest = _nearest(self.windows, self.rows, _correlate(self.templates, levels))
        copies = [self.real.is_copy(distance, ratio) for distance, ratio in nearest]
        return float(np.mean(copies & ~still(levels)))


def _apart(windows: TrainingWindows, rows: np.ndarray, row: int) -> np.ndarray:
    """Which windows cannot be of the track that a window is of: in another set, or minutes away."""
    away = np.abs(windows.start[rows] - windows.start[row]) >= TRACK_S * windows.corpus.rate_hz
    return (windows.set_index[rows] != windows.set_index[row]) | away


def _correlate(templates: Templates, levels: np.ndarray) -> np.ndarray:
    """Correlation of spectrograms with templates, each turned to where it fits, shape (count, windows)."""
    parts = np.split(levels, range(_BATCH, len(levels), _BATCH))
    # Side by side, each is a moment of one long spectrogram.
    return np.concatenate(
        [match(templates, np.concatenate(list(part), axis=1), templates.frames)[0] for part in parts]
    )


def _nearest(
    windows: TrainingWindows, rows: np.ndarray, correlation: np.ndarray
) -> list[tuple[float, float | None]]:
    """Distance to the nearest window, and its ratio to that of another track, if there is one."""
    nearest: list[tuple[float, float | None]] = []
    for with_window in correlation:
        first = int(with_window.argmax())
        distance = max(0.0, 1 - float(with_window[first]))
        second = float(with_window[_apart(windows, rows, rows[first])].max(initial=-np.inf))
        ratio = None if second == -np.inf else min(1.0, distance / max(1 - second, 1e-9))
        nearest.append((distance, ratio))
    return nearest
