from pathlib import Path

import numpy as np
import pytest
import torch

from mixdream.corpus.store import Corpus
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import magnitudes
from mixdream.training.batches import Batches
from mixdream.training.copied import CopyWatch
from tests.conftest import tiny_recipe
from tests.evaluation.tunes import tune, tune_corpus

SECONDS = 30


def batches_of(corpus: Corpus) -> Batches:
    recipe = tiny_recipe("loops", "windows.seconds=4.2", "windows.slide_ms=1000", "grid.scaling=log")
    windows = training_windows(recipe, corpus)
    return Batches(windows, recipe.grid, Scaler("log"), 4, 0, torch.device("cpu"))


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> CopyWatch:
    tunes = {name: tune(seed, SECONDS) for seed, name in enumerate("ABCDEF")}
    found = CopyWatch.prepare(batches_of(tune_corpus(tmp_path_factory.mktemp("tunes") / "corpus", tunes)))
    assert found is not None
    return found


def images_of(watch: CopyWatch, audio: np.ndarray) -> torch.Tensor:
    """Spectrograms of windows side by side."""
    grid = watch.batches.grid
    starts = range(0, len(audio) - grid.samples, grid.samples)
    cut = np.stack([audio[first : first + grid.samples] for first in starts]).astype(np.float32)
    return watch.batches.scaler.scale(magnitudes(torch.from_numpy(cut), grid))[:, None]


def test_training_windows_are_copies_at_any_turn_and_level(watch: CopyWatch) -> None:
    images = watch.batches.images(np.arange(0, len(watch.rows), 5))
    assert watch.share(images) == 1
    assert watch.share(images.roll(137, 3)) == 1
    assert watch.share(images - 0.05) == 1, "2 dB quieter"
    rng = torch.Generator().manual_seed(0)
    assert watch.share(images + 0.1 * torch.randn(images.shape, generator=rng)) == 1, "4 dB from cell to cell"


def test_other_music_and_noise_are_no_copies(watch: CopyWatch) -> None:
    others = torch.cat([images_of(watch, tune(seed, SECONDS)) for seed in range(20, 30)])
    assert watch.share(others) <= 0.05
    assert watch.share(0.3 * torch.randn(others.shape, generator=torch.Generator().manual_seed(0))) == 0
    assert watch.share(torch.zeros_like(others)) == 0, "nothing happens"


def test_the_share_is_that_of_the_copies(watch: CopyWatch) -> None:
    copies = watch.batches.images(np.array([3, 50, 100]))
    others = images_of(watch, tune(20, SECONDS))[:5]
    assert watch.share(torch.cat([copies, others])) == 3 / 8


def test_one_track_alone_says_nothing_of_copies(tmp_path: Path) -> None:
    assert CopyWatch.prepare(batches_of(tune_corpus(tmp_path / "corpus", {"A": tune(0, SECONDS)}))) is None
