import numpy as np
import pytest
import torch

from mixdream.corpus.beat_windows import index_beat_windows
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.recipes.load import load_recipe
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram.folding import unfold
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.statistics import LogStatistics
from mixdream.spectrogram.transform import magnitudes
from mixdream.training.batches import Batches
from tests.conftest import tiny_recipe

CPU = torch.device("cpu")


def batches(corpus: Corpus, batch: int = 5, seed: int = 0, rank: int = 0, world: int = 1) -> Batches:
    recipe = tiny_recipe("thesis-3")
    scaler = Scaler(recipe.grid.scaling)
    return Batches(training_windows(recipe, corpus), recipe.grid, scaler, batch, seed, CPU, rank, world)


def test_an_epoch_has_every_window_once_in_another_order_each_time(corpus: Corpus) -> None:
    data = batches(corpus)
    count, per_epoch = len(data.windows), data.steps_per_epoch
    epochs = [
        np.concatenate([data.rows(e * per_epoch + i) for i in range(per_epoch)]).tolist() for e in range(2)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(count))
    assert epochs[0] != epochs[1]


def test_the_order_does_not_depend_on_where_one_starts(corpus: Corpus) -> None:
    data, other = batches(corpus), batches(corpus)
    expected = [data.rows(step).tolist() for step in range(9)]
    assert [other.rows(step).tolist() for step in reversed(range(9))] == expected[::-1]
    assert batches(corpus, seed=1).rows(0).tolist() != expected[0]


def test_processes_share_each_batch(corpus: Corpus) -> None:
    whole = batches(corpus, batch=4).rows(3)
    parts = [batches(corpus, batch=4, rank=rank, world=2).rows(3) for rank in range(2)]
    assert sorted(np.concatenate(parts)) == sorted(whole)
    assert [len(p) for p in parts] == [2, 2]


def test_images_are_scaled_spectrograms(corpus: Corpus) -> None:
    images = batches(corpus).images(np.arange(3))
    assert images.shape == (3, 1, 128, 128)
    assert images.amin((1, 2, 3)).tolist() == [0, 0, 0]
    assert images.amax((1, 2, 3)).tolist() == [1, 1, 1]


def test_images_of_stereo_are_folded_and_say_how_wide_it_is(corpus: Corpus, stereo_corpus: Corpus) -> None:
    grid = load_recipe("cpu").grid.model_copy(update={"rate_hz": 8000})  # no rate that any corpus lacks
    statistics = LogStatistics(
        reference_db={"120": 0, "140": 0, "A": 0, "B": 0}, mean_db=[-40] * 512, std_db=[12] * 512
    )
    scaler = Scaler("log-standard", statistics)
    made = {}
    for each in (corpus, stereo_corpus):
        windows = index_beat_windows(each, grid, 8)
        made[each.channels] = Batches(windows, grid, scaler, 4, 0, CPU).images(np.arange(2))
        middle = scaler.scale(magnitudes(torch.from_numpy(windows.read([0, 1])), grid), ["A", "A"])
        known = slice(0, 512 - 3 * 8)  # rows that a band has
        assert torch.allclose(unfold(made[each.channels], grid)[:, known], middle[:, known], atol=1e-3)
    assert made[1].shape == made[2].shape == (2, 9, 128, 256)
    assert (made[1][:, -1] == -1).all(), "mono has no side"
    assert made[2][:, -1].mean() > -0.5


def test_another_rate_is_refused_with_the_command_to_use(corpus: Corpus) -> None:
    recipe = tiny_recipe("thesis-3", "grid.rate_hz=16000", "windows.seconds=4.05")
    with pytest.raises(InputError, match="--rate 16000"):
        training_windows(recipe, corpus)


def test_held_out_audio_is_not_trained_on(corpus: Corpus) -> None:
    everything = training_windows(tiny_recipe("thesis-3", "windows.slide_ms=100"), corpus)
    part = training_windows(tiny_recipe("thesis-3", "windows.slide_ms=100", "windows.held_out=0.3"), corpus)
    assert 0 < len(part) < len(everything)
