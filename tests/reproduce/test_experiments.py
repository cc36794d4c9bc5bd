"""The list of experiments against the thesis: its figures, and the sizes of its layers."""

import pytest

from mixdream.reproduce.experiments import DATA_FIGURES, EXPERIMENTS, NAMES
from mixdream.reproduce.layers import THESIS_SIZES, layers_of


def test_every_figure_of_a_model_is_there_once() -> None:
    numbers = [figure.number for experiment in EXPERIMENTS for figure in experiment.figures]
    assert numbers == [*(f"4.{number}" for number in range(3, 18)), "5.1"]
    assert list(DATA_FIGURES) == ["3.1", "3.2", "3.3", "3.5", "3.6"]
    assert len(set(NAMES)) == 8


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_all_models_have_the_sizes_of_tables_4_3_and_4_4(network: str) -> None:
    for names, like in ((("thesis-1", "thesis-2"), "thesis-1"), (NAMES[2:5], "thesis-3")):
        for name in names:
            sizes = tuple(layer.size for layer in layers_of(name, network))
            assert sizes == THESIS_SIZES[network][like]


def test_layers_are_said_as_tables_4_1_and_4_2_say_them() -> None:
    assert layers_of("thesis-1", "generator")[1].operations == (
        "ConvTranspose2d(2048, 1024, kernel_size=4, stride=2, padding=1)",
        "Batch Normalization",
        "ReLU",
    )
    assert layers_of("thesis-1", "discriminator")[5].operations == (
        "Conv2d(512, 1, kernel_size=4, stride=1, padding=0)",
    )
