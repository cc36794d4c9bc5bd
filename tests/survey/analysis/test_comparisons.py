from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.survey.analysis.bradley_terry import bradley_terry, connected, score_rows
from mixdream.survey.analysis.intervals import difference_p, holm, sign_p
from mixdream.survey.analysis.measures import Measure, differences
from mixdream.survey.analysis.observations import observe

P_VALUES = st.lists(st.floats(0, 1), max_size=8)


@given(P_VALUES)
def test_holm_is_between_the_single_test_and_bonferroni(p_values: list[float]) -> None:
    corrected = holm(p_values)
    for p, by_holm in zip(p_values, corrected, strict=True):
        assert by_holm is not None and p <= by_holm <= min(1, p * len(p_values)) + 1e-12
    order = np.argsort(p_values, kind="stable")
    in_order = [corrected[i] or 0.0 for i in order]
    assert in_order == sorted(in_order)


def test_holm_keeps_false_alarms_rare() -> None:
    rng = np.random.default_rng(3)
    alarms = [min(p for p in holm(list(rng.uniform(size=6))) if p is not None) < 0.05 for _ in range(4000)]
    assert 0.04 < np.mean(alarms) < 0.06


def test_sign_test_drops_who_has_no_preference() -> None:
    assert sign_p(np.full(7, 0.5)) == 1
    assert sign_p(np.array([0.5] * 100 + [1.0] * 5)) == pytest.approx(2 / 2**5)
    assert sign_p(np.array([0.9, 0.1])) == 1


def test_two_conditions_have_the_log_odds() -> None:
    wins = np.array([[0.0, 30.0], [10.0, 0.0]])
    assert bradley_terry(wins) == pytest.approx(np.array([1, -1]) * np.log(30.5 / 10.5) / 2, abs=1e-6)


def test_known_strengths_are_found() -> None:
    truth = np.array([1.2, 0.3, -0.4, -1.1])
    chance = 1 / (1 + np.exp(truth[None] - truth[:, None]))
    wins = 10_000 * chance * (1 - np.eye(4))
    assert bradley_terry(wins) == pytest.approx(truth, abs=1e-3)


def test_a_condition_that_never_lost_has_a_finite_score() -> None:
    wins = np.array([[0.0, 9.0, 9.0], [0.0, 0.0, 5.0], [0.0, 4.0, 0.0]])
    fitted = bradley_terry(wins)
    assert np.isfinite(fitted).all() and fitted[0] > fitted[1] > fitted[2]
    assert fitted.sum() == pytest.approx(0, abs=1e-9)


def test_conditions_may_be_compared_by_way_of_others() -> None:
    chain = np.zeros((4, 4))
    chain[0, 1] = chain[1, 2] = chain[3, 2] = 1
    assert connected(chain)
    chain[3, 2] = 0
    assert not connected(chain)


def scored(*answers: tuple[str, int, int, float]) -> list[Any]:
    """Intervals of scores of these clips: listener, two conditions, how often the first was preferred."""
    who, first, second, won = zip(*answers, strict=True)
    pair = np.stack([first, second], axis=1)
    rows = score_rows(np.array(who), pair, pair * 0, np.array(won))
    return [row["by_listener"] for row in rows]


def test_scores_have_no_interval_where_listeners_agree_or_one_holds_all_together() -> None:
    pairs = ((0, 1), (0, 2), (1, 2))
    assert scored(*[(str(i), *pair, 1.0) for i in range(5) for pair in pairs]) == [None] * 3
    alone = [("a", 0, 1, 1.0), ("b", 0, 1, 1.0), ("b", 0, 1, 0.0), ("c", 0, 1, 1.0)]
    assert scored(*alone, ("a", 1, 2, 1.0)) == [None] * 3
    assert scored(("a", 0, 1, 1.0), ("a", 0, 1, 0.0)) == [None] * 2
    assert scored(("a", 0, 1, 1.0), ("b", 2, 3, 1.0)) == []


def test_shares_and_points_are_compared_within_listeners() -> None:
    a = observe([("x", "1", 1.0, 0), ("y", "1", 1.0, 0), ("z", "1", 0.0, 0), ("only a", "1", 0.0, 0)])
    b = observe([("x", "2", 0.0, 0), ("y", "2", 0.0, 0), ("z", "2", 0.0, 0), ("only b", "2", 1.0, 0)])
    for scale, unit in ((None, 100), ((1.0, 5.0), 1)):
        (table,) = differences("d", "", {"": [Measure("a", a, scale=scale), Measure("b", b, scale=scale)]})
        (line,) = table.rows
        assert (line["pair"], line["listeners"], line["p"]) == ("a − b", 3, 2 / 2**2)
        assert line["difference"] == pytest.approx(unit * 2 / 3)
        assert line["by_listener"].high == (pytest.approx(2.1, abs=0.01) if scale else 100)


def test_one_answer_each_to_both_raises_no_more_false_alarms_than_it_may() -> None:
    apart = np.random.default_rng(5).choice([-1, 0, 1], p=[0.4, 0.2, 0.4], size=(1000, 8))
    # Student's makes 85.
    assert sum((difference_p(differences) or 0) < 0.05 for differences in apart) <= 50
