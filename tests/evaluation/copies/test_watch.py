from pathlib import Path

import numpy as np
import pytest
import torch

from mixdream.corpus.store import Corpus
from mixdream.evaluation.copies.searched import Searched
from mixdream.evaluation.copies.verdict import check_copies, measure_real
from mixdream.evaluation.copies.watch import CopyWatch
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import magnitudes
from mixdream.training.batches import Batches
from tests.conftest import tiny_recipe
from tests.evaluation.tunes import tune, tune_corpus

SECONDS = 30


def batches_of(corpus: Corpus) -> Batches:
    recipe = tiny_recipe("loops", "windows.seconds=4.2", "windows.slide_ms=1000", "grid.scaling=log")
    windows = training_windows(recipe, corpus)
    return Batches(windows, recipe.grid, Scaler("log"), 4, 0, torch.device("cpu"))


def watch_of(batches: Batches) -> CopyWatch | None:
    return CopyWatch.prepare(batches.windows, lambda rows: batches.levels(batches.images(rows)))


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Batches:
    tunes = {name: tune(seed, SECONDS) for seed, name in enumerate("ABCDEF")}
    return batches_of(tune_corpus(tmp_path_factory.mktemp("tunes") / "corpus", tunes))


@pytest.fixture(scope="module")
def watch(batches: Batches) -> CopyWatch:
    made = watch_of(batches)
    assert made is not None
    return made


def images_of(batches: Batches, audio: np.ndarray) -> torch.Tensor:
    """Spectrograms of windows side by side."""
    grid = batches.grid
    starts = range(0, len(audio) - grid.samples, grid.samples)
    cut = np.stack([audio[first : first + grid.samples] for first in starts]).astype(np.float32)
    return batches.scaler.scale(magnitudes(torch.from_numpy(cut), grid))[:, None]


def test_training_windows_are_copies_at_any_turn_and_level(batches: Batches, watch: CopyWatch) -> None:
    images = batches.images(np.arange(0, len(watch.rows), 5))
    assert watch.share(batches.levels(images)) == 1
    assert watch.share(batches.levels(images.roll(137, 3))) == 1
    assert watch.share(batches.levels(images - 0.05)) == 1, "2 dB quieter"
    noisy = images + 0.1 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    assert watch.share(batches.levels(noisy)) == 1, "4 dB from cell to cell"


def test_other_music_and_noise_are_no_copies(batches: Batches, watch: CopyWatch) -> None:
    others = torch.cat([images_of(batches, tune(seed, SECONDS)) for seed in range(20, 30)])
    assert watch.share(batches.levels(others)) <= 0.05
    noise = 0.3 * torch.randn(others.shape, generator=torch.Generator().manual_seed(0))
    assert watch.share(batches.levels(noise)) == 0
    assert watch.share(batches.levels(torch.zeros_like(others))) == 0, "nothing happens"


def test_by_limits_that_the_search_measures_it_is_nearly_the_search(
    batches: Batches, watch: CopyWatch
) -> None:
    recipe = tiny_recipe("loops", "windows.seconds=4.2", "windows.slide_ms=1000", "grid.scaling=log")
    corpus, samples = batches.windows.corpus, batches.grid.clip_samples
    searched = Searched.of(recipe, corpus)
    real = measure_real(corpus, samples / searched.rate_hz, speeds=searched.speeds)
    audio = np.concatenate([tune(seed, SECONDS) for seed in (0, 20, 21, 3, 22)])
    images = images_of(batches, audio)
    clips = np.stack(np.split(audio[: len(images) * batches.grid.samples], len(images)))[:, :samples]
    verdicts = check_copies(clips.astype(np.float32), searched.rate_hz, corpus, real)
    share = np.mean([verdict.is_copy for verdict in verdicts])
    assert 0.3 < share < 0.5
    assert watch.judged_by(real).share(batches.levels(images)) == pytest.approx(share, abs=1 / len(images))


def test_the_share_is_that_of_the_copies(batches: Batches, watch: CopyWatch) -> None:
    copies = batches.images(np.array([3, 50, 100]))
    others = images_of(batches, tune(20, SECONDS))[:5]
    assert watch.share(batches.levels(torch.cat([copies, others]))) == 3 / 8


def test_one_track_alone_says_nothing_of_copies(tmp_path: Path) -> None:
    assert watch_of(batches_of(tune_corpus(tmp_path / "corpus", {"A": tune(0, SECONDS)}))) is None
