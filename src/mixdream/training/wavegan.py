"""The training of a WaveGAN: WGAN-GP, with a discriminator that shuffles the phase of what it judges."""

from typing import cast

from torch import Tensor

from mixdream.models.wavegan import Discriminator
from mixdream.recipes.models import WaveGan
from mixdream.training.gan import GanTrainer

_SHIFTS = 1  # what random numbers of a step are for, beside its noise


class WaveGanTrainer(GanTrainer):
    """Steps of `GanTrainer` on waveforms; the shifts of phase shuffle are a function of the step."""

    def new_discriminator(self) -> Discriminator:
        """Return an untrained discriminator on the CPU."""
        model = self.model
        assert isinstance(model, WaveGan)
        return Discriminator(model.width, self.recipe.grid.clip_samples, model.shuffle)

    def step(self, real: Tensor, step: int, conditions: Tensor | None = None) -> dict[str, float]:
        """Take a step, see `GanTrainer.step`."""
        judge = cast(Discriminator, self.accelerator.unwrap_model(self.networks["discriminator"]))
        judge.rng = self.rng(step, _SHIFTS)
        return super().step(real, step, conditions)
