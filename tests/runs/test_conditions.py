from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mixdream.analysis.descriptors import DESCRIPTORS
from mixdream.errors import InputError
from mixdream.runs.ask import Ask
from mixdream.runs.conditions import Conditions
from mixdream.runs.noise import encode_told, noise_of_seed
from mixdream.runs.run import Run
from mixdream.runs.share import share_run
from tests.conftest import tiny_recipe

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(240, 5)) * (1, 3, 0.5, 20, 2) + (-40, -6, 10, 90, -5)
SETS = np.repeat([0, 1], [180, 60])
FITTED = Conditions.fit(["a", "b", "unheard"], SETS, VALUES)


@pytest.fixture
def run(asked_run: Run) -> Run:
    return asked_run


def test_quantiles_are_even_whatever_the_values_are() -> None:
    for column in np.sort(FITTED.quantiles(VALUES), axis=0).T:
        assert column == pytest.approx(np.linspace(0, 1, 240), abs=0.02)
    beyond = np.stack([VALUES.min(axis=0) - 1, VALUES.max(axis=0) + 1])
    assert FITTED.quantiles(beyond).tolist() == [[0] * 5, [1] * 5]


@given(first=st.integers(0, 2**53 - 240))
def test_seeds_in_a_row_are_distributed_as_the_windows_are(first: int) -> None:
    """Places at multiples of the golden ratio miss no share by more than a few (three-distance theorem)."""
    drawn = np.stack([FITTED.draw(seed) for seed in range(first, first + 240)])
    for column in np.sort(drawn, axis=0).T:
        assert column == pytest.approx(np.linspace(0, 1, 240), abs=0.08)


def test_what_is_asked_for_is_drawn_with_what_goes_with_it() -> None:
    """Two descriptors that go together in the music do so where one is asked for."""
    tied = VALUES.copy()
    tied[:, 3] = tied[:, 2] + 0.01 * RNG.normal(size=240)
    conditions = Conditions.fit(["a", "b"], SETS, tied)
    drawn = np.stack([conditions.draw(seed, Ask(brightness=0.9)) for seed in range(40)])
    assert set(drawn[:, 2]) == {0.9}
    assert drawn[:, 3].min() > 0.7
    assert np.ptp(drawn[:, 0]) > 0.5


def test_like_a_set_draws_its_windows() -> None:
    told = {tuple(FITTED.draw(seed, Ask(like="b"))) for seed in range(300)}
    assert told == set(FITTED.places[180:])
    with pytest.raises(InputError, match="no windows of a set called 'c'; there are a, b"):
        FITTED.draw(0, Ask(like="c"))
    with pytest.raises(InputError, match="no windows of a set called 'unheard'; there are a, b"):
        FITTED.draw(0, Ask(like="unheard"))
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        Ask(energy=1.5)


@given(
    quantiles=st.lists(st.floats(0, 1), min_size=5, max_size=5),
    beat=st.integers(0, 3),
    untold=st.integers(0, 4),
)
def test_encoded_values_tell_all_that_was_told(quantiles: list[float], beat: int, untold: int) -> None:
    told = np.array([quantiles])
    told[0, untold] = np.nan
    encoded = FITTED.encode(told, np.array([beat]))[0].numpy()
    hats, beats = encoded[:25].reshape(5, 5), encoded[25:]
    assert beats.tolist() == np.eye(4)[beat].tolist()
    assert hats[untold].tolist() == [0] * 5
    known = np.delete(np.arange(5), untold)
    assert hats[known].sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert hats[known] @ np.linspace(0, 1, 5) == pytest.approx(told[0, known], abs=1e-6)


def test_a_model_is_told_a_part_and_never_exactly() -> None:
    beats = np.arange(240) % 4
    encoded = FITTED.for_training(VALUES, beats, 0.25, np.random.default_rng(1)).numpy()
    hats = encoded[:, :25].reshape(240, 5, 5)
    told = hats.sum(axis=2) > 0
    assert told.mean() == pytest.approx(0.75, abs=0.06)  # four deviations of 1200 draws
    away = np.abs((hats @ np.linspace(0, 1, 5) - FITTED.quantiles(VALUES))[told])
    assert away.max() <= 0.1 + 1e-6
    assert np.median(away) > 0.02
    assert np.array_equal(encoded[:, 25:], np.eye(4)[beats])


def test_a_continuation_keeps_what_is_not_asked_for() -> None:
    before = VALUES[7]
    own = FITTED.quantiles(before[None])[0]
    assert np.array_equal(FITTED.for_continuation(before, Ask()), own)
    own[DESCRIPTORS.index("energy")] = 0.9
    assert np.array_equal(FITTED.for_continuation(before, Ask(energy=0.9)), own)
    like = FITTED.draw(0, Ask(like="b", energy=0.9))
    assert np.array_equal(FITTED.for_continuation(before, Ask(like="b", energy=0.9)), like)


def test_a_model_with_guidance_is_told_what_was_not_asked_for_too() -> None:
    """Whatever family, what is told is the same; without guidance it is all."""
    told, ask = FITTED.draw(3, Ask(energy=0.9, noisiness=0.1)), Ask(energy=0.9, noisiness=0.1)
    drawn = told.copy()
    drawn[[DESCRIPTORS.index("energy"), DESCRIPTORS.index("noisiness")]] = np.nan
    both, each = FITTED.encode(np.stack([told, drawn])), FITTED.width
    for recipe, expected in (
        (tiny_recipe("cpu"), both.flatten()),
        (tiny_recipe("cpu", "model.guidance=1"), both[0]),
        (tiny_recipe("gan"), both[0]),
    ):
        assert torch.equal(encode_told(recipe, FITTED, told, ask)[0], expected)
        encoded = noise_of_seed(recipe, 3, FITTED)[0, recipe.noise_values :]
        assert torch.equal(encoded, FITTED.encode(FITTED.draw(3)[None])[0].repeat(len(expected) // each))


def test_a_run_keeps_the_names_of_sets_and_a_shared_one_numbers(run: Run, tmp_path: Path) -> None:
    assert run.conditions is not None
    assert run.conditions.sets == ("A", "B")
    assert Counter(run.conditions.set_index).keys() == {0, 1}
    shared = Run.open(share_run(run, tmp_path / "shared"))
    assert shared.conditions is not None
    assert shared.conditions.sets == ("1", "2")
    assert shared.conditions.places == run.conditions.places
    (run_copy := tmp_path / "broken").mkdir()
    (run_copy / "recipe.toml").write_bytes((run.folder / "recipe.toml").read_bytes())
    with pytest.raises(InputError, match=r"conditions.json is missing"):
        _ = Run.open(run_copy).conditions


def test_conditions_that_contradict_themselves_are_refused() -> None:
    content = FITTED.model_dump()
    for change, reason in (
        ({"set_index": (3,) * 240}, "a set that there is not"),
        ({"places": content["places"][1:]}, "each window needs a set"),
        ({"scales": content["scales"][1:]}, "5 scales of 65 values"),
    ):
        with pytest.raises(ValidationError, match=reason):
            Conditions.model_validate(content | change)
