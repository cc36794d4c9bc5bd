"""The step of a rectified flow."""

import torch
from torch import Tensor, nn

from mixdream.models.flow import LOWEST_LEVEL, Flow
from mixdream.recipes import models
from mixdream.runs.generator import new_generator
from mixdream.spectrogram.scaling import SPREAD
from mixdream.training.trainer import Trainer

_LARGEST_GRADIENT = 1.0


class FlowTrainer(Trainer):
    """Teaches a network to see through noise: squared error of the velocity that its prediction implies."""

    def new_networks(self) -> dict[str, nn.Module]:
        """Return an untrained network."""
        return {"generator": new_generator(self.recipe, self.conditions)}

    def step(self, real: Tensor, step: int, told: Tensor | None = None) -> dict[str, float]:
        """Take one step.

        Returns
        -------
        dict
            ``loss``: mean of ``(v' - v)**2`` with ``v = e - x``, which is ``(x' - x)**2 / t**2``, in units of
            the images' variance.
        """
        assert isinstance(self.recipe.model, models.Flow)
        assert isinstance(self.generator, Flow)
        network, rng = self.networks["generator"], self.rng(step)
        level = torch.sigmoid(torch.randn(len(real), generator=rng) + self.recipe.model.shift).to(real.device)
        noise = torch.randn(real.shape, generator=rng).to(real.device)
        told = self.with_sets_dropped(told, self.recipe.model.drop_set, rng)
        with self.autocast():
            seen = network(self.generator.noisy(real, noise, level), level, told)
        weight = 1 / level.clamp(min=LOWEST_LEVEL) ** 2
        loss = ((SPREAD * (seen - real)).square().mean((1, 2, 3)) * weight).mean()
        self.optimizers["generator"].zero_grad()
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        self.optimizers["generator"].step()
        self.average(step)
        return self.means({"loss": loss})
