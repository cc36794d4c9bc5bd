"""Evaluate: every metric of a set of embeddings against the reference, with intervals and floors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mixdream.errors import InputError
from mixdream.evaluation.birthday import alike_statistic
from mixdream.evaluation.clusters import ClusterComparison, cluster_statistics, compare_clusters
from mixdream.evaluation.coverage import coverage_statistics
from mixdream.evaluation.frechet import frechet_statistic
from mixdream.evaluation.intervals import RESAMPLES, Estimate, Statistic, block_weights, estimate
from mixdream.evaluation.kernel_distance import kernel_statistic
from mixdream.evaluation.vendi import vendi_statistic

_POSITIVE, _SHARE = (0.0, np.inf), (0.0, 1.0)
LIMITS = {
    "kernel_distance": (-np.inf, np.inf),
    "frechet_distance": _POSITIVE,
    "precision": _SHARE,
    "recall": _SHARE,
    "density": _POSITIVE,
    "coverage": _SHARE,
    "ndb": _SHARE,
    "missing": _SHARE,
    "js": _SHARE,
    "vendi_ratio": _POSITIVE,
    "alike_share": _SHARE,
}
"""The metrics and their ranges."""


@dataclass(frozen=True)
class Samples:
    """Embeddings, and which of them are no independent observations.

    Attributes
    ----------
    embeddings : np.ndarray, shape (n, dims)
    blocks : np.ndarray, shape (n,), int
        Windows of one minute of a set share a number, see `mixdream.evaluation.intervals.minute_blocks`.
    """

    embeddings: np.ndarray
    blocks: np.ndarray

    @classmethod
    def independent(cls, embeddings: np.ndarray) -> "Samples":
        """Generated clips: each is its own block."""
        return cls(embeddings, np.arange(len(embeddings)))

    def take(self, rows: np.ndarray) -> "Samples":
        """Some of them."""
        return Samples(self.embeddings[rows], self.blocks[rows])


@dataclass(frozen=True)
class Evaluation:
    """What a set of clips is like, measured against the reference.

    Attributes
    ----------
    n_reference, n_generated : int
        Clips on either side.
    blocks_reference, blocks_generated : int
        Independent blocks on either side.
    figures : dict of str to Estimate
        By the names of `LIMITS`.
    left_out : dict of str to str
        Metrics that could not be computed, and why: too few clips.
    clusters : ClusterComparison or None
        What is missing and what is over-produced; None where NDB is left out.
    """

    n_reference: int
    n_generated: int
    blocks_reference: int
    blocks_generated: int
    figures: dict[str, Estimate]
    left_out: dict[str, str]
    clusters: ClusterComparison | None


def evaluate_embeddings(
    reference: Samples, generated: Samples, seed: int = 0, resamples: int = RESAMPLES
) -> Evaluation:
    """Compute every metric with its interval.

    Parameters
    ----------
    reference, generated : Samples
        By one embedder. Coverage, density and the Frechet distance depend on the number of clips: figures
        can be compared where both numbers are the same.
    seed : int
        Of k-means and of the resamples. With the same reference and seed, two models of equally many clips
        see the same resamples.
    resamples : int

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        Embeddings that are not finite or do not fit each other, or a side with a single block.
    """
    real, fake = reference.embeddings, generated.embeddings
    rng = np.random.default_rng(seed)
    weights = block_weights(reference.blocks, rng, resamples), block_weights(generated.blocks, rng, resamples)
    if weights[0].shape[1] != len(real) or weights[1].shape[1] != len(fake):
        raise InputError(
            f"{len(real)} and {len(fake)} embeddings, but blocks of {weights[0].shape[1]} and "
            f"{weights[1].shape[1]}: each clip has one"
        )
    clusters: ClusterComparison | None = None

    def by_cluster() -> Mapping[str, Statistic]:
        nonlocal clusters
        clusters = compare_clusters(real, fake, seed)
        return cluster_statistics(clusters)

    families: dict[tuple[str, ...], Callable[[], Mapping[str, Statistic]]] = {
        ("kernel_distance",): lambda: {"kernel_distance": kernel_statistic(real, fake)},
        ("frechet_distance",): lambda: {"frechet_distance": frechet_statistic(real, fake)},
        ("precision", "recall", "density", "coverage"): lambda: coverage_statistics(real, fake),
        ("ndb", "missing", "js"): by_cluster,
        ("vendi_ratio",): lambda: {"vendi_ratio": vendi_statistic(real, fake)},
        ("alike_share",): lambda: {"alike_share": alike_statistic(real, fake)},
    }
    figures: dict[str, Estimate] = {}
    left_out: dict[str, str] = {}
    for names, make in families.items():
        try:
            statistics = make()
        except InputError as error:
            left_out |= dict.fromkeys(names, str(error))
            continue
        figures |= {name: estimate(statistics[name], *weights, LIMITS[name]) for name in names}
    if not figures:
        raise InputError(next(iter(left_out.values())))
    counts = (len(np.unique(reference.blocks)), len(np.unique(generated.blocks)))
    return Evaluation(len(real), len(fake), *counts, figures, left_out, clusters)


def evaluate_rows(
    reference: Samples, rows: Mapping[str, Samples], seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, Evaluation]:
    """Evaluate a model beside its floors: all rows with equally many clips, so that figures can be compared.

    Parameters
    ----------
    reference : Samples
        Training windows, see `disjoint_halves`.
    rows : mapping of str to Samples
        The model and the floors, such as the other half of the training windows ("train"), held-out windows
        ("held-out") and real windows through the inversion ("ceiling"). Of rows with more clips than the
        smallest one a random part is taken.
    seed : int
    resamples : int

    Returns
    -------
    dict of str to Evaluation
    """
    if not rows:
        raise InputError("there is nothing to evaluate: give at least one set of embeddings")
    number = min(len(samples.embeddings) for samples in rows.values())
    found = {}
    for name, samples in rows.items():
        chosen = np.random.default_rng(seed).permutation(len(samples.embeddings))[:number]
        found[name] = evaluate_embeddings(reference, samples.take(np.sort(chosen)), seed, resamples)
    return found


def disjoint_halves(samples: Samples) -> tuple[Samples, Samples]:
    """Every other clip: a reference, and the floor that the same music reaches.

    The windows must not overlap, otherwise the halves are not disjoint; order them as they lie in the sets.
    """
    rows = np.arange(len(samples.embeddings))
    return samples.take(rows[::2]), samples.take(rows[1::2])
