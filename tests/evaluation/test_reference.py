from itertools import pairwise

import numpy as np

from mixdream.corpus.store import Corpus
from mixdream.evaluation.reference import reference_for_recipe
from tests.conftest import tiny_recipe


def test_windows_of_beats_are_read_at_the_tempo_of_the_model(corpus: Corpus) -> None:
    recipe = tiny_recipe("loops")
    found = reference_for_recipe(recipe, corpus)
    grid = recipe.grid
    assert (found.rate_hz, found.clip_samples) == (grid.rate_hz, grid.clip_samples)
    places = sorted([*found.train.places, *found.other.places])
    assert found.train.audio.shape == (len(found.train.places), grid.clip_samples, 1)
    read = found.train.on_grid(grid, np.array([0]))[0]
    assert np.array_equal(read[grid.lead : grid.lead + grid.clip_samples], found.train.audio[0, :, 0])
    assert len({name for name, _ in places}) == 1  # the other set is held out
    bpm = {"A": 120, "B": 140}[places[0][0]]
    for (_, first), (_, second) in pairwise(places):
        assert second - first > 8 * 60 / bpm - 0.05
    assert found.trained_on is None and any("held nothing out" in note for note in found.notes)


def test_what_a_recipe_holds_out_is_held_out_here(corpus: Corpus) -> None:
    found = reference_for_recipe(tiny_recipe("thesis-1", "windows.held_out=0.1"), corpus)
    assert found.trained_on is not None and found.judged_by is not None
    assert set(found.train.sets) | set(found.other.sets) == set(found.trained_on)
    assert not set(found.judged_by) & set(found.trained_on)
    assert np.abs(len(found.train.audio) - len(found.other.audio)) <= 1
    assert not any("held nothing out" in note for note in found.notes)
