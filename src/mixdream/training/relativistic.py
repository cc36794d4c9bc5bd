"""The relativistic GAN with gradient penalties on both sides (R3GAN, Huang et al. 2024), in one pass."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mixdream.models.dcgan import draw_latent
from mixdream.training.gan import GanTrainer, squared_gradients

_LARGEST_LEAD = 60.0  # in logits; its exponential is finite in fp32


class RelativisticTrainer(GanTrainer):
    """Both networks judge pairs: ``softplus(-(D(real) - D(fake)))``, the generator the opposite.

    The gradient of D is punished at real and at generated images (R1 and R2; eq. 1-3 of the paper). Where
    the paper updates one network after the other, here both take their step from one pass through D: the
    gradient of each logit with respect to its image is the same for both losses but for a factor, so the
    generator's costs nothing more.
    """

    def step(self, real: Tensor, step: int, conditions: Tensor | None = None) -> dict[str, float]:
        """Take one step of both networks.

        Where there are conditions, generated images are made for, and judged by, those of the real ones.
        ``loss_d`` and ``loss_g`` are without penalties; ``d_real`` and ``d_fake_before`` are the mean
        probabilities, before the step, that the real one of a pair is the real one, and the generated one.
        ``penalty`` is there where this step took one.
        """
        model = self.model
        judge = self.networks["discriminator"]
        self.networks["generator"].train()
        latent = draw_latent(len(real), self.recipe.noise_values, model.noise, self.rng(step))
        latent = latent.to(real.device)
        noise = latent if conditions is None else torch.cat([latent, conditions], 1)
        with self.autocast():
            fake = self.networks["generator"](noise)
            # One conversion, for all passes, to the format that D computes in.
            real = real.to(fake.dtype, memory_format=torch.channels_last)
            seen = fake.detach().requires_grad_()
            logits_real = judge(real, conditions).float()
            logits_fake = judge(seen, conditions).float()
        lead = logits_real - logits_fake
        loss_d, loss_g = F.softplus(-lead).mean(), F.softplus(lead).mean()
        values = {"loss_d": loss_d, "loss_g": loss_g}
        whole = loss_d
        if model.penalty and step % model.penalty_every == 0:
            penalty = sum(
                squared_gradients(self.judge, images, conditions).mean() / 2
                for images in (real, seen.detach())
            )
            values["penalty"] = torch.as_tensor(penalty)
            whole = loss_d + model.penalty * model.penalty_every * penalty
        self.optimizers["discriminator"].zero_grad()
        self.accelerator.backward(whole)
        self.optimizers["discriminator"].step()

        # d loss_g / d logit over d loss_d / d logit, of a generated image: -sigmoid(lead) / sigmoid(-lead).
        assert seen.grad is not None
        factor = -lead.detach().clamp(max=_LARGEST_LEAD).exp()
        self.optimizers["generator"].zero_grad()
        fake.backward(seen.grad * factor.to(seen.grad.dtype)[:, None, None, None])
        self.optimizers["generator"].step()
        self.average(step)
        values |= {"d_real": lead.sigmoid().mean(), "d_fake_before": (-lead).sigmoid().mean()}
        return self.means(values)
