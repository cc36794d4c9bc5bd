"""Comparison of two models on the same resamples of the reference: which differences are no chance."""

from collections.abc import Mapping

import numpy as np

from mixdream.errors import InputError
from mixdream.evaluation.clusters import cluster_statistics, compare_clusters
from mixdream.evaluation.coverage import coverage_statistics
from mixdream.evaluation.evaluate import Samples
from mixdream.evaluation.intervals import RESAMPLES, Estimate, Statistic, block_weights, replicates
from mixdream.evaluation.kernel_distance import kernel_statistic
from mixdream.evaluation.vendi import vendi_statistic

COMPARED = ("kernel_distance", "precision", "coverage", "missing", "js", "vendi_ratio")


def compare_pair(
    reference: Samples, first: Samples, second: Samples, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, Estimate]:
    """Differences of the metrics, second minus first, with paired 95 % intervals.

    Both see the same minutes of real music in each resample, so what varies with the music falls out of the
    difference. The interval is laid around the difference as `mixdream.evaluation.intervals.estimate` does.

    Parameters
    ----------
    reference, first, second : Samples
        By one embedder; first and second of equally many clips.
    seed, resamples : int

    Returns
    -------
    dict of str to Estimate
        By the names of `COMPARED`; those that need more clips are not there. An interval that holds 0 is no
        difference that could be told from chance.

    Raises
    ------
    InputError
        Unequal numbers of clips.
    """
    if len(first.embeddings) != len(second.embeddings):
        raise InputError(
            f"{len(first.embeddings)} and {len(second.embeddings)} clips: a comparison needs equally many"
        )
    rng = np.random.default_rng(seed)
    w = block_weights(reference.blocks, rng, resamples)
    weights = [block_weights(side.blocks, rng, resamples) for side in (first, second)]
    both = [_statistics(reference.embeddings, side.embeddings, seed) for side in (first, second)]
    found = {}
    for name in COMPARED:
        if all(name in statistics for statistics in both):
            once = [
                s[name](np.ones(w.shape[1]), np.ones(v.shape[1])) for s, v in zip(both, weights, strict=True)
            ]
            again = [replicates(s[name], w, v) for s, v in zip(both, weights, strict=True)]
            value, drawn = once[1] - once[0], again[1] - again[0]
            low, high = value + np.percentile(drawn, [2.5, 97.5]) - drawn.mean()
            found[name] = Estimate(float(value), min(value, float(low)), max(value, float(high)))
    return found


def _statistics(real: np.ndarray, fake: np.ndarray, seed: int) -> Mapping[str, Statistic]:
    statistics: dict[str, Statistic] = {}
    for make in (
        lambda: {"kernel_distance": kernel_statistic(real, fake)},
        lambda: coverage_statistics(real, fake),
        lambda: cluster_statistics(compare_clusters(real, fake, seed)),
        lambda: {"vendi_ratio": vendi_statistic(real, fake)},
    ):
        try:
            statistics |= make()
        except InputError:
            continue  # too few clips for this one
    return statistics
