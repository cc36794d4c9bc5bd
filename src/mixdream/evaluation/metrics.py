"""Metrics: what is measured on a set of embeddings against the reference, each with its interval."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixdream.errors import InputError
from mixdream.evaluation.clusters import cluster_statistics, find_clusters
from mixdream.evaluation.coverage import coverage_statistics
from mixdream.evaluation.distances import frechet_statistic, kernel_statistic
from mixdream.evaluation.intervals import (
    RESAMPLES,
    Estimate,
    Statistic,
    block_weights,
    estimate,
    interval,
    replicates,
)
from mixdream.evaluation.samples import Samples
from mixdream.evaluation.variety import alike_statistic, vendi_statistic

_POSITIVE, _SHARE = (0.0, np.inf), (0.0, 1.0)


@dataclass(frozen=True)
class Metric:
    """A metric for people: its name, what is better, the range of its figures, and what it means."""

    name: str
    better: Literal["higher", "lower", "near the floor"]
    limits: tuple[float, float]
    meaning: str


METRICS = {
    "coverage": Metric("Coverage", "higher", _SHARE,
        "Share of your music that has a clip like it. The one to watch for collapse."),
    "missing": Metric("Missing", "lower", _SHARE,
        "Share of your music in kinds that come significantly too seldom."),
    "ndb": Metric("NDB / K", "lower", _SHARE,
        "Share of all kinds whose number of clips differs significantly."),
    "js": Metric("JS divergence", "lower", _SHARE,
        "How far the shares of the kinds are apart, in bits: 0 to 1."),
    "kernel_distance": Metric("Kernel distance", "lower", (-np.inf, np.inf),
        "How far the sound is from your music, times 1000; 0 is no distance."),
    "frechet_distance": Metric("Frechet distance", "lower", _POSITIVE,
        "The same for averages and spreads only, as others report it."),
    "precision": Metric("Precision", "higher", _SHARE,
        "Share of clips that are like some real window. Blind to collapse."),
    "recall": Metric("Recall", "higher", _SHARE,
        "Share of your music within the range of the clips; outliers raise it."),
    "density": Metric("Density", "near the floor", _POSITIVE,
        "How deep inside your music the clips lie, about 1. Blind to collapse."),
    "vendi_ratio": Metric("Vendi ratio", "near the floor", _POSITIVE,
        "Number of different clips over that of real windows; noise can be high."),
    "alike_share": Metric("Alike", "lower", _SHARE,
        "Share of pairs of clips that are as alike as two takes of one moment."),
}  # fmt: skip
"""All metrics by their keys in ``report.json``, in the order of the tables."""

COMPARED = ("kernel_distance", "precision", "coverage", "missing", "js", "vendi_ratio")
"""Metrics whose differences are shown where models are compared."""

NEARNESS = ("kernel_distance", "precision", "coverage")
"""Those of them that are shown for every embedding."""


@dataclass(frozen=True)
class Evaluation:
    """What a set of clips is like, measured against the reference; dicts are by the names of `METRICS`."""

    n: int  # clips
    blocks: int  # of clips that are independent of each other
    figures: dict[str, Estimate]
    left_out: dict[str, str]  # what could not be computed, and why: too few clips


def evaluate_embeddings(
    reference: Samples, generated: Samples, seed: int = 0, resamples: int = RESAMPLES
) -> Evaluation:
    """Compute every metric with its interval.

    Both sides are by one embedder. Coverage, density and the Frechet distance depend on the number of clips:
    figures can be compared where both numbers are the same.

    Parameters
    ----------
    reference, generated : Samples
        Finite, each of at least two blocks, otherwise there is an InputError.
    seed : int
        Of k-means and of the resamples. With the same reference and seed, two models of equally many clips
        see the same resamples.
    """
    rng = np.random.default_rng(seed)
    weights = block_weights(reference.blocks, rng, resamples), block_weights(generated.blocks, rng, resamples)
    sizes = len(reference.embeddings), len(generated.embeddings)
    if (weights[0].shape[1], weights[1].shape[1]) != sizes:
        raise InputError(
            f"{sizes[0]} and {sizes[1]} embeddings, but blocks of {weights[0].shape[1]} and "
            f"{weights[1].shape[1]}: each clip has one"
        )
    statistics, left_out = _statistics(reference.embeddings, generated.embeddings, seed, METRICS.keys())
    if not statistics:
        raise InputError(next(iter(left_out.values())))
    figures = {
        name: estimate(statistic, *weights, METRICS[name].limits) for name, statistic in statistics.items()
    }
    return Evaluation(sizes[1], len(np.unique(generated.blocks)), figures, left_out)


def compare_pair(
    reference: Samples,
    first: Samples,
    second: Samples,
    seed: int = 0,
    resamples: int = RESAMPLES,
    compared: Sequence[str] = COMPARED,
) -> dict[str, Estimate]:
    """Differences of the metrics, second minus first, with paired 95 % intervals.

    Both see the same minutes of real music in each resample, so what varies with the music falls out of the
    difference. An interval that holds 0 is no difference that could be told from chance.

    All are by one embedder, first and second of equally many clips. Of the metrics that are compared those
    that need more clips are left out.
    """
    if len(first.embeddings) != len(second.embeddings):
        raise InputError(
            f"{len(first.embeddings)} and {len(second.embeddings)} clips: a comparison needs equally many"
        )
    rng = np.random.default_rng(seed)
    w = block_weights(reference.blocks, rng, resamples)
    values, drawn = [], []
    for side in (first, second):
        v = block_weights(side.blocks, rng, resamples)
        statistics, _ = _statistics(reference.embeddings, side.embeddings, seed, set(compared))
        once = np.ones(w.shape[1]), np.ones(v.shape[1])
        values.append({name: statistic(*once) for name, statistic in statistics.items()})
        drawn.append({name: replicates(statistic, w, v) for name, statistic in statistics.items()})
    return {
        name: interval(values[1][name] - values[0][name], drawn[1][name] - drawn[0][name])
        for name in compared
        if name in values[0] and name in values[1]
    }


def _statistics(
    real: np.ndarray, fake: np.ndarray, seed: int, wanted: Set[str]
) -> tuple[dict[str, Statistic], dict[str, str]]:
    """Statistics by the names of `METRICS`, and why some are left out."""
    families: dict[tuple[str, ...], Callable[[], dict[str, Statistic]]] = {
        ("kernel_distance",): lambda: {"kernel_distance": kernel_statistic(real, fake)},
        ("frechet_distance",): lambda: {"frechet_distance": frechet_statistic(real, fake)},
        ("precision", "recall", "density", "coverage"): lambda: coverage_statistics(real, fake),
        ("ndb", "missing", "js"): lambda: cluster_statistics(find_clusters(real, fake, seed)),
        ("vendi_ratio",): lambda: {"vendi_ratio": vendi_statistic(real, fake)},
        ("alike_share",): lambda: {"alike_share": alike_statistic(real, fake)},
    }
    statistics: dict[str, Statistic] = {}
    left_out: dict[str, str] = {}
    for names, family in families.items():
        if not wanted & set(names):
            continue
        try:
            statistics |= {name: statistic for name, statistic in family().items() if name in wanted}
        except InputError as error:
            left_out |= dict.fromkeys(names, str(error))
    return statistics, left_out
