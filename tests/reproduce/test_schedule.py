"""Scale: what is left of the thesis's training, and how long it takes."""

import pytest

from mixdream.recipes.load import load_recipe
from mixdream.reproduce.experiments import BESIDE, EXPERIMENTS
from mixdream.reproduce.schedule import Schedule, scaled_recipe, schedule_for
from tests.corpus.small import imagined_corpus

CORPUS = imagined_corpus({"a": 3000.0, "b": 2000.0})
IMAGE_S = {experiment.recipe: 1.0 + number for number, experiment in enumerate(EXPERIMENTS)}


@pytest.mark.parametrize("name", IMAGE_S)
def test_scale_1_is_the_thesis(name: str) -> None:
    assert scaled_recipe(name, 1.0, CORPUS) == load_recipe(name)


@pytest.mark.parametrize("scale", [0.25, 0.01])
def test_epochs_and_windows_are_scaled_alike(scale: float) -> None:
    full, own = load_recipe("thesis-4"), scaled_recipe("thesis-4", scale, CORPUS)
    assert own.training.epochs == full.training.epochs * scale**0.5
    assert own.windows.total == 100_000 * scale**0.5
    assert own.training.batch == 100 * scale**0.5
    assert own.model == full.model and own.grid == full.grid
    assert scaled_recipe("thesis-ddpm", scale, CORPUS).sampler_steps == 50 * scale**0.5


def test_an_epoch_of_a_small_batch_is_left_and_a_window_of_every_piece() -> None:
    least = scaled_recipe("thesis-1", 0.0, CORPUS)
    assert (least.training.epochs, least.windows.total, least.training.batch) == (1, 10, 10)
    many = imagined_corpus({f"set {number}": 10.0 for number in range(130)})
    assert scaled_recipe("thesis-1", 0.0, many).windows.total == 130
    assert scaled_recipe("thesis-ddpm", 0.0, many).sampler_steps == 2


@pytest.mark.parametrize("minutes", [6e3, 6e4, 3e6])
def test_minutes_are_used_and_not_passed(minutes: float) -> None:
    chosen = schedule_for(IMAGE_S, minutes, CORPUS)
    took_s = sum(chosen.seconds(CORPUS).values())
    assert 0.7 * 60 * minutes < took_s <= 60 * minutes
    assert sum(Schedule(1.1 * chosen.scale, IMAGE_S).seconds(CORPUS).values()) >= took_s


def test_too_few_minutes_leave_the_least_and_too_many_all() -> None:
    assert schedule_for(IMAGE_S, 0, CORPUS).scale == pytest.approx(0, abs=1e-9)
    assert schedule_for(IMAGE_S, 1e9, CORPUS).scale == 1


def test_each_recipe_beside_them_takes_as_long_as_the_longest() -> None:
    seconds = Schedule(0.01, IMAGE_S).seconds(CORPUS)
    longest = max(seconds[name] for name in IMAGE_S)
    assert {name: seconds[name] for name in BESIDE} == dict.fromkeys(BESIDE, longest)
    assert seconds["thesis-1"] == pytest.approx(18 * 10_000 * 1.0)
