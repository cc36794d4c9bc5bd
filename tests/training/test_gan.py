import copy

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch.nn import functional as F

from mixdream.corpus.store import Corpus
from mixdream.models.dcgan import draw_latent
from mixdream.recipes.load import recipe_names
from mixdream.recipes.models import Dcgan, WaveGan
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram.scaling import Scaler
from mixdream.training.batches import Batches
from mixdream.training.gan import GanTrainer
from mixdream.training.prepare import fit_scaling, new_trainer
from tests.conftest import FEW, tiny_recipe

CPU = torch.device("cpu")
# One of each loss also in half precision, on less: it takes long on a CPU.
RECIPES = [(name, "fp32") for name in recipe_names()] + [
    (name, "bf16") for name in ("thesis-3", "specgan", "wavegan", "gan", "cpu", "flow-8k", "thesis-ddpm")
]


LESS = {"thesis-ddpm": ("grid.frames=32", "windows.seconds=1.02")}


@pytest.mark.parametrize(("name", "precision"), RECIPES)
def test_every_recipe_takes_a_step(name: str, precision: str, corpus: Corpus, stereo_corpus: Corpus) -> None:
    less = LESS.get(name, ()) if precision == "bf16" else ()
    recipe = tiny_recipe(name, f"training.precision={precision}", *less)
    windows = training_windows(recipe, corpus if recipe.grid.rate_hz == corpus.rate_hz else stereo_corpus)
    scaler = Scaler(recipe.grid.scaling, fit_scaling(windows, recipe.grid))
    batches = Batches(windows, recipe.grid, scaler, 4, 0, CPU)
    trainer = new_trainer(recipe, 0, Accelerator(cpu=True))
    before = copy.deepcopy(trainer.tensors())
    trainer.begin([batches.images(batches.rows(0))])
    # Until every weight has a gradient: the blocks of a flow begin as nothing.
    steps = recipe.model.critic_steps if isinstance(recipe.model, Dcgan | WaveGan) else 3
    values = [trainer.step(batches.images(batches.rows(step)), step) for step in range(steps)]
    assert all(np.isfinite(value) for of_step in values for value in of_step.values())
    judged = {key: value for key, value in values[0].items() if key.startswith("d_")}
    assert all(0 <= value <= 1 for value in judged.values())
    if isinstance(recipe.model, Dcgan | WaveGan):
        updated: set[str] = set() if recipe.model.loss == "relativistic" else {"d_fake_after"}
        assert judged.keys() == {"d_real", "d_fake_before"} | updated
    after = trainer.tensors()
    for network in trainer.networks:
        changed = [k for k, v in after[network].items() if not torch.equal(v, before[network][k])]
        assert len(changed) == len(after[network])
    images = trainer.sample(3)
    assert images.shape == (3, *recipe.grid.image_shape)
    assert torch.isfinite(images).all()


def test_the_step_is_that_of_the_thesis() -> None:
    """Weights after one step equal those of the algorithm of chapter 4 written out with plain autograd."""
    recipe = tiny_recipe("thesis-3", "training.learning_rate=0.1")
    trainer = GanTrainer(recipe, 7, Accelerator(cpu=True))
    g, d = copy.deepcopy(trainer.generator), copy.deepcopy(trainer.networks["discriminator"])
    real = torch.rand(4, 1, 128, 128, generator=torch.Generator().manual_seed(1))
    latent = draw_latent(4, 8, "normal", trainer.rng(0))
    values = trainer.step(real, 0)

    def descend(network: torch.nn.Module, loss: torch.Tensor) -> None:
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        with torch.no_grad():
            for weights, gradient in zip(network.parameters(), gradients, strict=True):
                weights.sub_(0.1 * gradient)

    probability_real = torch.sigmoid(d(real))
    fake = g(latent)
    probability_fake = torch.sigmoid(d(fake.detach()))
    loss_d = F.binary_cross_entropy(probability_real, torch.ones(4)) + F.binary_cross_entropy(
        probability_fake, torch.zeros(4)
    )
    descend(d, loss_d)
    after = torch.sigmoid(d(fake))
    loss_g = F.binary_cross_entropy(after, torch.ones(4))
    descend(g, loss_g)

    assert values["loss_d"] == pytest.approx(loss_d.item(), rel=1e-4)
    assert values["loss_g"] == pytest.approx(loss_g.item(), rel=1e-4)
    assert values["d_real"] == pytest.approx(probability_real.mean().item(), rel=1e-4)
    assert values["d_fake_before"] == pytest.approx(probability_fake.mean().item(), rel=1e-4)
    assert values["d_fake_after"] == pytest.approx(after.mean().item(), rel=1e-4)
    for expected, network in ((g, trainer.generator), (d, trainer.networks["discriminator"])):
        for key, value in network.state_dict().items():
            torch.testing.assert_close(value, expected.state_dict()[key], rtol=1e-3, atol=1e-5)


def test_the_average_follows_the_weights() -> None:
    recipe = tiny_recipe("cpu-8k", *FEW, "training.ema=0.9")
    trainer = GanTrainer(recipe, 0, Accelerator(cpu=True))
    assert trainer.ema is not None
    average = [p.clone() for p in trainer.ema.parameters()]
    for step in range(3):
        trainer.step(torch.rand(4, 1, 128, recipe.grid.frames), step)
        decay = (0.1, 2 / 11, 3 / 12)[step]  # growing to 0.9
        average = [
            decay * a + (1 - decay) * p for a, p in zip(average, trainer.generator.parameters(), strict=True)
        ]
    for a, p in zip(average, trainer.ema.parameters(), strict=True):
        torch.testing.assert_close(a, p)


def test_same_seed_same_training_other_seed_another() -> None:
    def losses(seed: int) -> list[float]:
        trainer = GanTrainer(tiny_recipe("thesis-4"), seed, Accelerator(cpu=True))
        real = torch.full((4, 1, 128, 128), 0.1)
        return [trainer.step(real, step)["loss_d"] for step in range(2)]

    state = torch.random.get_rng_state()
    assert losses(1) == losses(1)
    assert losses(1) != losses(2)
    assert torch.equal(torch.random.get_rng_state(), state), "the global random state was touched"
