"""Run by test_train.py in two processes: one step of the trainer on other data in each."""

import copy
import json

import torch
from torch.nn import functional as F

from mixdream.training.device import new_accelerator
from mixdream.training.gan import GanTrainer
from tests.conftest import tiny_recipe

RATE = 0.1


def main() -> None:
    accelerator = new_accelerator()
    trainer = GanTrainer(tiny_recipe("thesis-4", f"training.learning_rate={RATE}"), 0, accelerator)
    discriminator = copy.deepcopy(accelerator.unwrap_model(trainer.discriminator))
    generator = copy.deepcopy(accelerator.unwrap_model(trainer.generator))
    before = torch.cat([p.detach().flatten() for p in discriminator.parameters()])
    rng = torch.Generator().manual_seed(accelerator.process_index)
    real = torch.rand(4, 1, 128, 128, generator=rng)

    # This process's own gradient of the discriminator, by plain autograd.
    fake = generator(trainer._latent(4, 0)).detach()
    loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    own = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(discriminator.parameters()))])

    trainer.step(real, 0)
    after = torch.cat(
        [p.detach().flatten() for p in accelerator.unwrap_model(trainer.discriminator).parameters()]
    )
    everyones = accelerator.gather(after[None])
    mean = accelerator.reduce(own.clone(), "mean")
    if accelerator.is_main_process:
        print(
            json.dumps(
                {
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
