"""Birthday test: how many different clips a generator has, told from how often two are alike."""

import numpy as np

from mixdream.evaluation.distances import check_pair, check_samples, squared_distances
from mixdream.evaluation.intervals import Statistic

ALIKE_QUANTILE = 0.05


def alike_distance(reference: np.ndarray) -> float:
    """Distance under which two clips count as the same.

    One real window in twenty has another one so near: what a set's own repetitions look like. It replaces the
    eye of a person, who judges candidates in the paper.
    """
    reference = check_samples("reference", reference, 20, "the birthday test")
    squares = squared_distances(reference, reference)
    np.fill_diagonal(squares, np.inf)
    return float(np.quantile(np.sqrt(squares.min(axis=1)), ALIKE_QUANTILE))


def alike_share(generated: np.ndarray, distance: float) -> float:
    """Share of all pairs of different clips that are alike, in [0, 1]."""
    generated = check_samples("generated", generated, 2, "the birthday test")
    return _share(_alike(generated, distance), np.ones(len(generated)))


def support_size(reference: np.ndarray, generated: np.ndarray) -> float:
    """Estimate how many different clips there are (Arora & Zhang 2017).

    Among N equally likely clips a pair is alike with probability 1 / N, so N is one over the share of pairs
    that are. Where some are likelier than others, this is the number that repeats as often. Without a single
    pair the number of pairs looked at is returned, and the support is larger: see `alike_share`.

    Parameters
    ----------
    reference : np.ndarray, shape (n, dims)
        Says how near clips are that count as the same, see `alike_distance`.
    generated : np.ndarray, shape (m, dims)

    Returns
    -------
    float in [1, m (m - 1) / 2]

    Raises
    ------
    InputError
        Fewer than 20 clips on a side.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, ten = rng.normal(size=(500, 8)), rng.normal(size=(10, 8))
    >>> 8 < support_size(real, ten[rng.integers(10, size=500)]) < 12
    True
    """
    reference, generated = check_pair(reference, generated, 20, "the birthday test")
    pairs = len(generated) * (len(generated) - 1) / 2
    return 1 / max(alike_share(generated, alike_distance(reference)), 1 / pairs)


def alike_statistic(reference: np.ndarray, generated: np.ndarray) -> Statistic:
    """Return `alike_share` as a function of weights; a clip drawn twice is not paired with itself."""
    reference, generated = check_pair(reference, generated, 20, "the birthday test")
    alike = _alike(generated, alike_distance(reference))
    return lambda w, v: _share(alike, v)


def _alike(samples: np.ndarray, distance: float) -> np.ndarray:
    alike = (squared_distances(samples, samples) <= distance**2).astype(np.float64)
    np.fill_diagonal(alike, 0)
    return alike


def _share(alike: np.ndarray, weights: np.ndarray) -> float:
    return float(weights @ alike @ weights / (weights.sum() ** 2 - np.square(weights).sum()))
