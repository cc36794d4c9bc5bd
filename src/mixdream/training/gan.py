"""Adversarial trainings: the thesis's cross-entropy, Wasserstein with gradient penalty."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixdream.models.dcgan import Discriminator, draw_latent
from mixdream.recipes.models import Dcgan, WaveGan
from mixdream.training.trainer import Trainer


class GanTrainer(Trainer):
    """A step of the discriminator, then one of the generator, by one of two losses.

    ``cross-entropy``: thesis ch. 4; the generator maximises ``log D(G(z))`` (Goodfellow et al. 2014).
    ``wasserstein``: WGAN-GP (Gulrajani et al. 2017), with which SpecGAN is trained: the discriminator
    maximises the mean difference of its logits, its gradient between real and generated images is kept at
    norm 1; the generator takes every ``critic_steps``-th step.

    ``relativistic`` has a trainer of its own, see `mixdream.training.relativistic`, and so have waveforms,
    `mixdream.training.wavegan`.
    """

    def new_networks(self) -> dict[str, nn.Module]:
        """Return an untrained generator and discriminator on the CPU."""
        return super().new_networks() | {"discriminator": self.new_discriminator()}

    def new_discriminator(self) -> nn.Module:
        """Return an untrained discriminator on the CPU."""
        model, (channels, rows, columns) = self.model, self.recipe.grid.image_shape
        assert isinstance(model, Dcgan)
        width = self.conditions.width if self.conditions else 0
        return Discriminator(
            model.discriminator, (rows, columns), model.normalise_discriminator, width, channels
        )

    @property
    def model(self) -> Dcgan | WaveGan:
        """The recipe's section on the networks."""
        assert isinstance(self.recipe.model, Dcgan | WaveGan)
        return self.recipe.model

    def step(self, real: Tensor, step: int, conditions: Tensor | None = None) -> dict[str, float]:
        """Take one step of the discriminator, then one of the generator.

        Where there are conditions, generated images are made for, and judged by, those of the real ones.

        ``loss_d`` and ``loss_g`` are without penalties. ``d_real`` is the mean probability of being real that
        the discriminator gave to real windows, ``d_fake_before`` and ``d_fake_after`` to generated ones
        before and after its update. ``penalty`` is there where there is one and this step took it.
        """
        model = self.model
        self.networks["generator"].train()
        real = real.contiguous(memory_format=torch.channels_last)
        rng = self.rng(step)
        latent = draw_latent(len(real), self.recipe.noise_values, model.noise, rng).to(
            self.accelerator.device
        )
        noise = latent if conditions is None else torch.cat([latent, conditions], 1)
        with self.autocast():
            fake = self.networks["generator"](noise)

        self.optimizers["discriminator"].zero_grad()
        with self.autocast():
            logits_real = self.networks["discriminator"](real, conditions)
            logits_fake = self.networks["discriminator"](fake.detach(), conditions)
        loss_d = self._loss_d(logits_real.float(), logits_fake.float())
        values = {"loss_d": loss_d}
        if model.penalty and step % model.penalty_every == 0:
            penalty = self._penalty(real, fake.detach().float(), conditions, rng)
            values["penalty"] = penalty
            loss_d = loss_d + model.penalty * model.penalty_every * penalty
        self.accelerator.backward(loss_d)
        self.optimizers["discriminator"].step()

        # The generator's update needs no gradients of the discriminator's weights.
        with self._frozen_discriminator() as judge, self.autocast():
            logits_after = judge(fake, conditions)
        loss_g = self._loss_g(logits_after.float())
        if (step + 1) % model.critic_steps == 0:
            self.optimizers["generator"].zero_grad()
            self.accelerator.backward(loss_g)
            self.optimizers["generator"].step()
            self.average(step)

        values |= {
            "loss_g": loss_g,
            "d_real": _probability(logits_real),
            "d_fake_before": _probability(logits_fake),
            "d_fake_after": _probability(logits_after),
        }
        return self.means(values)

    def judge(self, images: Tensor, conditions: Tensor | None) -> Tensor:
        """Logits of images, shape (batch,), in the format of the training."""
        with self.autocast():
            return self.networks["discriminator"](images, conditions)

    def _loss_d(self, real: Tensor, fake: Tensor) -> Tensor:
        if self.model.loss == "wasserstein":
            return fake.mean() - real.mean()
        return _cross_entropy(real, self.recipe.training.real_label) + _cross_entropy(fake, 0.0)

    def _loss_g(self, fake: Tensor) -> Tensor:
        return -fake.mean() if self.model.loss == "wasserstein" else _cross_entropy(fake, 1.0)

    def _penalty(self, real: Tensor, fake: Tensor, conditions: Tensor | None, rng: torch.Generator) -> Tensor:
        """How far gradients between real and generated images are from norm 1, before its weight."""
        share = torch.rand(len(real), 1, 1, 1, generator=rng).to(real.device)
        squares = squared_gradients(self.judge, share * real + (1 - share) * fake, conditions)
        return (squares.clamp(min=1e-12).sqrt() - 1).square().mean()

    @contextmanager
    def _frozen_discriminator(self) -> Iterator[nn.Module]:
        judge = self.accelerator.unwrap_model(self.networks["discriminator"])
        judge.requires_grad_(False)
        try:
            yield judge
        finally:
            judge.requires_grad_(True)


def squared_gradients(
    judge: Callable[[Tensor, Tensor | None], Tensor], images: Tensor, conditions: Tensor | None
) -> Tensor:
    """Squared norm of the gradient of each image's logit with respect to it, shape (batch,)."""
    images = images.detach().requires_grad_()
    (gradients,) = torch.autograd.grad(judge(images, conditions).sum(), images, create_graph=True)
    return gradients.float().square().sum((1, 2, 3))


def _probability(logits: Tensor) -> Tensor:
    return logits.detach().float().sigmoid().mean()


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
