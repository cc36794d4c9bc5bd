"""Clusters: constructed collapses."""

import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.evaluation.clusters import (
    SIGNIFICANT_Z,
    Clusters,
    cluster_statistics,
    find_clusters,
    js_divergence,
    proportions_z,
)

DIMS = 8


def kinds(number: int, of: np.ndarray, seed: int) -> np.ndarray:
    """Clips of some of ten well separated kinds."""
    centres = 10 * np.random.default_rng(99).normal(size=(10, DIMS))
    rng = np.random.default_rng(seed)
    return centres[of[np.arange(number) % len(of)]] + rng.normal(size=(number, DIMS))


def values(clusters: Clusters, w: np.ndarray, v: np.ndarray) -> dict[str, float]:
    return {name: statistic(w, v) for name, statistic in cluster_statistics(clusters).items()}


def compared(reference: np.ndarray, generated: np.ndarray) -> dict[str, float]:
    return values(find_clusters(reference, generated), np.ones(len(reference)), np.ones(len(generated)))


def test_dropped_and_repeated_clusters_are_named() -> None:
    reference = kinds(100, np.arange(10), 0)  # 100 clips: ten clusters
    generated = kinds(100, np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7]), 1)
    clusters = find_clusters(reference, generated)
    kind_of = clusters.reference[:10]  # clip i is of kind i
    assert sorted(kind_of) == list(range(10))
    assert np.flatnonzero(clusters.z() < -SIGNIFICANT_Z).tolist() == sorted(kind_of[[8, 9]])
    assert np.flatnonzero(clusters.z() > SIGNIFICANT_Z).tolist() == [kind_of[0]]
    assert clusters.counts()[1][kind_of[0]] == 30
    found = compared(reference, generated)
    assert (found["ndb"], found["missing"]) == (pytest.approx(0.3), pytest.approx(0.2))


def test_same_distribution_differs_in_one_bin_of_twenty() -> None:
    pairs = np.random.default_rng(0).normal(size=(12, 2, 500, 3))
    # k-means has seen the reference, which makes its shares a little more even than chance.
    assert 0.01 < np.mean([compared(a, b)["ndb"] for a, b in pairs]) < 0.1


def test_disjoint_sets() -> None:
    found = compared(kinds(100, np.arange(5), 0), np.full((100, DIMS), 1e3))
    assert found["missing"] > 0.85
    assert found["ndb"] >= 0.9  # a cell of two clips may be missing by chance
    assert found["js"] == pytest.approx(0.75, abs=0.1)  # all in one of ten cells that held a tenth


def test_proportions_z_is_the_textbook_value() -> None:
    # 15 of 100 against 30 of 100: pooled 0.225, error sqrt(0.225 * 0.775 / 50)
    found = proportions_z(np.array([15, 85]), np.array([30, 70]))
    assert found[0] == pytest.approx(0.15 / np.sqrt(0.225 * 0.775 / 50))
    assert proportions_z(np.array([0, 5]), np.array([0, 5])).tolist() == [0, 0]


def test_js_divergence_has_its_bounds() -> None:
    assert js_divergence(np.array([3, 1]), np.array([6, 2])) == 0
    assert js_divergence(np.array([1, 0]), np.array([0, 7])) == pytest.approx(1)


def test_clips_count_by_their_weights() -> None:
    clusters = find_clusters(kinds(100, np.arange(10), 0), kinds(100, np.arange(10), 1))
    assert values(clusters, np.ones(100), np.ones(100))["ndb"] == 0
    first = (clusters.generated == 0).astype(float)
    collapsed = values(clusters, np.ones(100), 10 * first)
    assert (collapsed["ndb"], collapsed["missing"]) == (1, pytest.approx(0.9))


def test_few_clips_are_refused() -> None:
    with pytest.raises(InputError, match="NDB needs at least 20 clips, reference has 19"):
        find_clusters(np.zeros((19, 2)), np.zeros((19, 2)))
