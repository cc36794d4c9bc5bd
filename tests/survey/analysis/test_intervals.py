import math
from collections.abc import Callable

import numpy as np
import pytest
from benchmarks import intervals as simulated
from benchmarks.intervals import Drawn, Guessers, World, coverage, few_listeners
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mixdream.survey.analysis.intervals import exact, share_interval, t_interval, t_p, wald, wilson
from mixdream.survey.analysis.observations import Observations, less, observe

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
    student, ours, test = few_listeners(Guessers(listeners, 1, share), 1500, np.random.default_rng(9))
    assert ours >= 0.94 and test >= 0.94
    if listeners == 4:
        assert student < 0.9


def test_who_answers_often_counts_no_more() -> None:
    answers = observe([("often", "a", 1.0, 0)] * 99 + [("once", "a", 0.0, 0)])
    assert answers.means.mean() == 0.5


@pytest.mark.parametrize(
    "figure",
    [
        simulated.prefer,
        simulated.abx,
        simulated.mean,
        simulated.median,
        simulated.difference,
        simulated.told_apart,
        simulated.d_prime,
        simulated.criterion,
        simulated.named_one,
        simulated.bradley_terry_score,
    ],
)
def test_intervals_hold_for_other_listeners_and_other_clips(
    figure: Callable[[World, np.random.Generator], Drawn],
) -> None:
    """A light version of benchmarks/intervals.py: of 150 draws two standard errors are 3.6 %."""
    times = 40 if figure in (simulated.bradley_terry_score, simulated.median) else 150
    before, now = coverage(figure, World(60, 6, 4, 0.5, 0.7), times, np.random.default_rng(5))
    assert now >= 0.9
    assert before < now - 0.03
    _, alike = coverage(figure, World(30, 12, 6, 0.5, 0.0), times, np.random.default_rng(6))
    assert 0.9 <= alike <= 0.995


def crossed(answers: Observations) -> tuple[float, float] | None:
    return answers.spread and answers.spread.interval(float(answers.means.mean()))


def test_the_spread_needs_two_listeners_and_two_clips() -> None:
    for values in (
        [],
        [("x", "a", 1.0, 0), ("x", "b", 0.0, 0)],
        [("x", "a", 1.0, 0), ("y", "a", 0.0, 0)],
        [("x", "a", 1.0, 0), ("y", "b", 1.0, 0)],
        [("x", "a", 1.0, 0), ("x", "b", 0.0, 0), ("x", "c", 1.0, 1), ("y", "a", 1.0, 0)],
    ):
        assert observe(values).spread is None


def test_the_spread_is_that_of_listeners_where_clips_are_alike() -> None:
    # No clip differs and no answer is noise: what is left are the listeners, as many as there are clips.
    taste = np.random.default_rng(3).normal(size=60)
    answers = observe([(str(i), str(j), taste[i], 0) for i in range(60) for j in range(60)])
    assert crossed(answers) == pytest.approx(t_interval(taste), abs=0.01)


def test_the_spread_is_the_textbooks_where_everyone_heard_every_clip() -> None:
    # Crossed random effects, written as sums over a full matrix of answers.
    rng = np.random.default_rng(4)
    values = rng.normal(size=(9, 1)) + rng.normal(size=7) + rng.normal(size=(9, 7))
    answers = observe([(str(i), str(j), values[i, j], 0) for i in range(9) for j in range(7)])
    by_listener, by_clip = values.mean(axis=1).var(ddof=1) / 9, values.mean(axis=0).var(ddof=1) / 7
    variance = by_listener + by_clip - 6 / 7 * values.var() / 63
    freedom = variance**2 / (by_listener**2 / 8 + by_clip**2 / 6)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    assert crossed(answers) == pytest.approx((values.mean() - half, values.mean() + half))


def test_clips_of_two_conditions_have_the_freedom_of_welch() -> None:
    # Every listener says the same of a clip: only clips differ, and their means are compared.
    rng = np.random.default_rng(7)
    first, second = rng.normal(0, 1, 5), rng.normal(0, 3, 9)
    a = observe([(str(i), f"a{j}", value, 0) for i in range(40) for j, value in enumerate(first)])
    b = observe([(str(i), f"b{j}", value, 0) for i in range(40) for j, value in enumerate(second)])
    found = less(a, b).spread
    welch = stats.ttest_ind(first, second, equal_var=False)
    assert found is not None and found.freedom == pytest.approx(welch.df)
    assert found.p(float(first.mean() - second.mean())) == pytest.approx(welch.pvalue)


def test_two_versions_of_each_piece_are_compared_within_pieces() -> None:
    rng = np.random.default_rng(8)
    piece, change = rng.normal(0, 5, 12), rng.normal(0.2, 0.3, 12)
    a = observe([(str(i), f"{j}", piece[j] + change[j], 0) for i in range(40) for j in range(12)])
    b = observe([(str(i), f"{j}", piece[j], 0) for i in range(40) for j in range(12)])
    assert crossed(less(a, b)) == pytest.approx(t_interval(change))


def test_what_strata_differ_by_does_not_widen_the_spread() -> None:
    rng = np.random.default_rng(2)
    who, item = World(30, 10, 6).order(rng)
    value = rng.normal(size=30)[who] + rng.normal(size=10)[item] + rng.normal(size=len(who))
    near, far = (
        crossed(Observations(who, item[:, None], value + apart * (item % 2), item % 2))
        for apart in (0.0, 6.0)
    )
    assert near is not None and far == pytest.approx((near[0] + 3, near[1] + 3))
