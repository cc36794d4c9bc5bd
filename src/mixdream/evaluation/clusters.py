"""Clusters of the reference: which of them the generated clips miss and which they repeat too often."""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from mixdream.evaluation.intervals import Statistic
from mixdream.evaluation.samples import check_pair

PER_CLUSTER = 10  # clips: with fewer a cluster's share says little
MOST_CLUSTERS = 50
SIGNIFICANT_Z = 1.96  # two-sided 5 %, as in the paper


@dataclass(frozen=True)
class ClusterComparison:
    """Shares of two sets in the clusters of the first.

    Attributes
    ----------
    reference_cluster, generated_cluster : np.ndarray, shapes (n,) and (m,), int
        Cluster of each clip; clusters are numbered from the largest to the smallest.
    centroids : np.ndarray, shape (clusters, dims)
    reference_share, generated_share : np.ndarray, shape (clusters,)
        Each sums to 1.
    z : np.ndarray, shape (clusters,)
        Standard errors by which the generated share is above (over-produced) or below (missing) the real one.
    ndb : float in [0, 1]
        Share of clusters whose shares differ significantly, NDB/K: about 0.05 for the same distribution. In
        a collapse it soon stays where it is: the missing clusters and the repeated ones differ, and of the
        small ones it cannot be told.
    missing : float in [0, 1]
        Share of the reference in clusters that are significantly missing, z < -1.96.
    js : float in [0, 1]
        Jensen-Shannon divergence of the shares, in bits.
    """

    reference_cluster: np.ndarray
    generated_cluster: np.ndarray
    centroids: np.ndarray
    reference_share: np.ndarray
    generated_share: np.ndarray
    z: np.ndarray
    ndb: float
    missing: float
    js: float


def compare_clusters(reference: np.ndarray, generated: np.ndarray, seed: int = 0) -> ClusterComparison:
    """Number of statistically different bins (Richardson & Weiss 2018).

    The bins are the Voronoi cells of k-means on the reference, at most 50, with at least 10 clips each on
    average. In each the two shares are compared by the z test for two proportions, the variance pooled.
    The test takes clips for independent; windows of one track are not, so even other real music shows
    differences: compare with the floors.

    Parameters
    ----------
    reference, generated : np.ndarray, shapes (n, dims) and (m, dims)
        At least 20 clips on each side.
    seed : int
        Where k-means starts.

    Examples
    --------
    >>> samples = np.random.default_rng(0).normal(size=(200, 2))
    >>> comparison = compare_clusters(samples, samples)
    >>> comparison.ndb, comparison.js
    (0.0, 0.0)
    """
    reference, generated = check_pair(reference, generated, 2 * PER_CLUSTER, "NDB")
    clusters = min(MOST_CLUSTERS, len(reference) // PER_CLUSTER)
    fitted = KMeans(clusters, n_init=3, random_state=seed).fit(reference)
    order = np.argsort(-np.bincount(fitted.labels_, minlength=clusters), kind="stable")
    rank = np.argsort(order)
    real, fake = rank[fitted.labels_], rank[fitted.predict(generated)]
    counts = (np.bincount(real, minlength=clusters), np.bincount(fake, minlength=clusters))
    return ClusterComparison(
        reference_cluster=real,
        generated_cluster=fake,
        centroids=fitted.cluster_centers_[order],
        reference_share=counts[0] / len(real),
        generated_share=counts[1] / len(fake),
        z=proportions_z(*counts),
        ndb=_different(*counts),
        missing=_missing(*counts),
        js=js_divergence(*counts),
    )


def cluster_statistics(comparison: ClusterComparison) -> dict[str, Statistic]:
    """Return ``ndb``, ``missing`` and ``js`` as functions of weights; the clusters stay the same."""
    clusters = len(comparison.z)

    def counts(w: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        real = np.bincount(comparison.reference_cluster, w, minlength=clusters)
        return real, np.bincount(comparison.generated_cluster, v, minlength=clusters)

    return {
        "ndb": lambda w, v: _different(*counts(w, v)),
        "missing": lambda w, v: _missing(*counts(w, v)),
        "js": lambda w, v: js_divergence(*counts(w, v)),
    }


def proportions_z(reference_counts: np.ndarray, generated_counts: np.ndarray) -> np.ndarray:
    """Two-proportion z of each bin, pooled, > 0 where the generated share is larger; 0 for an empty bin.

    >>> proportions_z(np.array([50, 50]), np.array([70, 30])).round(2)
    array([ 2.89, -2.89])
    """
    n, m = reference_counts.sum(), generated_counts.sum()
    pooled = (reference_counts + generated_counts) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    difference = generated_counts / m - reference_counts / n
    return np.divide(difference, error, out=np.zeros_like(error), where=error > 0)


def js_divergence(a: np.ndarray, b: np.ndarray) -> float:
    """Jensen-Shannon divergence of two histograms, in bits: 0 for equal shares, 1 where none is common.

    >>> js_divergence(np.array([1, 1]), np.array([2, 0]))  # 0.311 = H(3/4, 1/4) - 1/2
    0.311...
    """
    p, q = a / a.sum(), b / b.sum()
    return max(0.0, _entropy_bits((p + q) / 2) - (_entropy_bits(p) + _entropy_bits(q)) / 2)


def _different(reference_counts: np.ndarray, generated_counts: np.ndarray) -> float:
    return float(np.mean(np.abs(proportions_z(reference_counts, generated_counts)) > SIGNIFICANT_Z))


def _missing(reference_counts: np.ndarray, generated_counts: np.ndarray) -> float:
    missing = proportions_z(reference_counts, generated_counts) < -SIGNIFICANT_Z
    return float(reference_counts[missing].sum() / reference_counts.sum())


def _entropy_bits(shares: np.ndarray) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())
