"""Vendi ratio and birthday test: sets of so many different clips."""

import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.evaluation.variety import alike_distance, alike_statistic, vendi_statistic

DIMS = 8


def vendi_ratio(reference: np.ndarray, generated: np.ndarray) -> float:
    return vendi_statistic(reference, generated)(np.ones(len(reference)), np.ones(len(generated)))


def alike_share(reference: np.ndarray, generated: np.ndarray) -> float:
    return alike_statistic(reference, generated)(np.ones(len(reference)), np.ones(len(generated)))


def test_vendi_counts_kinds() -> None:
    every_direction = np.eye(DIMS)
    assert vendi_ratio(every_direction, np.repeat(np.eye(DIMS)[:3], 20, axis=0)) == pytest.approx(3 / DIMS)
    assert vendi_ratio(every_direction, np.ones((4, DIMS))) == pytest.approx(1 / DIMS)
    # Three kinds at 1/2, 1/4, 1/4: the exponential of their entropy.
    assert vendi_ratio(every_direction, np.eye(DIMS)[[0, 0, 1, 2]]) == pytest.approx(2**1.5 / DIMS)


def test_vendi_of_noise_in_all_directions_nears_the_dims() -> None:
    noise = np.random.default_rng(0).standard_normal((5000, DIMS))
    assert vendi_ratio(np.eye(DIMS), noise) == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("support", [5, 50, 500])
def test_so_many_different_clips_are_alike_in_one_pair_of_so_many(support: int) -> None:
    rng = np.random.default_rng(0)
    reference, clips = rng.normal(size=(400, DIMS)), rng.normal(size=(support, DIMS))
    assert 1 / alike_share(reference, clips[rng.integers(support, size=600)]) == pytest.approx(
        support, rel=0.2
    )


def test_alike_is_what_one_real_clip_in_twenty_is() -> None:
    reference = np.random.default_rng(0).normal(size=(200, DIMS))
    distances = np.linalg.norm(reference[:, None] - reference, axis=2) + 1e9 * np.eye(200)
    assert np.mean(distances.min(1) <= alike_distance(reference)) == pytest.approx(0.05, abs=0.01)


def test_errors_say_what_to_do() -> None:
    few = np.zeros((19, 2))
    with pytest.raises(InputError, match="birthday test needs at least 20 clips"):
        alike_statistic(few, few)
    with pytest.raises(InputError, match="Vendi ratio needs at least 2 clips"):
        vendi_statistic(few, few[:1])
