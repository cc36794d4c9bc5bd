import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mixdream.survey.analysis.means import pooled_interval, share_interval, t_interval, t_p
from mixdream.survey.analysis.observations import observe
from mixdream.survey.analysis.proportions import Z, binomial_p, clopper_pearson, wald, wilson
from mixdream.survey.analysis.two_way import two_way_interval
from tests.survey.analysis.coverage import Guessers, World, draw, simulate_coverage, simulate_shares

COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_ends_of_wilson_are_where_the_score_test_gives_up(counts: tuple[int, int]) -> None:
    k, n = counts
    for end in wilson(k, n):
        if 0 < end < 1:
            assert abs(k / n - end) / math.sqrt(end * (1 - end) / n) == pytest.approx(Z, rel=1e-6)


@given(COUNTS)
def test_ends_of_the_exact_interval_have_tails_of_a_fortieth(counts: tuple[int, int]) -> None:
    k, n = counts
    low, high = clopper_pearson(k, n)
    assert low == 0.0 if k == 0 else stats.binom.sf(k - 1, n, low) == pytest.approx(0.025)
    assert high == 1.0 if k == n else stats.binom.cdf(k, n, high) == pytest.approx(0.025)


@given(COUNTS)
def test_intervals_hold_the_share_and_stay_in_range(counts: tuple[int, int]) -> None:
    k, n = counts
    for method in (wald, wilson, clopper_pearson):
        low, high = method(k, n)
        assert 0 <= low <= k / n + 1e-12 and k / n - 1e-12 <= high <= 1
        mirrored = method(n - k, n)
        assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high), abs=1e-9)


def test_wald_has_no_width_where_wilson_has() -> None:
    assert wald(0, 10) == (0, 0)
    assert wilson(0, 10).high == pytest.approx(Z**2 / (10 + Z**2))
    assert clopper_pearson(0, 10).high == pytest.approx(1 - 0.025**0.1)


def test_the_binomial_test_counts_both_tails() -> None:
    # 8, 9, 10 and 0, 1, 2 of ten tosses: 2 (45 + 10 + 1) / 1024.
    assert binomial_p(8, 10, 0.5) == pytest.approx(112 / 1024)
    assert binomial_p(5, 10, 0.5) == pytest.approx(1)


def test_t_interval_and_test_agree() -> None:
    means = np.random.default_rng(1).normal(0.4, 1, 25)
    interval = t_interval(means)
    assert interval is not None
    for end in interval:
        assert t_p(means, end) == pytest.approx(0.05)


def test_without_differences_there_is_no_t_interval() -> None:
    assert t_interval(np.array([3.0])) is None and t_interval(np.array([])) is None
    assert t_interval(np.full(9, 0.3)) is None
    assert pooled_interval(np.array([3.0])) is None
    assert share_interval(np.array([0.5])) is None
    assert share_interval(np.zeros(20)) == clopper_pearson(0, 20)
    assert t_p(np.array([0.3]), 0) is None


def test_shares_of_0_and_1_and_shares_all_alike_are_exact() -> None:
    assert share_interval(np.array([1.0, 1.0, 1.0, 0.0])) == clopper_pearson(3, 4)
    assert share_interval(np.full(8, 0.75)) == clopper_pearson(6, 8)
    assert t_p(np.array([1.0] * 9 + [0.0]), 0.5) == binomial_p(9, 10, 0.5)
    assert t_p(np.ones(6), 0.8) == binomial_p(6, 6, 0.8)
    between = np.array([1.0, 0.5, 0.25])
    assert share_interval(between) == t_interval(between, (0, 1))


def test_agreement_of_all_is_a_result() -> None:
    assert t_p(np.full(8, 0.3), 0.0) == 2 / 2**8
    assert t_p(np.full(8, -0.3), 0.0) == 2 / 2**8
    assert t_p(np.full(8, 0.3), 0.3) == 1
    # Shares of 0 and 1 are no chances that an answer could have: this is no binomial test.
    assert t_p(np.array([1.0, 1.0, 0.0]), 0.0) == pytest.approx(0.1835, abs=1e-4)


@pytest.mark.parametrize("listeners", [4, 6, 10])
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_one_answer_each_raises_no_more_false_alarms_than_it_may(listeners: int, share: float) -> None:
    found = simulate_shares(Guessers(listeners, 1, share), 1500, np.random.default_rng(9))
    assert found.by_listener >= 0.94 and found.test >= 0.94
    if listeners == 4:
        assert found.student < 0.9


def test_one_answer_each_makes_the_pooled_interval_right() -> None:
    values = np.random.default_rng(2).normal(size=4000)
    pooled, honest = pooled_interval(values), t_interval(values)
    assert honest is not None and pooled == pytest.approx(honest, abs=1e-4)


def test_who_answers_often_counts_no_more() -> None:
    found = observe([("often", "a", 1.0, 0)] * 99 + [("once", "a", 0.0, 0)])
    assert found.listener_means().mean() == 0.5


def test_who_lacks_a_stratum_does_not_count() -> None:
    found = observe([("x", "a", 1.0, 0), ("x", "b", 0.0, 1), ("y", "a", 1.0, 0)])
    assert np.isnan(found.listener_means()[1])
    assert [side.shape for side in found.sums()] == [(2, 2, 2)] * 2


WORLD = World(40, 12, 0.5, 0.4, 10)


@pytest.mark.parametrize(
    "world", [World(40, 12, 0.5, 0.0, 10), WORLD, World(15, 8, 0.7, 0.3, 8)], ids=["alike", "differ", "few"]
)
def test_intervals_by_listener_cover_95_percent(world: World) -> None:
    found = simulate_coverage(world, 2000, np.random.default_rng(5), resamples=0)
    assert 0.94 <= found.by_listener <= 0.965
    assert found.pooled < 0.87


@pytest.mark.parametrize(
    "world",
    [World(40, 12, 0.5, 0.0, 10), WORLD, World(30, 6, 0.5, 0.4, 6)],
    ids=["alike", "differ", "few"],
)
def test_two_way_intervals_cover_95_percent_of_all_clips(world: World) -> None:
    found = simulate_coverage(world, 500, np.random.default_rng(7), resamples=300)
    assert 0.93 <= found.two_way <= 0.97
    if world.clip_sd:
        assert found.by_listener_of_all < 0.92


def test_two_way_interval_needs_two_of_each() -> None:
    rng = np.random.default_rng(1)
    for values in (
        [],
        [("x", "a", 1.0, 0), ("x", "b", 0.0, 0)],
        [("x", "a", 1.0, 0), ("y", "a", 0.0, 0)],
        [("x", "a", 1.0, 0), ("y", "b", 1.0, 0)],
    ):
        assert two_way_interval(observe(values), rng) is None


def test_two_way_interval_is_that_of_listeners_where_clips_are_alike() -> None:
    # No clip differs and no answer is noise: what is left are the listeners.
    rng = np.random.default_rng(3)
    taste = rng.normal(size=60)
    found = observe([(str(i), str(j), taste[i], 0) for i in range(60) for j in range(30)])
    both, alone = two_way_interval(found, rng, resamples=4000), t_interval(taste)
    assert both is not None and alone is not None
    assert both == pytest.approx(alone, abs=0.02)


def test_two_way_interval_does_not_depend_on_how_many_are_drawn_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, _ = draw(WORLD, np.random.default_rng(1))
    whole = two_way_interval(found, np.random.default_rng(2), resamples=2000)
    monkeypatch.setattr("mixdream.survey.analysis.two_way._AT_ONCE", 4000)
    pieces = two_way_interval(found, np.random.default_rng(2), resamples=2000)
    assert whole is not None and pieces is not None
    assert pieces == pytest.approx(whole, abs=0.05)
