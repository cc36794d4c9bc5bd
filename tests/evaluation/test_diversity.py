"""Clusters, Vendi score and birthday test: constructed collapses."""

import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.evaluation.birthday import alike_distance, alike_share, support_size
from mixdream.evaluation.clusters import (
    SIGNIFICANT_Z,
    cluster_statistics,
    compare_clusters,
    js_divergence,
    proportions_z,
)
from mixdream.evaluation.vendi import vendi_ratio, vendi_score

DIMS = 8


def kinds(number: int, of: np.ndarray, seed: int) -> np.ndarray:
    """Clips of some of ten well separated kinds."""
    centres = 10 * np.random.default_rng(99).normal(size=(10, DIMS))
    rng = np.random.default_rng(seed)
    return centres[of[np.arange(number) % len(of)]] + rng.normal(size=(number, DIMS))


def test_dropped_and_repeated_clusters_are_named() -> None:
    reference = kinds(100, np.arange(10), 0)  # 100 clips: ten clusters
    generated = kinds(100, np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7]), 1)
    found = compare_clusters(reference, generated)
    kind_of = found.reference_cluster[:10]  # clip i is of kind i
    assert sorted(kind_of) == list(range(10))
    assert np.flatnonzero(found.z < -SIGNIFICANT_Z).tolist() == sorted(kind_of[[8, 9]])
    assert np.flatnonzero(found.z > SIGNIFICANT_Z).tolist() == [kind_of[0]]
    assert found.ndb == pytest.approx(0.3)
    assert found.missing == pytest.approx(0.2)
    assert found.generated_share[kind_of[0]] == pytest.approx(0.3)


def test_same_distribution_differs_in_one_bin_of_twenty() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=(12, 2, 500, 3))
    found = [compare_clusters(a, b).ndb for a, b in pairs]
    # k-means has seen the reference, which makes its shares a little more even than chance.
    assert 0.01 < np.mean(found) < 0.1


def test_disjoint_sets() -> None:
    reference = kinds(100, np.arange(5), 0)
    found = compare_clusters(reference, np.full((100, DIMS), 1e3))
    assert found.missing > 0.85
    assert found.ndb >= 0.9  # a cell of two clips may be missing by chance
    assert found.js == pytest.approx(0.75, abs=0.1)  # all in one of ten cells that held a tenth


def test_proportions_z_is_the_textbook_value() -> None:
    # 15 of 100 against 30 of 100: pooled 0.225, error sqrt(0.225 * 0.775 / 50)
    found = proportions_z(np.array([15, 85]), np.array([30, 70]))
    assert found[0] == pytest.approx(0.15 / np.sqrt(0.225 * 0.775 / 50))
    assert proportions_z(np.array([0, 5]), np.array([0, 5])).tolist() == [0, 0]


def test_js_divergence_has_its_bounds() -> None:
    assert js_divergence(np.array([3, 1]), np.array([6, 2])) == 0
    assert js_divergence(np.array([1, 0]), np.array([0, 7])) == pytest.approx(1)


def test_cluster_statistics_count_weights() -> None:
    found = compare_clusters(kinds(100, np.arange(10), 0), kinds(100, np.arange(10), 1))
    assert found.ndb == 0
    first = (found.generated_cluster == 0).astype(float)
    statistics = cluster_statistics(found)
    assert statistics["ndb"](np.ones(100), 10 * first) == 1
    assert statistics["missing"](np.ones(100), 10 * first) == pytest.approx(0.9)
    assert statistics["js"](np.ones(100), np.ones(100)) == found.js


def test_vendi_counts_kinds() -> None:
    assert vendi_score(np.repeat(np.eye(DIMS)[:3], 20, axis=0)) == pytest.approx(3)
    # Three kinds at 1/2, 1/4, 1/4: the exponential of their entropy.
    uneven = np.eye(DIMS)[[0, 0, 1, 2]]
    assert vendi_score(uneven) == pytest.approx(2**1.5)
    assert vendi_ratio(np.eye(DIMS), uneven) == pytest.approx(2**1.5 / DIMS)


def test_vendi_of_noise_in_all_directions_nears_the_dims() -> None:
    assert vendi_score(np.random.default_rng(0).normal(size=(5000, DIMS))) == pytest.approx(DIMS, rel=0.01)


@pytest.mark.parametrize("support", [5, 50, 500])
def test_birthday_test_finds_the_support(support: int) -> None:
    rng = np.random.default_rng(0)
    reference, clips = rng.normal(size=(400, DIMS)), rng.normal(size=(support, DIMS))
    found = support_size(reference, clips[rng.integers(support, size=600)])
    assert found == pytest.approx(support, rel=0.2)


def test_birthday_test_without_a_pair_says_how_many_it_looked_at() -> None:
    grid = 5.0 * np.arange(100)[:, None]
    reference = np.random.default_rng(0).normal(size=(100, 1))
    assert alike_share(grid, alike_distance(reference)) == 0
    assert support_size(reference, grid) == 100 * 99 / 2


def test_alike_is_what_one_real_clip_in_twenty_is() -> None:
    reference = np.random.default_rng(0).normal(size=(200, DIMS))
    distances = np.linalg.norm(reference[:, None] - reference, axis=2) + 1e9 * np.eye(200)
    assert np.mean(distances.min(1) <= alike_distance(reference)) == pytest.approx(0.05, abs=0.01)


def test_errors_say_what_to_do() -> None:
    few = np.zeros((19, 2))
    with pytest.raises(InputError, match="NDB needs at least 20 clips, reference has 19"):
        compare_clusters(few, few)
    with pytest.raises(InputError, match="birthday test needs at least 20 clips"):
        support_size(few, few)
    with pytest.raises(InputError, match="Vendi score needs at least 2 clips"):
        vendi_score(few[:1])
