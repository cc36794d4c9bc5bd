import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mixdream.survey.analysis.intervals import jackknife
from mixdream.survey.analysis.signal_detection import (
    Detection,
    abx_d_prime,
    abx_right,
    criterion,
    d_prime,
    detection_rows,
)


def test_d_prime_is_the_distance_of_two_normal_distributions() -> None:
    n, distance, border = 10**9, 1.3, 0.4
    counts = Detection(stats.norm.sf(border, distance) * n, n, stats.norm.sf(border) * n, n)
    assert d_prime(counts) == pytest.approx(distance, abs=1e-6)
    assert criterion(counts) == pytest.approx(border - distance / 2, abs=1e-6)


def test_the_log_linear_correction_is_that_of_hautus() -> None:
    counts = Detection(10, 10, 0, 10)
    assert d_prime(counts) == pytest.approx(2 * stats.norm.ppf(10.5 / 11))
    assert criterion(counts) == pytest.approx(0)


@given(st.integers(0, 50), st.integers(0, 50))
def test_swapping_the_kinds_of_clips_turns_the_sign(hits: int, false_alarms: int) -> None:
    here, there = Detection(hits, 50, false_alarms, 50), Detection(false_alarms, 50, hits, 50)
    assert d_prime(here) == pytest.approx(-d_prime(there))
    assert criterion(here) == pytest.approx(criterion(there))


def test_the_jackknife_of_a_mean_is_students_variance() -> None:
    sums = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    (variance,) = jackknife(sums, lambda sums: sums[:, :1] / sums[:, 1:])
    assert variance == pytest.approx(np.var([1.0, 2.0, 3.0], ddof=1) / 3)


@pytest.mark.parametrize("distance", [0.5, 1.5, 3.0])
def test_abx_is_that_of_listeners_who_compare(distance: float) -> None:
    rng, n = np.random.default_rng(8), 400_000
    a, b, x = (rng.normal(mean, size=n) for mean in (0, distance, 0))
    right = np.abs(x - a) < np.abs(x - b)
    assert abx_right(distance) == pytest.approx(right.mean(), abs=0.003)


@given(st.floats(0.05, 6))
def test_abx_comes_back(distance: float) -> None:
    assert abx_d_prime(abx_right(distance)) == pytest.approx(distance, abs=1e-6)


def test_abx_has_ends() -> None:
    assert abx_d_prime(0.3) == 0 and abx_d_prime(0.5) == 0 and abx_d_prime(1) == 10


@pytest.mark.parametrize(
    "by_listener",
    [[[3, 4, 1, 4]] * 6, [[3, 4, 1, 4], [2, 4, 0, 0], [1, 4, 0, 0]], [[1, 1, 1, 1]]],
    ids=["all agree", "one heard all real clips", "one listener"],
)
def test_where_there_is_no_interval_of_d_prime(by_listener: list[list[float]]) -> None:
    judged = [
        (who, kind == 0, call)
        for who, (hits, generated, alarms, real) in enumerate(by_listener)
        for kind, (called, heard) in enumerate(((hits, generated), (alarms, real)))
        for call in [True] * int(called) + [False] * int(heard - called)
    ]
    who, generated, called = map(np.array, zip(*judged, strict=True))
    _, rows = detection_rows(who, np.arange(len(who)), generated, called)
    assert [row["by_listener"] for row in rows] == [None, None]
