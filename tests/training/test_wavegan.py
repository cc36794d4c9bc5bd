"""The training of a WaveGAN: its step written out, and that nothing has to be saved of phase shuffle."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from mixdream.corpus.store import Corpus
from mixdream.models.wavegan import Discriminator
from mixdream.recipes.windows import training_windows
from mixdream.runs.checkpoint import tensors_path
from mixdream.runs.run import Run
from mixdream.spectrogram.scaling import Scaler
from mixdream.training.batches import Batches
from mixdream.training.train import train
from mixdream.training.wavegan import WaveGanTrainer
from tests.conftest import tiny_recipe
from tests.training.conftest import losses, weights

CPU = torch.device("cpu")


def test_images_are_the_samples_of_windows(corpus: Corpus) -> None:
    """In half precision, in which images are kept: within 2**-11 of each sample."""
    recipe = tiny_recipe("wavegan")
    windows = training_windows(recipe, corpus)
    rows = np.arange(3)
    images = Batches(windows, recipe.grid, Scaler("waveform"), 4, 0, CPU).images(rows)
    lead, samples = recipe.grid.lead, recipe.grid.clip_samples
    clips = torch.from_numpy(windows.read(rows))[:, lead : lead + samples]
    torch.testing.assert_close(images[:, 0, 0], clips, rtol=2**-11, atol=1e-6)


@pytest.mark.parametrize("shuffle", [0, 2])
def test_the_loss_is_that_of_wgan_gp(shuffle: int) -> None:
    """Gulrajani et al. 2017, eq. 3; with phase shuffle all logits are of shifted clips."""
    recipe = tiny_recipe("wavegan", f"model.shuffle={shuffle}")
    trainer = WaveGanTrainer(recipe, 3, Accelerator(cpu=True))
    judge, generator = trainer.networks["discriminator"], trainer.generator
    assert isinstance(judge, Discriminator)
    real = torch.rand(4, *recipe.grid.image_shape, generator=torch.Generator().manual_seed(1)) - 0.5
    before = copy.deepcopy(judge.state_dict())
    rng = trainer.rng(0)
    fake = generator(torch.rand(4, recipe.model.latent, generator=rng)).detach()  # type: ignore[union-attr]
    share = torch.rand(4, 1, 1, 1, generator=rng)
    between = (share * real + (1 - share) * fake).requires_grad_()
    values = trainer.step(real, 0)
    assert any(not torch.equal(value, before[name]) for name, value in judge.state_dict().items())

    judge.load_state_dict(before)
    judge.rng = trainer.rng(0, 1)
    loss = judge(real).mean() - judge(fake).mean()
    (gradient,) = torch.autograd.grad(judge(between).sum(), between)
    penalty = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
    assert values["loss_d"] == pytest.approx(-loss.item(), abs=1e-6)
    assert values["penalty"] == pytest.approx(penalty.item(), rel=1e-4)


def test_a_stopped_training_goes_on_bit_identically(corpus: Corpus, tmp_path: Path) -> None:
    for folder, parts in (("whole", (2,)), ("parts", (1, 2))):
        for epochs in parts:
            recipe = tiny_recipe("wavegan", f"training.epochs={epochs}")
            train(recipe, corpus, tmp_path / folder, resume=epochs == parts[-1] and len(parts) > 1)
    assert weights(tmp_path / "whole") == weights(tmp_path / "parts")
    assert losses(tmp_path / "whole") == losses(tmp_path / "parts")
    assert Run.open(tmp_path / "whole").info()["steps"] >= 2
    assert not (tmp_path / "whole" / "scaling.json").exists(), "samples are not scaled"


def test_a_training_goes_on_from_another_with_other_shifts(corpus: Corpus, tmp_path: Path) -> None:
    train(tiny_recipe("wavegan", "training.epochs=1"), corpus, tmp_path / "parent")
    parent = Run.open(tmp_path / "parent")
    overrides = ("training.epochs=1", "training.learning_rate=1e-9", "model.shuffle=0")
    train(tiny_recipe("wavegan", *overrides), corpus, tmp_path / "on", parent=parent)
    runs = Run.open(tmp_path / "on"), parent
    made, known = (load_file(tensors_path(run.chosen_checkpoint(), "discriminator")) for run in runs)
    for name, value in known.items():
        torch.testing.assert_close(made[name], value, rtol=0, atol=1e-6)
