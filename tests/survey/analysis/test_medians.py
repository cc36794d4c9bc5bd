import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mixdream.survey.analysis.intervals import Interval
from mixdream.survey.analysis.measures import Measure
from mixdream.survey.analysis.medians import box_of, median_row
from mixdream.survey.analysis.observations import observe

SCALE = (0.0, 100.0)


def rated(values: np.ndarray) -> Measure:
    """Ratings of each listener, shape (listeners, clips)."""
    rows = ((f"s{i}", f"c{j}", float(value), 0) for (i, j), value in np.ndenumerate(values))
    return Measure("x", observe(rows), scale=SCALE)


@pytest.mark.parametrize(("listeners", "rank"), [(6, 1), (10, 2), (15, 4), (20, 6), (40, 14)])
def test_one_rating_each_gives_the_interval_of_the_sign_test(listeners: int, rank: int) -> None:
    # The k-th smallest and largest of n: k is the largest with P(B(n, 1/2) < k) <= 2.5 %.
    assert stats.binom.cdf(rank - 1, listeners, 0.5) <= 0.025 < stats.binom.cdf(rank, listeners, 0.5)
    values = np.random.default_rng(listeners).permutation(90)[:listeners].astype(float)
    row = median_row(rated(values[:, None]))
    ordered = np.sort(values)
    assert row["by_listener"] == Interval(ordered[rank - 1], ordered[-rank])
    assert row["median"] == np.median(values)
    assert row["two_way"] is None  # one clip says nothing about others


def test_few_listeners_say_nothing_of_the_ends_of_the_scale() -> None:
    row = median_row(rated(np.array([[40.0], [50.0], [60.0], [70.0], [80.0]])))
    assert row["by_listener"] == SCALE  # P of all five on one side is 1/16
    assert median_row(rated(np.array([[40.0, 50.0]])))["by_listener"] is None


def test_a_reference_that_nearly_all_find_has_its_median_at_the_end() -> None:
    values = np.full((20, 4), 100.0)
    values[0, 1] = values[3, 2] = values[7, 0] = 60
    row = median_row(rated(values))
    assert row["median"] == row["upper_quartile"] == 100
    assert row["by_listener"] == row["two_way"] == (100, 100)
    assert median_row(rated(np.full((20, 4), 100.0)))["by_listener"] == (100, 100)


def test_the_interval_for_other_clips_is_wide_where_clips_differ() -> None:
    # Listeners nearly agree: there are hardly more values than clips.
    clips = np.array([20.0, 30.0, 45.0, 50.0, 60.0, 75.0, 80.0, 90.0])
    noise = np.random.default_rng(1).integers(-6, 7, (30, 8))
    row = median_row(rated(clips + noise))
    these, others = row["by_listener"], row["two_way"]
    assert these.low > 45 and these.high < 60
    # What 8 values say of the median of theirs: 94 % for the second and the seventh (sign test).
    assert 20 < others.low < 45 and 60 < others.high < 90


@given(st.lists(st.lists(st.integers(0, 100), min_size=3, max_size=3), min_size=2, max_size=8))
def test_intervals_hold_the_median_and_keep_to_the_scale(values: list[list[int]]) -> None:
    ratings = np.array(values, float)
    row = median_row(rated(ratings))
    assert row["median"] == np.median(ratings)
    for interval in (row["by_listener"], row["two_way"]):
        if interval is not None:
            assert 0 <= interval.low <= row["median"] <= interval.high <= 100
    box = box_of(rated(ratings))
    assert box.lower == row["lower_quartile"] <= row["median"] <= row["upper_quartile"] == box.upper
    assert np.mean(ratings <= box.lower) >= 0.25 and np.mean(ratings >= box.upper) >= 0.25


def test_who_rates_often_weighs_no_more() -> None:
    rows = [("often", f"c{i}", 10.0, 0) for i in range(9)] + [("a", "c0", 80.0, 0), ("b", "c1", 90.0, 0)]
    assert median_row(Measure("x", observe(rows), scale=SCALE))["median"] == 80


def test_a_box_is_tukeys() -> None:
    values = np.array([1, 2, 3, 4, 5, 6, 7, 8, 30.0])
    box = box_of(rated(values[:, None]))
    assert (box.lower, box.upper, box.low, box.high, box.beyond) == (3, 7, 1, 8, (30.0,))
