import numpy as np
import pytest
import torch
from sklearn.preprocessing import MinMaxScaler

from mixdream.spectrogram.grid import Scaling
from mixdream.spectrogram.scaling import scale, unscale


def random_magnitudes() -> torch.Tensor:
    return torch.rand(5, 128, 128, generator=torch.Generator().manual_seed(1)) ** 4


def test_min_max_is_that_of_scikit_learn() -> None:
    image = random_magnitudes()[0].numpy().astype(np.float64)
    expected = MinMaxScaler().fit_transform(image.reshape(-1, 1)).reshape(image.shape)
    assert np.allclose(scale(torch.from_numpy(image), "min-max").numpy(), expected)


def test_min_max_of_silence_is_silence() -> None:
    assert scale(torch.zeros(2, 128, 128), "min-max").abs().max() == 0


def test_as_is_changes_nothing() -> None:
    magnitudes = random_magnitudes()
    assert torch.equal(scale(magnitudes, "as-is"), magnitudes)


def test_log_is_inverted_exactly_above_its_floor() -> None:
    magnitudes = random_magnitudes().clamp(min=1.1e-4)
    values = scale(magnitudes, "log")
    assert values.min() >= -1
    assert values.max() <= 1
    assert torch.allclose(unscale(values, "log"), magnitudes, rtol=1e-4)


def test_log_marks() -> None:
    values = scale(torch.tensor([[1.0, 0.01, 1e-4, 0.0]]), "log")
    assert torch.allclose(values, torch.tensor([[1.0, 0.0, -1.0, -1.0]]), atol=1e-5)
    assert unscale(values, "log")[0, 3] == 0


@pytest.mark.parametrize("scaling", ["min-max", "as-is", "log"])
def test_what_a_network_says_becomes_magnitudes(scaling: Scaling) -> None:
    values = torch.linspace(-1, 1, 101)[None]
    assert unscale(values, scaling).min() >= 0
    assert unscale(values, scaling).isfinite().all()
