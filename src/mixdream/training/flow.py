"""The step of a rectified flow."""

import torch
from torch import Tensor

from mixdream.models.flow import LOWEST_LEVEL, Flow
from mixdream.recipes import models
from mixdream.spectrogram.scaling import SPREAD
from mixdream.training.trainer import Trainer


class FlowTrainer(Trainer):
    """Teaches a network to see through noise: squared error of the velocity that its prediction implies."""

    def step(self, real: Tensor, step: int, conditions: Tensor | None = None) -> dict[str, float]:
        """Take one step; ``loss`` is the mean of ``(v' - v)**2`` in units of the images' variance.

        With ``v = e - x`` that is ``(x' - x)**2 / t**2``.
        """
        assert isinstance(self.recipe.model, models.Flow)
        assert isinstance(self.generator, Flow)
        level, noise = draw_level_and_noise(real, self.recipe.model.shift, self.rng(step))
        with self.autocast():
            noisy = self.generator.noisy(real, noise, level)
            predicted = self.networks["generator"](noisy, level, conditions)
        return self.descend({"loss": velocity_error(predicted, real, level)}, step)


def draw_level_and_noise(real: Tensor, shift: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw a level for each image, sigmoid(N(shift, 1)) (Esser et al. 2024), and noise for each cell."""
    level = torch.sigmoid(torch.randn(len(real), generator=rng) + shift)
    return level.to(real.device), torch.randn(real.shape, generator=rng).to(real.device)


def velocity_error(predicted: Tensor, real: Tensor, level: Tensor) -> Tensor:
    """Mean squared error of the velocity that predictions of images at noise levels, (batch,), imply."""
    weight = 1 / level.clamp(min=LOWEST_LEVEL) ** 2
    return ((SPREAD * (predicted - real)).square().mean((1, 2, 3)) * weight).mean()
