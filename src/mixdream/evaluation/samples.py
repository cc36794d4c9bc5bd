"""Samples: embeddings of a set of clips, and the checks that every metric makes."""

from dataclasses import dataclass

import numpy as np

from mixdream.errors import InputError


@dataclass(frozen=True)
class Samples:
    """Embeddings, and the block of each: those of one block are no independent observations.

    Windows of one minute of a set are of one block, see `mixdream.evaluation.intervals.minute_blocks`.
    """

    embeddings: np.ndarray  # shape (n, dims)
    blocks: np.ndarray  # shape (n,), int

    @classmethod
    def independent(cls, embeddings: np.ndarray) -> "Samples":
        """Generated clips: each is its own block."""
        return cls(embeddings, np.arange(len(embeddings)))


def check_samples(name: str, samples: np.ndarray, at_least: int, metric: str) -> np.ndarray:
    """Return embeddings, shape (n, dims), as float64, or say in an InputError what is wrong with them.

    They must be finite, and at least so many; ``name`` is what the message calls them, such as "reference".
    """
    samples = np.asarray(samples, dtype=np.float64)
    if samples.ndim != 2:
        raise InputError(
            f"{name}: embeddings of shape {samples.shape}; they are (clips, dims), one row for each clip"
        )
    if len(samples) < at_least:
        raise InputError(
            f"{metric} needs at least {at_least} clips, {name} has {len(samples)}: make or take more"
        )
    bad = np.flatnonzero(~np.isfinite(samples).all(axis=1))
    if len(bad):
        raise InputError(
            f"{name}: {len(bad)} embeddings are not finite, the first is row {bad[0]}: leave out clips "
            "with NaN, see mixdream.analysis.validity"
        )
    return samples


def check_pair(
    reference: np.ndarray, generated: np.ndarray, at_least: int, metric: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return two sets of embeddings of the same dimensions as float64, see `check_samples`.

    >>> check_pair(np.zeros((3, 2)), np.zeros((1, 2)), 2, "coverage")
    Traceback (most recent call last):
    mixdream.errors.InputError: coverage needs at least 2 clips, generated has 1: make or take more
    """
    reference = check_samples("reference", reference, at_least, metric)
    generated = check_samples("generated", generated, at_least, metric)
    if reference.shape[1] != generated.shape[1]:
        raise InputError(
            f"reference has {reference.shape[1]} dims, generated {generated.shape[1]}: "
            "embed both with the same embedder"
        )
    return reference, generated


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances, shape (len(a), len(b)), >= 0."""
    squares = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T
    return np.maximum(squares, 0)
