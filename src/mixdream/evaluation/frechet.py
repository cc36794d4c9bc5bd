"""Frechet distance: how far apart two sets of embeddings are, taken for Gaussians."""

import numpy as np

from mixdream.evaluation.distances import check_pair
from mixdream.evaluation.intervals import Statistic


def frechet_distance(reference: np.ndarray, generated: np.ndarray) -> float:
    """Squared Frechet distance of two Gaussians (Dowson & Landau 1982; Heusel et al. 2017, eq. 6).

    ``|m_r - m_g|^2 + tr(C_r + C_g - 2 (C_r C_g)^(1/2))``, means and covariances estimated from the samples.
    The estimate is too high by an amount that grows as clips get fewer: only figures from equal numbers of
    clips can be compared. The kernel distance has no such bias.

    Parameters
    ----------
    reference : np.ndarray, shape (n, dims)
    generated : np.ndarray, shape (m, dims)

    Returns
    -------
    float, >= 0

    Raises
    ------
    InputError
        Fewer than twice as many clips as dims on a side: the covariance would be mostly noise.

    Examples
    --------
    >>> samples = np.random.default_rng(0).normal(size=(100, 3))
    >>> round(frechet_distance(samples, samples + [3.0, 4.0, 0.0]), 6)
    25.0
    """
    return frechet_statistic(reference, generated)(np.ones(len(reference)), np.ones(len(generated)))


def frechet_statistic(reference: np.ndarray, generated: np.ndarray) -> Statistic:
    """Return `frechet_distance` as a function of weights."""
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
