import numpy as np
import pytest
from scipy.stats import norm

from mixdream.errors import InputError
from mixdream.evaluation.judge import Sides, told_apart

FEATURES = 30


def drawn(seed: int, number: int = 400, shift: float = 0.0, minutes: int | None = None) -> Sides:
    """Normal features, the first of them shifted; each its own clip, or in minutes that all sides share."""
    features = np.random.default_rng(seed).normal(size=(number, FEATURES))
    features[:, 0] += shift
    names = [f"clip {seed} {i}" if minutes is None else f"minute {i % minutes}" for i in range(number)]
    return Sides(features, names)


def test_the_share_is_that_of_the_best_judge_there_can_be() -> None:
    """Two normal distributions that are d apart: the best judge is right with probability Phi(d / 2)."""
    for shift in (0.0, 1.0, 3.0):
        found = told_apart(drawn(0, 1500), drawn(1, 1500, shift=shift))
        assert found.value == pytest.approx(norm.cdf(shift / 2), abs=0.04)


def test_what_minutes_have_of_their_own_is_no_sign() -> None:
    """Every minute is other music, which both kinds share: a judge that has heard it is not helped."""
    rng = np.random.default_rng(0)
    minutes = rng.normal(0, 10, size=(40, FEATURES))
    real, clips = drawn(1, 200, minutes=40), drawn(2, 200, minutes=40)
    inside = [minutes[np.arange(200) % 40] + side.features for side in (real, clips)]
    found = told_apart(Sides(inside[0], real.blocks), Sides(inside[1], clips.blocks))
    assert found.low < 0.5 < found.high
    assert found.high - found.low > 0.2  # 40 minutes of each, not 200 windows


def test_unequal_numbers_do_not_help_to_guess() -> None:
    assert told_apart(drawn(0, 400), drawn(1, 40)).value == pytest.approx(0.5, abs=0.12)


def test_the_same_seed_is_the_same_judge() -> None:
    sides = drawn(0, 60), drawn(1, 60, shift=1)
    assert told_apart(*sides) == told_apart(*sides)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(InputError, match="a judge needs at least 20 clips, clips has 19"):
        told_apart(drawn(0), drawn(1, 19))
    with pytest.raises(InputError, match="real windows from 2 minutes at least"):
        told_apart(drawn(0, minutes=1), drawn(1))
