from pathlib import Path

import pytest
import torch
from diffusers import DDPMPipeline

from mixdream.models.unet import Diffusion

SIZE = (16, 32)


def tiny(sampler: str, steps: int = 4) -> Diffusion:
    torch.manual_seed(0)
    return Diffusion(SIZE, (8, 16), 1, 1, 100, sampler, steps, 0.0, 1.0).eval()


@pytest.mark.parametrize("sampler", ["ddim", "dpm-solver++"])
def test_images_lie_in_the_range_and_depend_on_their_own_noise_only(sampler: str) -> None:
    noise = torch.randn(2, 1, *SIZE)
    with torch.no_grad():
        both, alone = tiny(sampler)(noise), tiny(sampler)(noise[1:])
    assert both.shape == noise.shape and both.min() >= 0 and both.max() <= 1
    torch.testing.assert_close(both[1:], alone, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("sampler", ["ddim", "dpm-solver++"])
def test_a_network_that_tells_the_noise_leads_back_to_the_image(sampler: str) -> None:
    model, image = tiny(sampler, steps=20), torch.rand(1, 1, *SIZE)
    alphas = model.training_noise.alphas_cumprod

    class Knows(torch.nn.Module):
        def forward(self, noisy: torch.Tensor, level: torch.Tensor) -> object:
            alpha = alphas[int(level)]
            noise = (noisy - alpha.sqrt() * (2 * image - 1)) / (1 - alpha).sqrt()
            return type("Told", (), {"sample": noise})

    model.unet = Knows()
    assert (model(torch.randn(1, 1, *SIZE)) - image).abs().max() < 0.02


def test_noisy_images_have_the_variance_of_the_schedule() -> None:
    model = tiny("ddim")
    image = torch.full((64, 1, *SIZE), 0.75)
    noisy = model.noisy(image, torch.randn_like(image), torch.full((64,), 50))
    alpha = model.training_noise.alphas_cumprod[50]
    assert noisy.mean().item() == pytest.approx(0.5 * alpha.sqrt().item(), abs=0.02)
    assert noisy.var().item() == pytest.approx(1 - alpha.item(), rel=0.05)


def test_diffusers_loads_what_is_saved(tmp_path: Path) -> None:
    model = tiny("ddim").to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as in a training
    model.save(tmp_path / "model")
    loaded = DDPMPipeline.from_pretrained(tmp_path / "model")
    image, level = torch.randn(1, 1, *SIZE), torch.tensor([3])
    with torch.no_grad():
        torch.testing.assert_close(loaded.unet(image, level).sample, model(image, level))
    assert not list((tmp_path / "model").rglob("*.bin"))  # nothing pickled
