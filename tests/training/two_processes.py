"""Run by test_train.py in two processes: steps of trainers on other data in each."""

import copy
import json

import torch
from accelerate import Accelerator
from torch.nn import functional as F

from mixdream.models.dcgan import draw_latent
from mixdream.training.device import new_accelerator
from mixdream.training.gan import GanTrainer
from tests.conftest import tiny_recipe

RATE = 0.1


def two_steps_with_penalties(accelerator: Accelerator) -> float:
    """Largest difference of the weights between processes after steps that differentiate gradients."""
    recipe = tiny_recipe("gan-8k", "training.optimizer='sgd'", "model.penalty_every=1")
    trainer = GanTrainer(recipe, 0, accelerator)
    rng = torch.Generator().manual_seed(accelerator.process_index)
    for step in range(2):
        trainer.step(torch.randn(4, 1, recipe.grid.bins, recipe.grid.frames, generator=rng), step)
    weights = [accelerator.unwrap_model(network).parameters() for network in trainer.networks.values()]
    everyones = accelerator.gather(torch.cat([p.detach().flatten() for some in weights for p in some])[None])
    return (everyones[0] - everyones[1]).abs().max().item()


def main() -> None:
    accelerator = new_accelerator()
    trainer = GanTrainer(tiny_recipe("thesis-4", f"training.learning_rate={RATE}"), 0, accelerator)
    discriminator = copy.deepcopy(accelerator.unwrap_model(trainer.networks["discriminator"]))
    generator = copy.deepcopy(trainer.generator)
    before = torch.cat([p.detach().flatten() for p in discriminator.parameters()])
    rng = torch.Generator().manual_seed(accelerator.process_index)
    real = torch.rand(4, 1, 128, 128, generator=rng)

    # This process's own gradient of the discriminator, by plain autograd.
    fake = generator(draw_latent(4, 8, "normal", trainer.rng(0))).detach()
    loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    own = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(discriminator.parameters()))])

    trainer.step(real, 0)
    after = torch.cat(
        [
            p.detach().flatten()
            for p in accelerator.unwrap_model(trainer.networks["discriminator"]).parameters()
        ]
    )
    everyones = accelerator.gather(after[None])
    mean = accelerator.reduce(own.clone(), "mean")
    penalised = two_steps_with_penalties(accelerator)
    if accelerator.is_main_process:
        print(
            json.dumps(
                {
                    "largest_difference_with_penalties": penalised,
                    "largest_difference_between_processes": (everyones[0] - everyones[1]).abs().max().item(),
                    "largest_difference_from_own_gradient": (after - (before - RATE * own))
                    .abs()
                    .max()
                    .item(),
                    "largest_difference_from_mean_gradient": (after - (before - RATE * mean))
                    .abs()
                    .max()
                    .item(),
                }
            )
        )
    accelerator.wait_for_everyone()
    del trainer
    accelerator.end_training()


if __name__ == "__main__":
    main()
