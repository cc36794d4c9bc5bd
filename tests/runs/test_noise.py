import math

import pytest
import torch
from scipy import stats

from mixdream.recipes.models import Flow
from mixdream.recipes.recipe import Recipe
from mixdream.runs.noise import draw_noise, morph_noise, vary_noise
from tests.conftest import tiny_recipe

NORMAL = tiny_recipe("thesis-4", "model.latent=16384")
UNIFORM = tiny_recipe("thesis-4-uniform", "model.latent=16384")
BOTH = pytest.mark.parametrize("recipe", [NORMAL, UNIFORM], ids=["normal", "uniform"])
DISTRIBUTION = {NORMAL.name: stats.norm, UNIFORM.name: stats.uniform}


def angle(one: torch.Tensor, other: torch.Tensor) -> float:
    return math.acos(float((one * other).sum() / (one.norm() * other.norm())))


@BOTH
@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_values_keep_their_distribution_on_both_paths(recipe: Recipe, share: float) -> None:
    a, b = draw_noise(recipe, 1), draw_noise(recipe, 2)
    for noise in (vary_noise(recipe, a, b, share), morph_noise(recipe, a, b, share)):
        assert noise.shape == a.shape and noise.dtype == a.dtype
        assert stats.kstest(noise[0].numpy(), DISTRIBUTION[recipe.name].cdf).pvalue > 0.01


@BOTH
def test_both_paths_begin_and_end_exactly_where_they_are_said_to(recipe: Recipe) -> None:
    a, b = draw_noise(recipe, 1), draw_noise(recipe, 2)
    for path in (vary_noise, morph_noise):
        assert torch.equal(path(recipe, a, b, 0.0), a)
        assert path(recipe, a, b, 1.0) == pytest.approx(b, abs=1e-6)
    assert torch.equal(morph_noise(recipe, a, b, 1.0), b)


@pytest.mark.parametrize("strength", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_the_correlation_of_a_variation_is_the_cosine_of_its_angle(strength: float) -> None:
    a, b = draw_noise(NORMAL, 3), draw_noise(NORMAL, 4)
    varied = vary_noise(NORMAL, a, b, strength)
    correlation = torch.corrcoef(torch.cat([a, varied]))[0, 1]
    assert correlation == pytest.approx(math.cos(strength * math.pi / 2), abs=4 / math.sqrt(a.numel()))


def test_a_morph_turns_at_constant_speed_and_keeps_its_length() -> None:
    a, b = torch.zeros(1, 1, 2, 3), torch.zeros(1, 1, 2, 3)  # as a spectrogram is
    a[0, 0, 0, 1], b[0, 0, 1] = 2, torch.tensor([1.0, math.sqrt(3), 0])
    half = morph_noise(NORMAL, a, b, 0.5)
    assert half == pytest.approx((a + b) / math.sqrt(2), abs=1e-6)
    places = [morph_noise(NORMAL, a, b, k / 6) for k in range(7)]
    for k, place in enumerate(places):
        assert place.norm() == pytest.approx(2, abs=1e-5)
        assert angle(places[3], place) == pytest.approx(abs(k - 3) * math.pi / 12, abs=1e-3)


def test_between_a_noise_and_itself_or_its_opposite_there_is_no_nan() -> None:
    a = draw_noise(NORMAL, 1)
    assert morph_noise(NORMAL, a, a, 0.3) == pytest.approx(a, abs=1e-6)
    assert morph_noise(NORMAL, a, -a, 0.25) == pytest.approx(a / 2, abs=1e-6)


def test_the_ends_of_the_uniform_range_stay_in_it() -> None:
    edges = torch.tensor([[0.0, 1 - 2**-24, 0.5, 0.0]])
    other = torch.tensor([[0.0, 1 - 2**-24, 0.5, 1 - 2**-24]])
    for share in (0.0, 0.3, 1.0):
        for path in (vary_noise, morph_noise):
            noise = path(UNIFORM, edges, other, share)
            assert noise.isfinite().all() and (noise >= 0).all() and (noise < 1).all()


def test_families_that_remove_noise_begin_with_as_much_as_a_spectrogram() -> None:
    flow = NORMAL.model_copy(update={"model": Flow(family="flow", width=64, depth=1, patch=1)})
    noise = draw_noise(flow, 7)
    assert noise.shape == (1, flow.grid.bins * flow.grid.frames)
    assert torch.equal(noise, draw_noise(flow, 7)) and not torch.equal(noise, draw_noise(flow, 8))
    assert stats.kstest(noise.flatten().numpy(), stats.norm.cdf).pvalue > 0.01
