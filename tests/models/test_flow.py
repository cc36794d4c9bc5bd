import math

import pytest
import torch

from mixdream.models.flow import HEAD, Flow, attention
from mixdream.spectrogram.scaling import SPREAD

SIZE = (32, 16)


def tiny(steps: int = 8) -> Flow:
    torch.manual_seed(0)
    return Flow(SIZE, width=64, depth=2, patch=4, shift=0.5, steps=steps).eval()


def knows(flow: Flow, truth: torch.Tensor) -> Flow:
    """A network that predicts the same image from any noise."""

    def known(
        noisy: torch.Tensor, level: torch.Tensor, conditions: torch.Tensor | None = None
    ) -> torch.Tensor:
        return (SPREAD * truth).expand_as(noisy)

    flow.predict = known  # type: ignore[method-assign]
    return flow


def test_levels_fall_from_one_to_zero_with_more_steps_at_high_noise() -> None:
    levels = tiny().levels()
    assert levels[0] == 1 and levels[-1] == 0 and len(levels) == 9
    assert (levels.diff() < 0).all()
    assert levels[4] > 0.5


def test_a_network_that_knows_the_image_is_followed_to_it() -> None:
    truth = torch.randn(1, 1, *SIZE)
    noise = torch.randn(3, math.prod(SIZE))
    for steps in (1, 7):
        torch.testing.assert_close(knows(tiny(steps), truth)(noise), truth.expand(3, -1, -1, -1))


@pytest.mark.parametrize("steps", [16, 200])
def test_images_of_a_gaussian_come_out_with_its_spread(steps: int) -> None:
    """For x ~ N(0, s^2) the best prediction of x from z is linear, and the flow has to end at that spread.

    By Euler's method it would be a tenth too small after 16 steps.
    """
    spread, flow = 0.5, tiny(steps)

    def best(
        noisy: torch.Tensor, level: torch.Tensor, conditions: torch.Tensor | None = None
    ) -> torch.Tensor:
        t, s = level[:, None, None, None], SPREAD * spread
        return noisy * (1 - t) * s**2 / ((1 - t) ** 2 * s**2 + t**2)

    flow.predict = best  # type: ignore[method-assign]
    images = flow(torch.randn(64, math.prod(SIZE), generator=torch.Generator().manual_seed(1)))
    assert math.isclose(images.std().item(), spread, rel_tol=0.03)


def test_what_is_known_stays_and_the_rest_is_made() -> None:
    known = torch.randn(1, 1, *SIZE)
    flow = tiny()
    with torch.no_grad():
        attended = [block.get_parameter("attended.weight") for block in flow.blocks]
        for weight in (flow.outside.weight, *attended):
            torch.nn.init.normal_(weight, std=0.3)
        free = flow(noise := torch.randn(2, math.prod(SIZE)))
        made = flow.go_on(noise, known, 8)
    torch.testing.assert_close(made[..., :8], known.expand(2, -1, -1, -1)[..., :8])
    assert (made[..., 8:] - free[..., 8:]).abs().max() > 1e-3  # it has heard what was before


def test_patches_go_back_to_where_they_were() -> None:
    """With networks that pass on what they get, the prediction is the image."""
    flow = Flow(SIZE, width=128, depth=1, patch=4, shift=0.0, steps=1)
    with torch.no_grad():
        for layer in (flow.inside, flow.outside):
            layer.weight.copy_(torch.eye(128))
            layer.bias.zero_()
        flow.places.zero_()
        image = torch.randn(2, 1, *SIZE)
        image /= (
            image.reshape(2, 32, 4, 4).square().mean((1, 3)).sqrt().repeat_interleave(4, 1)[:, None, None]
        )
        torch.testing.assert_close(flow.predict(image, torch.full((2,), 0.3)), image, rtol=1e-3, atol=1e-3)


def test_what_is_wanted_stands_behind_the_noise() -> None:
    """Where the blocks do something, so do conditions; a flow without any has no place for them."""
    torch.manual_seed(0)
    flow = Flow(SIZE, width=64, depth=1, patch=4, shift=0.5, steps=2, conditions=3).eval()
    with torch.no_grad():
        torch.nn.init.normal_(flow.modulate.weight, std=0.3)
        torch.nn.init.normal_(flow.blocks[0].get_parameter("attended.weight"), std=0.3)
        noise = torch.randn(1, math.prod(SIZE))
        one, other, again = (
            flow(torch.cat([noise, torch.tensor([wanted])], 1))
            for wanted in ([1.0, 0, 0], [0, 1.0, 0], [1.0, 0, 0])
        )
        nothing = flow(torch.cat([noise, torch.zeros(1, 3)], 1))
    assert torch.equal(one, again)
    assert (one - other).abs().max() > 1e-3 and (one - nothing).abs().max() > 1e-3
    assert not [name for name, _ in tiny().named_parameters() if name.startswith("told")]


def test_attention_is_that_of_torch() -> None:
    query, key, value = torch.randn(3, 2, 4, 16, HEAD, generator=torch.Generator().manual_seed(3))
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(attention(query, key, value), expected)


@pytest.mark.parametrize("spared", [0, 2])
@pytest.mark.parametrize("guidance", [1.0, 1.5, 3.0])
def test_guidance_leads_away_from_nothing_told_but_spared_frames_from_what_was_not_asked_for(
    guidance: float, spared: int
) -> None:
    """It knows an image for each that it is told: one step leads to a place on the line through two."""
    images = torch.randn(4, 1, *SIZE, generator=torch.Generator().manual_seed(2))
    flow = Flow(SIZE, 64, 1, 4, 0.5, steps=1, conditions=3, guidance=guidance, spared=spared)

    def known(noisy: torch.Tensor, level: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        return SPREAD * images[conditions.sum(1).long()]

    flow.predict = known  # type: ignore[method-assign,assignment]
    told, drawn = torch.tensor([[1.0, 1, 1], [1, 1, 0], [1, 1, 1]]), torch.tensor([[1.0, 0, 0]]).expand(3, 3)
    drawn = torch.cat([drawn[:2], told[2:]])  # of the last nothing was asked for
    behind = [told] if guidance == 1 else [told, drawn]
    made = flow(torch.cat([torch.randn(3, math.prod(SIZE)), *behind], 1))
    wanted, away = images[[3, 2, 3]], images[0].expand(3, -1, -1, -1).clone()
    away[..., :spared] = images[[1, 1, 3]][..., :spared]
    torch.testing.assert_close(made, away + guidance * (wanted - away), rtol=1e-4, atol=1e-4)
