from dataclasses import replace

import numpy as np
import pytest
import torch

from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import WindowIndex
from mixdream.errors import InputError
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram.scaling import Scaler
from mixdream.training.batches import Batches
from mixdream.training.checkup import Examiner, reference_rows
from tests.conftest import tiny_recipe


def batches_of(corpus: Corpus, total: int) -> Batches:
    recipe = tiny_recipe("thesis-3", f"windows.total={total}")
    windows = training_windows(recipe, corpus)
    return Batches(windows, recipe.grid, Scaler("min-max"), 4, 0, torch.device("cpu"))


@pytest.fixture(scope="module")
def examiner(corpus: Corpus) -> Examiner:
    return Examiner.prepare(batches_of(corpus, 120))


def real(examiner: Examiner, rows: np.ndarray) -> torch.Tensor:
    return examiner.batches.images(rows)


def test_the_music_itself_has_no_distance_and_everything_covered(examiner: Examiner) -> None:
    figures = examiner.examine(real(examiner, np.arange(1, 120, 2)))
    assert figures.kd < 30
    assert figures.coverage > 0.95


def test_noise_in_the_music_is_a_distance(examiner: Examiner) -> None:
    images = real(examiner, np.arange(0, 120, 2))
    rng = torch.Generator().manual_seed(0)
    distances = [
        examiner.examine(images + amount * torch.rand(images.shape, generator=rng)).kd
        for amount in (0.0, 0.02, 0.2)
    ]
    assert distances[0] < distances[1] < distances[2]


def test_blur_is_a_distance_in_both_spaces(examiner: Examiner) -> None:
    images = real(examiner, np.arange(1, 120, 2))
    blurred = torch.nn.functional.avg_pool2d(images, (1, 3), 1, (0, 1), count_include_pad=False)
    sharp, soft = examiner.examine(images), examiner.examine(blurred)
    for name in ("kd", "kd_sound", "kd_net"):
        assert getattr(soft, name) > getattr(sharp, name) + 50
    assert soft.coverage < sharp.coverage
    assert sharp.told_apart is not None and soft.told_apart is not None
    assert soft.told_apart > sharp.told_apart + 0.2


def test_a_collapse_lowers_coverage(examiner: Examiner) -> None:
    few = real(examiner, np.tile([0, 40], 30))
    assert examiner.examine(few).coverage < 0.5


def test_what_is_not_finite_cannot_be_examined(examiner: Examiner) -> None:
    with pytest.raises(InputError, match="NaN or infinite"):
        examiner.examine(torch.full((8, 1, 128, 128), torch.nan))


def test_rows_are_spread_and_do_not_overlap_where_that_leaves_enough(corpus: Corpus) -> None:
    windows = training_windows(tiny_recipe("thesis-3", "windows.total=120"), corpus)
    assert reference_rows(windows, 256).tolist() == list(range(120))  # eight would be apart
    assert len(reference_rows(windows, 50)) == 50
    assert isinstance(windows, WindowIndex)
    short = replace(windows, window_samples=800)  # a tenth of a second: nearly all are apart
    rows = reference_rows(short, 256)
    starts, sets = windows.start[rows], windows.set_index[rows]
    assert 64 <= len(rows) <= 120
    assert (np.diff(starts)[np.diff(sets) == 0] >= 800).all()
