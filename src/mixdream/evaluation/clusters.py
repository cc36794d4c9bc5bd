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
class Clusters:
    """Clusters of the reference, numbered from the largest to the smallest, and what lies in them."""

    reference: np.ndarray  # cluster of each clip, shape (n,), int
    generated: np.ndarray  # shape (m,), int
    centroids: np.ndarray  # shape (clusters, dims)

    def counts(
        self, w: np.ndarray | None = None, v: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Reference and generated clips in each cluster, each clip counted once or by a weight."""
        number = len(self.centroids)
        return np.bincount(self.reference, w, number), np.bincount(self.generated, v, number)

    def z(self) -> np.ndarray:
        """Standard errors by which each cluster is over-produced (> 0) or missing (< 0)."""
        return proportions_z(*self.counts())


def find_clusters(reference: np.ndarray, generated: np.ndarray, seed: int = 0) -> Clusters:
    """Divide the reference by k-means into at most 50 clusters, with at least 10 clips each on average.

    It takes at least 20 clips on each side; ``seed`` says where k-means starts.
    """
    reference, generated = check_pair(reference, generated, 2 * PER_CLUSTER, "NDB")
    number = min(MOST_CLUSTERS, len(reference) // PER_CLUSTER)
    fitted = KMeans(number, n_init=3, random_state=seed).fit(reference)
    order = np.argsort(-np.bincount(fitted.labels_, minlength=number), kind="stable")
    rank = np.argsort(order)
    return Clusters(rank[fitted.labels_], rank[fitted.predict(generated)], fitted.cluster_centers_[order])


def cluster_statistics(clusters: Clusters) -> dict[str, Statistic]:
    """Number of statistically different bins, NDB (Richardson & Weiss 2018), and two more of its kind.

    In each cluster the two shares are compared by the z test for two proportions, the variance pooled.
    The test takes clips for independent; windows of one track are not, so even other real music shows
    differences: compare with the floors.

    ``ndb``: share of clusters whose shares differ significantly, NDB/K, about 0.05 for the same distribution.
    In a collapse it soon stays where it is: the missing clusters and the repeated ones differ, and of the
    small ones it cannot be told. ``missing``: share of the reference in clusters that are significantly
    missing, z < -1.96. ``js``: Jensen-Shannon divergence of the shares, in bits.

    >>> samples = np.random.default_rng(0).normal(size=(200, 2))
    >>> statistics = cluster_statistics(find_clusters(samples, samples))
    >>> statistics["ndb"](np.ones(200), np.ones(200))
    0.0
    """
    return {
        "ndb": lambda w, v: float(np.mean(np.abs(proportions_z(*clusters.counts(w, v))) > SIGNIFICANT_Z)),
        "missing": lambda w, v: _missing(*clusters.counts(w, v)),
        "js": lambda w, v: js_divergence(*clusters.counts(w, v)),
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


def _missing(reference_counts: np.ndarray, generated_counts: np.ndarray) -> float:
    missing = proportions_z(reference_counts, generated_counts) < -SIGNIFICANT_Z
    return float(reference_counts[missing].sum() / reference_counts.sum())


def js_divergence(a: np.ndarray, b: np.ndarray) -> float:
    """Jensen-Shannon divergence of two histograms, in bits: 0 for equal shares, 1 where none is common.

    >>> js_divergence(np.array([1, 1]), np.array([2, 0]))  # 0.311 = H(3/4, 1/4) - 1/2
    0.311...
    """
    p, q = a / a.sum(), b / b.sum()
    return max(0.0, _entropy_bits((p + q) / 2) - (_entropy_bits(p) + _entropy_bits(q)) / 2)


def _entropy_bits(shares: np.ndarray) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())
