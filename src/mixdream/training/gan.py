"""Adversarial trainings: the thesis's cross-entropy, Wasserstein with gradient penalty, relativistic."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixdream.models.dcgan import Discriminator, draw_latent
from mixdream.recipes.models import Dcgan
from mixdream.training.trainer import Trainer


class GanTrainer(Trainer):
    """A step of the discriminator, then one of the generator, by one of three losses.

    ``cross-entropy``: thesis ch. 4; the generator maximises ``log D(G(z))`` (Goodfellow et al. 2014).
    ``wasserstein``: WGAN-GP (Gulrajani et al. 2017), with which SpecGAN is trained: the discriminator
    maximises the mean difference of its logits, its gradient between real and generated images is kept at
    norm 1; the generator takes every ``critic_steps``-th step.
    ``relativistic``: both judge pairs, ``softplus(-(D(real) - D(fake)))`` and the opposite, with the
    gradient punished at real and at generated images (R1 and R2), as in R3GAN (Huang et al. 2024, eq. 1-3).
    """

    def new_networks(self) -> dict[str, nn.Module]:
        """Return an untrained generator and discriminator on the CPU."""
        model, (channels, rows, columns) = self.model, self.recipe.grid.image_shape
        width = self.conditions.width if self.conditions else 0
        networks = super().new_networks()
        judge = Discriminator(
            model.discriminator, (rows, columns), model.normalise_discriminator, width, channels
        )
        return networks | {"discriminator": judge}

    @property
    def model(self) -> Dcgan:
        """The recipe's section on the networks."""
        assert isinstance(self.recipe.model, Dcgan)
        return self.recipe.model

    def step(self, real: Tensor, step: int, conditions: Tensor | None = None) -> dict[str, float]:
        """Take one step of the discriminator, then one of the generator.

        Where there are conditions, generated images are made for, and judged by, those of the real ones.

        ``loss_d`` and ``loss_g`` are without penalties. ``d_real`` is the mean probability of being real that
        the discriminator gave to real windows, ``d_fake_before`` and ``d_fake_after`` to generated ones
        before and after its update; of pairs, that the real one is the real one, and that the generated is.
        ``penalty`` is there where there is one and this step took it.
        """
        model, relativistic = self.model, self.model.loss == "relativistic"
        self.networks["generator"].train()
        real = real.contiguous(memory_format=torch.channels_last)
        rng = self.rng(step)
        latent = draw_latent(len(real), model.latent, model.noise, rng).to(self.accelerator.device)
        conditions = self.with_sets_dropped(conditions, model.drop_set, rng)
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
            real_again = judge(real, conditions).detach() if relativistic else logits_real.detach()
        loss_g = self._loss_g(real_again.float(), logits_after.float())
        if (step + 1) % model.critic_steps == 0:
            self.optimizers["generator"].zero_grad()
            self.accelerator.backward(loss_g)
            self.optimizers["generator"].step()
            self.average(step)

        values |= {
            "loss_g": loss_g,
            "d_real": _probability(logits_real, logits_fake if relativistic else None),
            "d_fake_before": _probability(logits_fake, logits_real if relativistic else None),
            "d_fake_after": _probability(logits_after, real_again if relativistic else None),
        }
        return self.means(values)

    def _loss_d(self, real: Tensor, fake: Tensor) -> Tensor:
        if self.model.loss == "wasserstein":
            return fake.mean() - real.mean()
        if self.model.loss == "relativistic":
            return F.softplus(fake - real).mean()
        return _cross_entropy(real, self.recipe.training.real_label) + _cross_entropy(fake, 0.0)

    def _loss_g(self, real: Tensor, fake: Tensor) -> Tensor:
        if self.model.loss == "wasserstein":
            return -fake.mean()
        if self.model.loss == "relativistic":
            return F.softplus(real - fake).mean()
        return _cross_entropy(fake, 1.0)

    def _penalty(self, real: Tensor, fake: Tensor, conditions: Tensor | None, rng: torch.Generator) -> Tensor:
        """Mean over images of what their gradients are punished for, before its weight."""
        if self.model.loss == "relativistic":
            both = (_squared_gradients(self._judge, images, conditions) for images in (real, fake))
            return sum(both, torch.zeros(())).mean() / 2
        share = torch.rand(len(real), 1, 1, 1, generator=rng).to(real.device)
        squares = _squared_gradients(self._judge, share * real + (1 - share) * fake, conditions)
        return (squares.clamp(min=1e-12).sqrt() - 1).square().mean()

    def _judge(self, images: Tensor, conditions: Tensor | None) -> Tensor:
        with self.autocast():
            return self.networks["discriminator"](images, conditions)

    @contextmanager
    def _frozen_discriminator(self) -> Iterator[nn.Module]:
        judge = self.accelerator.unwrap_model(self.networks["discriminator"])
        judge.requires_grad_(False)
        try:
            yield judge
        finally:
            judge.requires_grad_(True)


def _squared_gradients(
    judge: Callable[[Tensor, Tensor | None], Tensor], images: Tensor, conditions: Tensor | None
) -> Tensor:
    """Squared norm of the gradient of each image's logit with respect to it, shape (batch,)."""
    images = images.detach().requires_grad_()
    (gradients,) = torch.autograd.grad(judge(images, conditions).sum(), images, create_graph=True)
    return gradients.float().square().sum((1, 2, 3))


def _probability(logits: Tensor, other: Tensor | None) -> Tensor:
    logits = logits.detach().float()
    return (logits if other is None else logits - other.detach().float()).sigmoid().mean()


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
