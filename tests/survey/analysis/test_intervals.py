import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mixdream.survey.analysis.intervals import exact, share_interval, t_interval, t_p, wald, wilson
from mixdream.survey.analysis.observations import Observations, observe, two_way_interval
from tests.survey.analysis.coverage import Guessers, World, draw, simulate_coverage, simulate_shares

COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_intervals_of_shares_are_those_of_their_tests(counts: tuple[int, int]) -> None:
    k, n = counts
    for end in wilson(k, n):
        if 0 < end < 1:  # where the score test gives up
            z = abs(k / n - end) / math.sqrt(end * (1 - end) / n)
            assert z == pytest.approx(stats.norm.ppf(0.975), rel=1e-6)
    low, high = exact(k, n)
    assert (low, high) == pytest.approx(tuple(stats.binomtest(k, n).proportion_ci()), abs=1e-12)
    for interval in (wald(k, n), wilson(k, n), exact(k, n)):
        assert 0 <= interval.low <= k / n + 1e-12 and k / n - 1e-12 <= interval.high <= 1


def test_t_interval_and_test_agree() -> None:
    means = np.random.default_rng(1).normal(0.4, 1, 25)
    interval = t_interval(means)
    assert interval is not None
    for end in interval:
        assert t_p(means, end) == pytest.approx(0.05)


def test_without_differences_there_is_no_t_interval() -> None:
    assert t_interval(np.array([3.0])) is None and t_interval(np.array([])) is None
    assert t_interval(np.full(9, 0.3)) is None
    assert share_interval(np.array([0.5])) is None
    assert share_interval(np.zeros(20)) == exact(0, 20)
    assert t_p(np.array([0.3]), 0) is None


def test_shares_of_0_and_1_and_shares_all_alike_are_exact() -> None:
    assert share_interval(np.array([1.0, 1.0, 1.0, 0.0])) == exact(3, 4)
    assert share_interval(np.full(8, 0.75)) == exact(6, 8)
    assert t_p(np.array([1.0] * 9 + [0.0]), 0.5) == pytest.approx(22 / 1024)
    assert t_p(np.ones(6), 0.8) == stats.binomtest(6, 6, 0.8).pvalue
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
    covered = simulate_shares(Guessers(listeners, 1, share), 1500, np.random.default_rng(9))
    assert covered.by_listener >= 0.94 and covered.test >= 0.94
    if listeners == 4:
        assert covered.student < 0.9


def test_who_answers_often_counts_no_more() -> None:
    answers = observe([("often", "a", 1.0, 0)] * 99 + [("once", "a", 0.0, 0)])
    assert answers.means.mean() == 0.5


@pytest.mark.parametrize(
    "world",
    [World(40, 12, 0.5, 0.0, 10), World(40, 12, 0.5, 0.4, 10), World(15, 6, 0.7, 0.4, 6)],
    ids=["alike", "differ", "few"],
)
def test_intervals_cover_95_percent_by_listener_and_of_all_clips(world: World) -> None:
    covered = simulate_coverage(world, 1000, np.random.default_rng(5))
    assert 0.935 <= covered.by_listener <= 0.97 and 0.935 <= covered.two_way <= 0.97
    assert covered.pooled < 0.88
    if world.clip_sd:
        assert covered.by_listener_of_all < 0.93


def test_two_way_interval_needs_two_of_each() -> None:
    for values in (
        [],
        [("x", "a", 1.0, 0), ("x", "b", 0.0, 0)],
        [("x", "a", 1.0, 0), ("y", "a", 0.0, 0)],
        [("x", "a", 1.0, 0), ("y", "b", 1.0, 0)],
        [("x", "a", 1.0, 0), ("x", "b", 0.0, 0), ("x", "c", 1.0, 1), ("y", "a", 1.0, 0)],
    ):
        assert two_way_interval(observe(values)) is None


def test_two_way_interval_is_that_of_listeners_where_clips_are_alike() -> None:
    # No clip differs and no answer is noise: what is left are the listeners, as many as there are clips.
    taste = np.random.default_rng(3).normal(size=60)
    answers = observe([(str(i), str(j), taste[i], 0) for i in range(60) for j in range(60)])
    assert two_way_interval(answers) == pytest.approx(t_interval(taste), abs=0.01)


def test_two_way_interval_is_the_textbooks_where_everyone_heard_every_clip() -> None:
    # Crossed random effects, written as sums over a full matrix of answers.
    rng = np.random.default_rng(4)
    values = rng.normal(size=(9, 1)) + rng.normal(size=7) + rng.normal(size=(9, 7))
    answers = observe([(str(i), str(j), values[i, j], 0) for i in range(9) for j in range(7)])
    by_listener, by_clip = values.mean(axis=1).var(ddof=1) / 9, values.mean(axis=0).var(ddof=1) / 7
    variance = by_listener + by_clip - values.var() / 63
    freedom = variance**2 / (by_listener**2 / 8 + by_clip**2 / 6)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    assert two_way_interval(answers) == pytest.approx((values.mean() - half, values.mean() + half))


def test_what_strata_differ_by_does_not_widen_the_two_way_interval() -> None:
    answers, _ = draw(World(30, 10, 0.5, 0.3, 8), np.random.default_rng(2))
    intervals = []
    for apart in (0.0, 6.0):
        value = answers.value + apart * (answers.item % 2)
        strata = Observations(answers.listener, answers.item, value, answers.item % 2)
        intervals.append(two_way_interval(strata))
    near, far = intervals
    assert near is not None and far == pytest.approx((near.low + 3, near.high + 3))
