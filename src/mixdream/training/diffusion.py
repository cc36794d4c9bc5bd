"""The step of a denoising diffusion model."""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from mixdream.models.unet import Diffusion
from mixdream.recipes.models import Unet
from mixdream.training.trainer import Trainer


class DiffusionTrainer(Trainer):
    """Teaches a U-Net to predict the noise in an image (Ho et al. 2020, eq. 14)."""

    def export(self, folder: Path) -> None:
        """Write the folder ``diffusers``, which `diffusers.DDPMPipeline.from_pretrained` loads."""
        network = self.ema or self.generator
        assert isinstance(network, Diffusion)
        network.save(folder / "diffusers")

    def step(self, real: Tensor, step: int, conditions: Tensor | None = None) -> dict[str, float]:
        """Take one step; ``loss`` is the mean squared error of the noise, 1 where nothing is known of it."""
        assert isinstance(self.recipe.model, Unet)
        assert isinstance(self.generator, Diffusion)
        rng = self.rng(step)
        level = torch.randint(self.recipe.model.noise_levels, (len(real),), generator=rng).to(real.device)
        noise = torch.randn(real.shape, generator=rng).to(real.device)
        noisy = self.generator.noisy(real, noise, level).contiguous(memory_format=torch.channels_last)
        with self.autocast():
            predicted_noise = self.networks["generator"](noisy, level)
        return self.descend({"loss": F.mse_loss(predicted_noise.float(), noise)}, step)
