"""Distances of two sets of embeddings: kernel distance, which has no bias from their sizes, and Frechet."""

import numpy as np

from mixdream.errors import InputError
from mixdream.evaluation.intervals import Statistic
from mixdream.evaluation.samples import check_pair, squared_distances

SCALE = 1000.0  # kernel distances are quoted times 1000, as those of KID are


def kernel_statistic(reference: np.ndarray, generated: np.ndarray) -> Statistic:
    """Unbiased squared maximum mean discrepancy (Gretton et al. 2012, eq. 3) times 1000.

    Gaussian kernel ``exp(-|x - y|^2 / (2 s^2))``, where ``s`` is the median distance within the reference, as
    in KAD (Chung et al. 2025): the two sets are not interchangeable. The estimate is unbiased, as in KID
    (Binkowski et al. 2018): sets from the same distribution give 0 on average, at any size, so single figures
    may lie below 0; 2000 is the most. A clip that was drawn twice is not paired with itself, which would look
    like a likeness between clips.

    Raises
    ------
    InputError
        Fewer than 2 clips on a side, or a reference that is mostly one and the same clip.
    """
    reference, generated = check_pair(reference, generated, 2, "the kernel distance")
    bandwidth = median_distance(reference)

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.exp(squared_distances(a, b) / (-2 * bandwidth**2))

    real, fake = kernel(reference, reference), kernel(generated, generated)
    cross = kernel(reference, generated)

    def within(similar: np.ndarray, weights: np.ndarray) -> float:
        own = np.square(weights)
        return (weights @ similar @ weights - own @ similar.diagonal()) / (weights.sum() ** 2 - own.sum())

    def statistic(w: np.ndarray, v: np.ndarray) -> float:
        between = w @ cross @ v / (w.sum() * v.sum())
        return float(SCALE * (within(real, w) + within(fake, v) - 2 * between))

    return statistic


def median_distance(samples: np.ndarray) -> float:
    """Median of the distances between different rows; 0 is refused."""
    rows, columns = np.triu_indices(len(samples), 1)
    median = float(np.median(np.sqrt(squared_distances(samples, samples)[rows, columns])))
    if median == 0:
        raise InputError(
            "more than half of the reference's pairs are the same clip: the kernel distance needs "
            "different ones; take windows from all over the corpus"
        )
    return median


def frechet_statistic(reference: np.ndarray, generated: np.ndarray) -> Statistic:
    """Squared Frechet distance of two Gaussians (Dowson & Landau 1982; Heusel et al. 2017, eq. 6), >= 0.

    ``|m_r - m_g|^2 + tr(C_r + C_g - 2 (C_r C_g)^(1/2))``, means and covariances estimated from the samples.
    The estimate is too high by an amount that grows as clips get fewer: only figures from equal numbers of
    clips can be compared. The kernel distance has no such bias.

    Raises
    ------
    InputError
        Fewer than twice as many clips as dims on a side: the covariance would be mostly noise.
    """
    at_least = 2 * np.shape(reference)[-1]
    reference, generated = check_pair(reference, generated, at_least, "the Frechet distance")

    def statistic(w: np.ndarray, v: np.ndarray) -> float:
        mean_r, cov_r = _moments(reference, w)
        mean_g, cov_g = _moments(generated, v)
        # tr((C_r C_g)^(1/2)) is the sum of the roots of the eigenvalues of the symmetric R C_g R, R^2 = C_r.
        values, vectors = np.linalg.eigh(cov_r)
        root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
        cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_g @ root), 0)).sum()
        squared = np.square(mean_r - mean_g).sum() + np.trace(cov_r) + np.trace(cov_g) - 2 * cross
        return max(0.0, float(squared))  # rounding

    return statistic


def _moments(samples: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = weights @ samples / weights.sum()
    centred = samples - mean
    return mean, (weights[:, None] * centred).T @ centred / (weights.sum() - 1)
