"""Kernel distance: how far apart two sets of embeddings are, without a bias from their sizes."""

import numpy as np

from mixdream.errors import InputError
from mixdream.evaluation.distances import check_pair, squared_distances
from mixdream.evaluation.intervals import Statistic

SCALE = 1000.0
"""Kernel distances are quoted times 1000, as those of KID are."""


def kernel_distance(reference: np.ndarray, generated: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy (Gretton et al. 2012, eq. 3) times 1000.

    Gaussian kernel ``exp(-|x - y|^2 / (2 s^2))``, where ``s`` is the median distance within the reference, as
    in KAD (Chung et al. 2025). The estimate is unbiased, as in KID (Binkowski et al. 2018): sets from the
    same distribution give 0 on average, at any size, so single figures may lie below 0.

    Parameters
    ----------
    reference : np.ndarray, shape (n, dims)
        Sets the bandwidth, so the two sets are not interchangeable.
    generated : np.ndarray, shape (m, dims)

    Returns
    -------
    float
        From about 0 for the same distribution to at most 2000.

    Raises
    ------
    InputError
        Fewer than 2 clips on a side, or a reference that is mostly one and the same clip.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(size=(2, 500, 8))
    >>> abs(kernel_distance(a, b)) < 3, 100 < kernel_distance(a, b + 1)
    (True, True)
    """
    return kernel_statistic(reference, generated)(np.ones(len(reference)), np.ones(len(generated)))


def kernel_statistic(reference: np.ndarray, generated: np.ndarray) -> Statistic:
    """Return `kernel_distance` as a function of weights; the kernels are computed once.

    A clip that was drawn twice is not paired with itself, which would look like a likeness between clips.
    """
    reference, generated = check_pair(reference, generated, 2, "the kernel distance")
    bandwidth = median_distance(reference)

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.exp(squared_distances(a, b) / (-2 * bandwidth**2))

    real, fake, cross = (
        kernel(reference, reference),
        kernel(generated, generated),
        kernel(reference, generated),
    )

    def within(similar: np.ndarray, weights: np.ndarray) -> float:
        own = np.square(weights)
        return (weights @ similar @ weights - own @ similar.diagonal()) / (weights.sum() ** 2 - own.sum())

    def statistic(w: np.ndarray, v: np.ndarray) -> float:
        between = w @ cross @ v / (w.sum() * v.sum())
        return float(SCALE * (within(real, w) + within(fake, v) - 2 * between))

    return statistic


def median_distance(samples: np.ndarray) -> float:
    """Median of the distances between different rows.

    Raises
    ------
    InputError
        Where it is 0.
    """
    rows, columns = np.triu_indices(len(samples), 1)
    median = float(np.median(np.sqrt(squared_distances(samples, samples)[rows, columns])))
    if median == 0:
        raise InputError(
            "more than half of the reference's pairs are the same clip: the kernel distance needs "
            "different ones; take windows from all over the corpus"
        )
    return median
