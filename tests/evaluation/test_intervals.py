import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.evaluation.coverage import coverage_statistics
from mixdream.evaluation.distances import kernel_statistic
from mixdream.evaluation.intervals import Statistic, block_weights, estimate, minute_blocks, replicates


def mean_difference(a: np.ndarray, b: np.ndarray) -> Statistic:
    return lambda w, v: float(np.average(b[:, 0], weights=v) - np.average(a[:, 0], weights=w))


def test_blocks_are_drawn_whole() -> None:
    blocks = np.repeat(np.arange(5), 7)
    weights = block_weights(blocks, np.random.default_rng(0), 50).reshape(50, 5, 7)
    assert (weights == weights[:, :, :1]).all()
    assert (weights[:, :, 0].sum(1) == 5).all()


def test_minutes_are_counted_in_each_set() -> None:
    found = minute_blocks(np.array([0, 0, 1, 1, 1]), np.array([0.0, 130.0, 0.0, 59.9, 60.0]))
    assert found.tolist() == [0, 1, 2, 2, 3]


def test_interval_of_a_mean_is_the_textbook_one() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400, 1))
    weights = (block_weights(np.arange(400), rng, 1000), block_weights(np.arange(400), rng, 1000))
    found = estimate(mean_difference(a, b), *weights)
    assert found.value == pytest.approx(b.mean() - a.mean())
    half = 1.96 * np.sqrt(2 / 400)
    assert found.low == pytest.approx(found.value - half, abs=0.02)
    assert found.high == pytest.approx(found.value + half, abs=0.02)


def test_dependent_windows_give_the_width_of_their_blocks() -> None:
    rng = np.random.default_rng(0)
    blocks = np.repeat(np.arange(20), 50)
    a = rng.normal(size=20)[blocks][:, None]  # windows of a minute are all the same
    b = np.zeros((2, 1))
    still = np.ones((500, 2))
    by_block = estimate(mean_difference(a, b), block_weights(blocks, rng, 500), still)
    naive = estimate(mean_difference(a, b), block_weights(np.arange(1000), rng, 500), still)
    ratio = (by_block.high - by_block.low) / (naive.high - naive.low)
    assert ratio == pytest.approx(np.sqrt(50), rel=0.25)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    dims, shift, hits = 4, 0.5, 0
    for _ in range(100):
        a, b = rng.normal(size=(80, dims)), rng.normal(shift, 1, size=(80, dims))
        truth = kernel_distance_of_gaussians(a, dims, shift)
        weights = (block_weights(np.arange(80), rng, 80), block_weights(np.arange(80), rng, 80))
        found = estimate(kernel_statistic(a, b), *weights)
        hits += found.low <= truth <= found.high
    assert hits >= 88


def kernel_distance_of_gaussians(a: np.ndarray, dims: int, shift: float) -> float:
    differences = a[:, None] - a
    squared = np.median(np.linalg.norm(differences[np.triu_indices(len(a), 1)], axis=1)) ** 2
    peak = (squared / (squared + 2)) ** (dims / 2)
    return float(2000 * peak * (1 - np.exp(-dims * shift**2 / (2 * (squared + 2)))))


def test_fewer_different_clips_do_not_move_the_interval() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 200, 4))
    weights = (block_weights(np.arange(200), rng), block_weights(np.arange(200), rng))
    statistic = coverage_statistics(a, b)["coverage"]
    found = estimate(statistic, *weights, (0, 1))
    assert replicates(statistic, *weights).mean() < found.value - 0.03
    assert found.low < found.value <= found.high <= 1


def test_errors_say_what_to_do() -> None:
    with pytest.raises(InputError, match="at least 2 blocks, there are 1"):
        block_weights(np.zeros(10), np.random.default_rng(0))
