"""Intervals: how much a figure would change with other minutes of music and other clips."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixdream.errors import InputError

Statistic = Callable[[np.ndarray, np.ndarray], float]
"""Metric as a function of how often each reference and each generated clip counts, two arrays >= 0."""

BLOCK_S = 60.0
RESAMPLES = 200


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference is more than chance."""
        return not self.low <= 0 <= self.high


def minute_blocks(set_index: np.ndarray, start_s: np.ndarray) -> np.ndarray:
    """Number the one-minute blocks of the sets that windows begin in, shape (n,).

    >>> minute_blocks(np.array([0, 0, 0, 1]), np.array([0.0, 59.0, 60.0, 0.0]))
    array([0, 0, 1, 2])
    """
    minutes = np.stack([np.asarray(set_index), np.asarray(start_s) // BLOCK_S], axis=1)
    return np.unique(minutes, axis=0, return_inverse=True)[1].reshape(-1)


def block_weights(blocks: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES) -> np.ndarray:
    """Draw as many blocks as there are, with replacement, and count how often each clip was drawn.

    Overlapping windows and neighbours in a set are no independent observations; minutes nearly are (the
    block bootstrap of Kunsch 1989, with blocks that do not overlap). Generated clips are their own blocks:
    ``np.arange(n)``.

    ``blocks`` has the block of each clip, shape (n,); weights have shape (resamples, n). Where all clips are
    in one block, there is an InputError.
    """
    blocks = np.asarray(blocks)
    names, of_clip = np.unique(blocks, return_inverse=True)
    if blocks.ndim != 1 or len(names) < 2:
        raise InputError(
            f"an interval needs at least 2 blocks, there are {len(names)}: with less than two minutes of "
            "music nothing can be said about other music"
        )
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    # A draw of a single block only would leave metrics that compare clips without a pair of blocks.
    drawn[np.count_nonzero(drawn, axis=1) < 2] = 1
    return drawn[:, of_clip].astype(np.float64)


def estimate(
    statistic: Statistic,
    reference_weights: np.ndarray,
    generated_weights: np.ndarray,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """Compute a metric and its 95 % interval, which does not leave the range of the metric, ``limits``.

    Weights, shapes (resamples, n) and (resamples, m), are from `block_weights`. The same ones for two models
    make their replicates comparable pair by pair.
    """
    value = statistic(np.ones(reference_weights.shape[1]), np.ones(generated_weights.shape[1]))
    return interval(value, replicates(statistic, reference_weights, generated_weights), limits)


def replicates(
    statistic: Statistic, reference_weights: np.ndarray, generated_weights: np.ndarray
) -> np.ndarray:
    """Compute the metric on every resample, shape (resamples,)."""
    pairs = zip(reference_weights, generated_weights, strict=True)
    return np.array([statistic(w, v) for w, v in pairs])


def interval(
    value: float, replicates: np.ndarray, limits: tuple[float, float] = (-np.inf, np.inf)
) -> Estimate:
    """Lay a 95 % interval around a figure.

    A resample holds only about 63 % of the different clips, which alone lowers coverage and diversity and
    raises distances. So it is the deviations of the replicates from their own mean that are laid around the
    figure, and their percentiles taken (a percentile interval with the bootstrap's estimate of bias removed;
    Efron & Tibshirani 1993, sections 10.6 and 13.3).
    """
    low, high = np.clip(value + np.percentile(replicates, [2.5, 97.5]) - replicates.mean(), *limits)
    return Estimate(float(value), min(value, float(low)), max(value, float(high)))
