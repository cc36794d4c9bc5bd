"""Run by test_train.py in two processes: steps on other data in each, a refused training, a whole one."""

import copy
import sys
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch.nn import functional as F

from mixdream.cli.main import main
from mixdream.cli.output import is_main_process, print_json
from mixdream.corpus.store import Corpus
from mixdream.models.dcgan import draw_latent
from mixdream.training import figures
from mixdream.training.device import new_accelerator
from mixdream.training.gan import GanTrainer
from mixdream.training.train import train
from tests.conftest import FEW, nothing_drawn, tiny_recipe

RATE = 0.1


def weights_of(trainer: GanTrainer, *networks: str) -> torch.Tensor:
    modules = [trainer.accelerator.unwrap_model(trainer.networks[name]) for name in networks]
    return torch.cat([p.detach().flatten() for module in modules for p in module.parameters()])


def between_processes(accelerator: Accelerator, values: torch.Tensor) -> float:
    everyones = accelerator.gather(values[None])
    return (everyones[0] - everyones[1]).abs().max().item()


def a_step(accelerator: Accelerator) -> dict[str, float]:
    """How weights after a step differ, from each other and from those of plain autograd."""
    trainer = GanTrainer(tiny_recipe("thesis-4", f"training.learning_rate={RATE}"), 0, accelerator)
    discriminator = copy.deepcopy(accelerator.unwrap_model(trainer.networks["discriminator"]))
    generator = copy.deepcopy(trainer.generator)
    before = weights_of(trainer, "discriminator")
    real = torch.rand(4, 1, 128, 128, generator=torch.Generator().manual_seed(accelerator.process_index))
    fake = generator(draw_latent(4, 8, "normal", trainer.rng(0))).detach()
    loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    own = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(discriminator.parameters()))])
    trainer.step(real, 0)
    after = weights_of(trainer, "discriminator")
    mean = accelerator.reduce(own.clone(), "mean")
    return {
        "largest_difference_between_processes": between_processes(accelerator, after),
        "largest_difference_from_own_gradient": (after - (before - RATE * own)).abs().max().item(),
        "largest_difference_from_mean_gradient": (after - (before - RATE * mean)).abs().max().item(),
    }


def two_steps_with_penalties(accelerator: Accelerator) -> float:
    """Largest difference of the weights between processes after steps that differentiate gradients."""
    recipe = tiny_recipe("gan-8k", "training.optimizer='sgd'", "model.penalty_every=1")
    trainer = GanTrainer(recipe, 0, accelerator)
    rng = torch.Generator().manual_seed(accelerator.process_index)
    for step in range(2):
        trainer.step(torch.randn(4, 1, recipe.grid.bins, recipe.grid.frames, generator=rng), step)
    return between_processes(accelerator, weights_of(trainer, *trainer.networks))


def exit_code(*words: str) -> Any:
    """That of a command, in this process."""
    sys.argv = ["mixdream", *words]
    try:
        main()
    except SystemExit as ended:
        return ended.code


def run_all(corpus: str, existing_run: str, new_run: str) -> None:
    refused = exit_code("train", "cpu-8k", corpus, "-o", existing_run)
    accelerator = new_accelerator()
    result = a_step(accelerator) | {"refused": refused}
    result["largest_difference_with_penalties"] = two_steps_with_penalties(accelerator)
    recipe = tiny_recipe("cpu-8k", *FEW, "training.epochs=1")
    figures.GRID_OF = 8  # as in all tests
    with nothing_drawn():
        info = train(recipe, Corpus.open(Path(corpus)), Path(new_run))
    if is_main_process():
        print_json(result | {"info": info})


if __name__ == "__main__":
    run_all(*sys.argv[1:])
