import pytest
import torch
from pydantic import ValidationError

from mixdream.spectrogram.folding import fold, unfold
from mixdream.spectrogram.grid import Grid


def grid(**changes: object) -> Grid:
    return Grid(**{"n_fft": 64, "hop": 16, "bins": 32, "frames": 12, "window": "hann", **changes})


def values(seed: int = 0) -> torch.Tensor:
    return torch.rand((3, 32, 12), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("bands", "fold_"), [(1, 1), (4, 1), (1, 2), (4, 2), (8, 2)])
def test_nothing_is_lost(bands: int, fold_: int) -> None:
    own = grid(bands=bands, fold=fold_)
    images = fold(values(), own)
    assert images.shape == (3, *own.image_shape) == (3, bands * fold_, 32 // bands, 12 // fold_)
    assert torch.allclose(unfold(images, own), values(), atol=1e-6)


def test_one_band_and_one_frame_is_the_spectrogram_itself() -> None:
    assert torch.equal(fold(values(), grid())[:, 0], values())


def test_bands_that_overlap_lose_the_highest_rows_alone() -> None:
    own = grid(bands=4, overlap=2, fold=2)
    images = fold(values(), own)
    assert images.shape == (3, *own.image_shape) == (3, 8, 8, 6)
    assert torch.equal(images[:, 0, -2:], images[:, 1, :2])
    back = unfold(images, own)
    assert torch.allclose(back[:, :26], values()[:, :26], atol=1e-6)
    assert back[:, 26:].max() < -100, "nothing in any scaling"


def test_bands_that_disagree_fade_into_each_other() -> None:
    own = grid(bands=2, overlap=4)
    images = torch.stack([torch.zeros(1, 16, 12), torch.ones(1, 16, 12)], 1)
    assert unfold(images, own)[0, 10:18, 0].tolist() == [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]


def test_channels_are_bands_then_differences_of_neighbours() -> None:
    spectrogram = torch.zeros(1, 32, 12)
    spectrogram[0, 9, 4:] = 2.0  # in the second of four bands, from an even frame on
    spectrogram[0, 31, 7:] = 2.0  # in the last one, from an odd frame on
    images = fold(spectrogram, grid(bands=4, fold=2))[0]
    assert images[1, 1].tolist() == [0, 0, 2, 2, 2, 2]
    assert images[3, 7].tolist() == [0, 0, 0, 1, 2, 2]
    assert images[5].abs().max() == 0, "what begins with a column has no difference"
    assert images[7, 7].tolist() == [0, 0, 0, -2, 0, 0]
    assert images[[0, 2, 4, 6]].abs().max() == 0


def test_a_channel_of_width_is_left_out() -> None:
    own = grid(bands=2, fold=2, channels=2)
    assert own.image_shape == (5, 16, 6)
    wide = torch.cat([fold(values(), own), torch.ones(3, 1, 16, 6)], 1)
    assert torch.allclose(unfold(wide, own), values(), atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bands": 5}, "do not divide into 5 bands"),
        ({"fold": 2, "frames": 11}, "columns of 2 frames"),
        ({"channels": 2, "window": "rectangular"}, "takes a Hann window"),
        ({"channels": 2, "hop": 32}, "at most a quarter"),
        ({"channels": 2, "bands": 4}, "must be a multiple"),
        ({"bands": 2, "overlap": 9}, "more than half of a band"),
        ({"overlap": 2}, "one band only"),
        ({"fold": 3}, "Input should be 1 or 2"),
    ],
)
def test_grids_that_do_not_fold_are_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        grid(**changes)
