from itertools import pairwise
from pathlib import Path

import numpy as np
import soxr

from mixdream.corpus.store import Corpus
from mixdream.evaluation.reference import reference_for_length, reference_for_recipe
from tests.conftest import tiny_recipe
from tests.corpus.small import make_corpus
from tests.evaluation.tunes import tune, tune_corpus


def test_windows_of_beats_are_read_at_the_tempo_of_the_model(corpus: Corpus) -> None:
    recipe = tiny_recipe("loops")
    found = reference_for_recipe(recipe, corpus)
    grid = recipe.grid
    assert (found.rate_hz, found.clip_samples) == (grid.rate_hz, grid.clip_samples)
    places = sorted([*found.train.places, *found.other.places])
    assert found.train.audio.shape == (len(found.train.places), grid.clip_samples, 1)
    read = found.train.on_grid(grid, np.array([0]))[0]
    assert np.array_equal(read[grid.lead : grid.lead + grid.clip_samples], found.train.audio[0])
    assert len({name for name, _ in places}) == 1  # the other set is held out
    bpm = {"A": 120, "B": 140}[places[0][0]]
    for (_, first), (_, second) in pairwise(places):
        assert second - first > 8 * 60 / bpm - 0.05
    assert found.trained_on is None and any("held nothing out" in note for note in found.notes)


def test_a_model_of_a_lower_rate_is_compared_at_the_rate_of_the_corpus(corpus: Corpus) -> None:
    """Twice as many samples of the same moments that the model's own grid reads."""
    recipe = tiny_recipe("loops", "grid.rate_hz=4000", "grid.hop=64", "grid.frames=256")
    found = reference_for_recipe(recipe, corpus)
    assert (found.rate_hz, found.clip_samples) == (8000, 2 * recipe.grid.clip_samples)
    heard = found.train.audio[0, :, 0]
    assert len(heard) == found.clip_samples
    read = found.train.on_grid(recipe.grid, np.array([0]))[0, :, 0]
    low = read[recipe.grid.lead : recipe.grid.lead + recipe.grid.clip_samples]
    again = soxr.resample(heard, 8000, 4000, quality="VHQ")
    inner = slice(200, -200)
    assert np.corrcoef(again[inner], low[inner])[0, 1] > 0.99  # to a part of a sample


def test_both_channels_are_compared(tmp_path: Path) -> None:
    tunes = {name: tune(seed, 65, 16_000) for seed, name in enumerate("ab")}
    corpus = tune_corpus(tmp_path / "corpus", tunes, channels=2, rate_hz=16_000)
    found = reference_for_length(1.5, corpus)
    assert found.train.audio.shape[1:] == found.other.audio.shape[1:] == (24_000, 2)
    assert all(minute.startswith(("a, minute ", "b, minute ")) for minute in found.train.minutes)


def test_what_a_recipe_holds_out_is_held_out_here(corpus: Corpus) -> None:
    found = reference_for_recipe(tiny_recipe("thesis-1", "windows.held_out=0.1"), corpus)
    assert found.trained_on is not None and found.judged_by is not None
    assert set(found.train.sets) | set(found.other.sets) == set(found.trained_on)
    assert not set(found.judged_by) & set(found.trained_on)
    assert np.abs(len(found.train.audio) - len(found.other.audio)) <= 1
    assert not any("held nothing out" in note for note in found.notes)


def test_windows_of_a_copy_at_a_lower_rate_are_heard_at_the_full_rate(stereo_corpus: Corpus) -> None:
    recipe = tiny_recipe("thesis-1", "windows.held_out=0.1")
    found = reference_for_recipe(recipe, stereo_corpus)
    assert found.rate_hz == 32_000
    assert found.train.audio.shape[1:] == (4 * recipe.grid.clip_samples, 2)
    read = found.train.on_grid(recipe.grid, np.array([0]))[0]
    assert read.shape == (recipe.grid.samples, 1)
    low = soxr.resample(found.train.audio[0].mean(axis=1), 32_000, 8000, quality="VHQ")
    inner = slice(200, -200)
    clip = read[recipe.grid.lead : recipe.grid.lead + recipe.grid.clip_samples, 0]
    assert np.corrcoef(low[inner], clip[inner])[0, 1] > 0.99
    assert found.trained_on is not None and found.judged_by is not None
    assert set(found.train.sets) | set(found.other.sets) == set(found.trained_on)
    ((kept, (span,)),) = found.judged_by.items()
    assert kept not in found.trained_on
    assert span == (0, stereo_corpus.record(kept).samples), "in samples of the corpus, for the copy check"


def test_windows_of_a_copy_keep_their_moment_behind_hundreds_of_cuts(tmp_path: Path) -> None:
    edges = [0, *(19_999 * (k + 1) for k in range(200)), 19_999 * 200 + 2_000_000]
    corpus = make_corpus(tmp_path, {"a": edges[-1]}, rate_hz=32_000, segments={"a": list(pairwise(edges))})
    recipe = tiny_recipe("thesis-1")
    found = reference_for_recipe(recipe, corpus)
    for audio, (_, start_s) in zip(found.train.audio, found.train.places, strict=True):
        own = corpus.sets[0].sample_at(start_s)
        assert own is not None
        first = round(own) + 4 * recipe.grid.lead
        heard = corpus.audio("a")[first : first + len(audio)] / np.float32(32_768)
        assert np.array_equal(audio, heard)
