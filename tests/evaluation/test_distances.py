"""Distances of sets of embeddings: closed forms of Gaussians."""

from collections.abc import Callable

import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.evaluation.distances import SCALE, frechet_statistic, kernel_statistic, median_distance
from mixdream.evaluation.intervals import Statistic

DIMS = 6


def kernel_distance(reference: np.ndarray, generated: np.ndarray) -> float:
    return kernel_statistic(reference, generated)(np.ones(len(reference)), np.ones(len(generated)))


def frechet_distance(reference: np.ndarray, generated: np.ndarray) -> float:
    return frechet_statistic(reference, generated)(np.ones(len(reference)), np.ones(len(generated)))


def closed_form(shift: float, bandwidth: float) -> float:
    """MMD of N(0, I) and N(shift in each dim, I): a Gaussian kernel of a Gaussian difference, variance 2."""
    peak = (bandwidth**2 / (bandwidth**2 + 2)) ** (DIMS / 2)
    return SCALE * 2 * peak * (1 - np.exp(-DIMS * shift**2 / (2 * (bandwidth**2 + 2))))


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0, 3.0])
def test_kernel_distance_of_two_gaussians(shift: float) -> None:
    rng = np.random.default_rng(1)
    reference, generated = rng.normal(size=(1500, DIMS)), rng.normal(shift, 1, size=(1500, DIMS))
    expected = closed_form(shift, median_distance(reference))
    assert kernel_distance(reference, generated) == pytest.approx(expected, rel=0.1, abs=1.5)


@pytest.mark.parametrize("number", [5, 20])
def test_kernel_distance_is_unbiased_at_any_size(number: int) -> None:
    rng = np.random.default_rng(0)
    found = [
        kernel_distance(*rng.normal(size=(2, number, DIMS))) for _ in range(600)
    ]  # a biased estimate would be near 2 * 1000 / number * (1 - mean kernel)
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


def test_kernel_distance_of_disjoint_sets_is_the_largest() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(200, DIMS))
    assert 300 < kernel_distance(reference, reference + 100) < 2000
    assert kernel_distance(reference, np.full((200, DIMS), 100.0)) > kernel_distance(
        reference, reference + 100
    )


def test_clips_that_count_twice_are_not_paired_with_themselves() -> None:
    reference, generated = np.random.default_rng(0).normal(size=(2, 30, DIMS))
    twice = kernel_statistic(reference, generated)(np.full(30, 2), np.ones(30))
    assert twice == pytest.approx(kernel_distance(reference, generated))


def test_frechet_distance_of_scaled_and_shifted_gaussians() -> None:
    samples = np.random.default_rng(0).normal(size=(400, DIMS))
    centred = samples - samples.mean(0)
    total = np.trace(np.cov(samples.T))
    assert frechet_distance(samples, samples) == pytest.approx(0, abs=1e-9)
    # N(0, C) and N(m, 9 C): |m|^2 + tr(C) (1 - 3)^2
    assert frechet_distance(centred, 3 * centred + 2) == pytest.approx(4 * DIMS + 4 * total)


def test_frechet_distance_of_rotated_gaussians() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(60_000, 2)) * [1, 3]
    b = rng.normal(size=(60_000, 2)) * [3, 1]
    # Diagonal covariances: the sum of (s_a - s_b)^2.
    assert frechet_distance(a, b) == pytest.approx(8, rel=0.03)


@pytest.mark.parametrize("metric", [kernel_statistic, frechet_statistic])
def test_errors_say_what_to_do(metric: Callable[[np.ndarray, np.ndarray], Statistic]) -> None:
    good = np.random.default_rng(0).normal(size=(50, 3))
    with pytest.raises(InputError, match=r"needs at least \d+ clips, generated has 1"):
        metric(good, good[:1])
    with pytest.raises(InputError, match="one row for each clip"):
        metric(good[0], good)
    with pytest.raises(InputError, match="same embedder"):
        metric(good, good[:, :2])
    with pytest.raises(InputError, match="not finite"):
        metric(good, np.where(np.arange(50)[:, None] == 7, np.inf, good))


def test_frechet_distance_needs_twice_as_many_clips_as_dims() -> None:
    with pytest.raises(InputError, match="at least 40 clips, reference has 39"):
        frechet_distance(np.zeros((39, 20)), np.zeros((39, 20)))


def test_kernel_distance_needs_different_clips() -> None:
    with pytest.raises(InputError, match="the same clip"):
        kernel_distance(np.zeros((10, 2)), np.ones((10, 2)))
