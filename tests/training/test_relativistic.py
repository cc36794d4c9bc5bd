import copy

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch.nn import functional as F

from mixdream.models.dcgan import draw_latent
from mixdream.runs.conditions import Conditions
from mixdream.training.relativistic import RelativisticTrainer
from tests.conftest import tiny_recipe

SGD = ("training.optimizer=sgd", "training.learning_rate=0.1", "training.ema=0.5")


def trainer_and_batch(*overrides: str) -> tuple[RelativisticTrainer, torch.Tensor, torch.Tensor]:
    recipe = tiny_recipe("cpu-8k", *SGD, *overrides)
    rng = np.random.default_rng(0)
    fitted = Conditions.fit(["a"], np.zeros(64, int), rng.random((64, 5)))
    trainer = RelativisticTrainer(recipe, 7, Accelerator(cpu=True), fitted)
    real = 0.5 * torch.randn(4, *recipe.grid.image_shape, generator=torch.Generator().manual_seed(1))
    return trainer, real, fitted.encode(rng.random((4, 5)))


def test_the_step_is_that_of_plain_autograd() -> None:
    """Both networks step as if each loss had a pass of its own through the same discriminator."""
    trainer, real, conditions = trainer_and_batch("model.penalty=0.7", "model.penalty_every=3")
    g, d = copy.deepcopy(trainer.generator), copy.deepcopy(trainer.networks["discriminator"])
    latent = draw_latent(4, 8, "normal", trainer.rng(0))
    values = trainer.step(real, 0, conditions)

    fake = g(torch.cat([latent, conditions], 1))
    lead = d(real, conditions) - d(fake.detach(), conditions)
    penalty = torch.zeros(())
    for images in (real, fake):
        images = images.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(d(images, conditions).sum(), images, create_graph=True)
        penalty = penalty + gradient.square().sum() / len(images) / 2
    whole = F.softplus(-lead).mean() + 0.7 * 3 * penalty
    loss_g = F.softplus(d(real, conditions) - d(fake, conditions)).mean()
    both = [
        torch.autograd.grad(loss, list(of.parameters()), retain_graph=True)
        for of, loss in ((d, whole), (g, loss_g))
    ]
    with torch.no_grad():
        for network, gradients in zip((d, g), both, strict=True):
            for weights, gradient in zip(network.parameters(), gradients, strict=True):
                weights -= 0.1 * gradient

    assert values["loss_d"] == pytest.approx(F.softplus(-lead).mean().item(), rel=1e-5)
    assert values["loss_g"] == pytest.approx(loss_g.item(), rel=1e-5)
    assert values["d_real"] == pytest.approx(lead.sigmoid().mean().item(), rel=1e-5)
    for expected, network in ((d, trainer.networks["discriminator"]), (g, trainer.generator)):
        for weights, trained in zip(expected.parameters(), network.parameters(), strict=True):
            torch.testing.assert_close(trained, weights, rtol=1e-3, atol=1e-6)


def test_a_discriminator_that_is_sure_still_teaches() -> None:
    """Where real leads by far, the generator's gradient is full and finite, though D's own vanishes."""
    trainer, real, conditions = trainer_and_batch("model.penalty=0")
    with torch.no_grad():
        for weights in trainer.networks["discriminator"].parameters():
            weights *= 4
    before = copy.deepcopy(trainer.generator)
    values = trainer.step(real, 1, conditions)
    assert abs(values["loss_d"] - values["loss_g"]) > 5
    moved = [
        (one - other).abs().max().item()
        for one, other in zip(before.parameters(), trainer.generator.parameters(), strict=True)
    ]
    assert np.isfinite(moved).all()


def test_both_networks_are_told_the_same() -> None:
    trainer, real, conditions = trainer_and_batch()
    told: list[torch.Tensor] = []
    trainer.generator.register_forward_pre_hook(lambda _, given: told.append(given[0][:, 8:]))
    trainer.networks["discriminator"].register_forward_pre_hook(lambda _, given: told.append(given[1]))
    trainer.step(real, 1, conditions)  # a step without a penalty, whose images are judged once more
    assert len(told) == 3
    assert all(torch.equal(each, conditions) for each in told)


def test_the_rate_falls_with_the_root_of_the_steps() -> None:
    trainer, _, _ = trainer_and_batch("training.rate_falls_after=100")
    for step, share in ((0, 1), (100, 1), (400, 0.5), (10_000, 0.1)):
        trainer.set_rate(step)
        for optimizer in trainer.optimizers.values():
            assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.1 * share])
