import numpy as np
import pytest
import torch
from sklearn.preprocessing import MinMaxScaler

from mixdream.spectrogram.grid import Scaling
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.statistics import LogStatistics, fit_statistics

STATISTICS = LogStatistics(reference_db={"a": 0.0, "b": -12.0}, mean_db=(-30.0,) * 128, std_db=(9.0,) * 128)


def random_magnitudes() -> torch.Tensor:
    return torch.rand(5, 128, 128, generator=torch.Generator().manual_seed(1)) ** 4


def test_min_max_is_that_of_scikit_learn() -> None:
    image = random_magnitudes()[0].numpy().astype(np.float64)
    expected = MinMaxScaler().fit_transform(image.reshape(-1, 1)).reshape(image.shape)
    assert np.allclose(Scaler("min-max").scale(torch.from_numpy(image)).numpy(), expected)


def test_min_max_of_silence_is_silence() -> None:
    assert Scaler("min-max").scale(torch.zeros(2, 128, 128)).abs().max() == 0


def test_as_is_changes_nothing() -> None:
    magnitudes = random_magnitudes()
    assert torch.equal(Scaler("as-is").scale(magnitudes), magnitudes)


def test_log_is_inverted_exactly_above_its_floor() -> None:
    magnitudes = random_magnitudes().clamp(min=1.1e-4)
    values = Scaler("log").scale(magnitudes)
    assert values.min() >= -1
    assert values.max() <= 1
    assert torch.allclose(Scaler("log").unscale(values), magnitudes, rtol=1e-4)


def test_log_marks() -> None:
    values = Scaler("log").scale(torch.tensor([[1.0, 0.01, 1e-4, 0.0]]))
    assert torch.allclose(values, torch.tensor([[1.0, 0.0, -1.0, -1.0]]), atol=1e-5)
    assert Scaler("log").unscale(values)[0, 3] == 0


@pytest.mark.parametrize("scaling", ["min-max", "as-is", "log", "log-standard"])
def test_what_a_network_says_becomes_magnitudes(scaling: Scaling) -> None:
    values = torch.linspace(-9, 9, 101)[None, None].expand(2, 128, 101)
    magnitudes = Scaler(scaling, STATISTICS).unscale(values)
    assert magnitudes.min() >= 0
    assert magnitudes.isfinite().all()


def test_log_standard_makes_every_bin_alike_over_all_sets() -> None:
    rng = torch.Generator().manual_seed(2)
    level = torch.linspace(-20, -50, 128)[:, None] + 6 * torch.randn(40, 128, 64, generator=rng)
    quieter = torch.where(torch.arange(40) % 2 == 0, 0.0, -15.0)[:, None, None]
    magnitudes = 10 ** ((level + quieter) / 20)
    sets = ["loud", "quiet"] * 20
    parts = [(sets[:20], magnitudes[:20]), (sets[20:], magnitudes[20:])]
    statistics = fit_statistics(lambda: iter(parts))
    # The reference of a set is its loudest cell.
    assert statistics.reference_db["loud"] == pytest.approx(level[::2].max().item(), abs=1e-3)
    assert statistics.reference_db["quiet"] == pytest.approx(level[1::2].max().item() - 15, abs=1e-3)
    values = Scaler("log-standard", statistics).scale(magnitudes, sets)
    assert torch.allclose(values.mean((0, 2)), torch.zeros(128), atol=1e-4)
    assert torch.allclose(3 * values.std((0, 2), correction=0), torch.ones(128), atol=1e-3)


def test_log_standard_is_inverted_exactly_down_to_its_floor() -> None:
    magnitudes = random_magnitudes() / 4
    scaler = Scaler("log-standard", STATISTICS)
    sets = ["a", "b", "a", "b", "b"]
    back = scaler.unscale(scaler.scale(magnitudes, sets), sets)
    floor = torch.tensor([1e-4 * 10 ** (STATISTICS.reference_db[name] / 20) for name in sets])[:, None, None]
    heard = (magnitudes > 1.01 * floor).expand_as(magnitudes)
    assert torch.allclose(back[heard], magnitudes[heard], rtol=1e-4)
    assert back[magnitudes < 0.99 * floor].abs().max() == 0


def test_a_bin_without_content_is_not_blown_up() -> None:
    magnitudes = random_magnitudes()[:, :2]
    magnitudes[:, 1] = 0.0
    statistics = fit_statistics(lambda: [(["a"] * 5, magnitudes)])
    assert (statistics.mean_db[1], statistics.std_db[1]) == (-80.0, 1.0)


def test_what_was_made_up_gets_the_middle_reference() -> None:
    loudest = Scaler("log-standard", STATISTICS).unscale(torch.full((1, 128, 4), 10.0))
    assert torch.allclose(loudest, torch.full((1, 128, 4), 10 ** (-6 / 20)))


def test_log_standard_without_statistics_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs the statistics"):
        Scaler("log-standard")
