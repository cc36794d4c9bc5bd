from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.runs.conditions import ENERGIES, Conditions, energy_of
from mixdream.runs.run import Run
from mixdream.runs.share import share_run

FITTED = Conditions.fit(
    ["a", "b", "c"],
    np.array([0] * 6 + [1] * 2 + [2] * 4),
    np.array([-1.0] * 4 + [0.0, 0.1] + [0.2, 0.3] + [1.0] * 4),
)


@pytest.fixture
def run(asked_run: Run) -> Run:
    return asked_run


def test_energies_are_thirds() -> None:
    thirds = Counter(third for _, third, number in FITTED.kinds for _ in range(number))
    assert thirds == {0: 4, 1: 4, 2: 4}
    assert FITTED.kinds == ((0, 0, 4), (0, 1, 2), (1, 1, 2), (2, 2, 4))


@given(first=st.integers(0, 2**53 - 240))
def test_seeds_in_a_row_are_distributed_as_the_windows_are(first: int) -> None:
    """Places at multiples of the golden ratio miss no share by more than a few (three-distance theorem)."""
    drawn = Counter(FITTED.draw(seed) for seed in range(first, first + 240))
    for which, third, number in FITTED.kinds:
        assert abs(drawn[FITTED.sets[which], ENERGIES[third]] - 240 * number / 12) <= 4


def test_what_is_asked_for_is_drawn() -> None:
    assert {FITTED.draw(seed, like="a")[0] for seed in range(20)} == {"a"}
    assert {FITTED.draw(seed, energy="middle") for seed in range(20)} == {("a", "middle"), ("b", "middle")}
    with pytest.raises(InputError, match="from no windows of a set called 'd'; there are a, b, c"):
        FITTED.draw(0, like="d")
    with pytest.raises(InputError, match="nothing in a is of high energy, only of low and middle"):
        FITTED.draw(0, like="a", energy="high")
    few = Conditions(sets=("a", "quiet"), edges=(0, 1), kinds=((0, 0, 3),))
    with pytest.raises(InputError, match="nothing in the corpus is of high energy, only of low"):
        few.draw(0, energy="high")
    with pytest.raises(InputError, match="from no windows of a set called 'quiet'; there are a"):
        few.draw(0, like="quiet")
    with pytest.raises(ValueError, match="names a set or an energy that there is not"):
        Conditions(sets=("a",), edges=(0, 1), kinds=((1, 0, 3),))


def test_encoded_values_are_one_of_each_kind() -> None:
    encoded = FITTED.encode(np.array([2, 0]), np.array([1, 0]), np.array([3, 0]))
    assert encoded.nonzero().tolist() == [[0, 2], [0, 4], [0, 9], [1, 0], [1, 3], [1, 6]]
    assert torch.equal(FITTED.for_clip("c", "middle"), FITTED.encode(*map(np.array, ([2], [1], [0]))))
    images = torch.tensor([-1.0, 0.15, 2.0])[:, None, None, None].expand(3, 1, 4, 4)
    assert energy_of(images) == pytest.approx([-1, 0.15, 2])
    places = np.zeros(3, np.int64)
    assert FITTED.of_images(images, places, places)[:, 3:6].argmax(1).tolist() == [0, 1, 2]


def test_a_set_that_is_kept_back_leaves_the_rest() -> None:
    encoded = FITTED.encode(np.array([2, 0]), np.array([1, 0]), np.array([3, 0]))
    kept_back = FITTED.without_sets(encoded, torch.tensor([True, False]))
    assert kept_back.nonzero().tolist() == [[0, 4], [0, 9], [1, 0], [1, 3], [1, 6]]


def test_a_continuation_keeps_the_energy_unless_it_is_asked_for_another() -> None:
    before = torch.full((1, 1, 4, 4), 2.0)
    assert FITTED.for_continuation(before, None, None).nonzero().tolist() == [[0, 5], [0, 6]]
    assert FITTED.for_continuation(before, None, "low").nonzero().tolist() == [[0, 3], [0, 6]]
    assert FITTED.for_continuation(before, "c", None).nonzero().tolist() == [[0, 2], [0, 5], [0, 6]]
    with pytest.raises(InputError, match="nothing in a is of high energy"):
        FITTED.for_continuation(before, "a", "high")


def test_a_run_keeps_the_names_of_sets_and_a_shared_one_numbers(run: Run, tmp_path: Path) -> None:
    assert run.conditions is not None
    assert run.conditions.sets == ("A", "B")
    shared = Run.open(share_run(run, tmp_path / "shared"))
    assert shared.conditions is not None
    assert shared.conditions.sets == ("1", "2")
    assert shared.conditions.kinds == run.conditions.kinds
    (run_copy := tmp_path / "broken").mkdir()
    (run_copy / "recipe.toml").write_bytes((run.folder / "recipe.toml").read_bytes())
    with pytest.raises(InputError, match=r"conditions.json is missing"):
        _ = Run.open(run_copy).conditions
