"""Training steps of thesis-3 per second: mixdream's loop against a plain PyTorch DCGAN loop in fp32."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.table import Row, print_table
from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.models.dcgan import Discriminator, Generator
from mixdream.recipes.load import load_recipe
from mixdream.recipes.models import Dcgan
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram.scaling import Scaler
from mixdream.training.batches import Batches
from mixdream.training.device import new_accelerator, with_precision
from mixdream.training.gan import GanTrainer

STEPS = 4
ROUNDS = 3


def plain_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    real: torch.Tensor,
) -> None:
    """The step as a tutorial has it: fp32, default memory format, gradients everywhere."""
    optimizer_g, optimizer_d = optimizers
    ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
    discriminator.zero_grad()
    F.binary_cross_entropy(torch.sigmoid(discriminator(real)), ones).backward()
    fake = generator(torch.randn(len(real), 100))
    F.binary_cross_entropy(torch.sigmoid(discriminator(fake.detach())), zeros).backward()
    optimizer_d.step()
    generator.zero_grad()
    F.binary_cross_entropy(torch.sigmoid(discriminator(fake)), ones).backward()
    optimizer_g.step()


def seconds_per_step(step: Callable[[int], object]) -> float:
    """Mean over `STEPS` steps."""
    began = time.perf_counter()
    for i in range(STEPS):
        step(i)
    return (time.perf_counter() - began) / STEPS


def rows() -> list[Row]:
    """Medians of both loops, in turns."""
    accelerator = new_accelerator()
    recipe = with_precision(load_recipe("thesis-3", ["windows.total=1000"]), accelerator)
    with tempfile.TemporaryDirectory() as folder:
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, 8000 * 60)
        soundfile.write(Path(folder) / "noise.wav", noise, 8000)
        build_corpus([Path(folder) / "noise.wav"], Path(folder) / "corpus", 8000, 1)
        corpus = Corpus.open(Path(folder) / "corpus")
        batches = Batches(
            training_windows(recipe, corpus),
            recipe.grid,
            Scaler(recipe.grid.scaling),
            100,
            0,
            accelerator.device,
        )
        assert isinstance(recipe.model, Dcgan)
        trainer = GanTrainer(recipe, 0, accelerator)
        generator, discriminator = (
            Generator(100, recipe.model.generator),
            Discriminator(recipe.model.discriminator),
        )
        optimizers = (
            torch.optim.SGD(generator.parameters(), 2e-4),
            torch.optim.SGD(discriminator.parameters(), 2e-4),
        )
        real = batches.images(batches.rows(0)).cpu()
        ours, plain = [], []
        for turn in range(ROUNDS + 1):
            # Ours computes its spectrograms from the corpus, the baseline is given them.
            a = seconds_per_step(lambda i: trainer.step(batches.images(batches.rows(i)), i))
            b = seconds_per_step(lambda _: plain_step(generator, discriminator, optimizers, real))
            if turn:  # the first warms up
                ours.append(a)
                plain.append(b)
    a, b = float(np.median(ours)), float(np.median(plain))
    made = f"{1 / a:.2f} steps/s ({recipe.training.precision}, channels last, spectrograms included)"
    return [Row("thesis-3 training, batch 100", made, f"{1 / b:.2f} steps/s (plain PyTorch, fp32)", b / a)]


if __name__ == "__main__":
    print_table(rows())
