import copy

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from mixdream.models.codec import Cells, fill, white_values
from mixdream.models.flow import Flow
from mixdream.models.latent_flow import LatentFlow, patterns
from mixdream.training.flow import velocity_error
from mixdream.training.latent import LatentTrainer, codec_loss
from tests.conftest import tiny_recipe


def trainer(*overrides: str) -> LatentTrainer:
    recipe = tiny_recipe("cpu", "model.conditions=false", "model.untold=0", "model.guidance=1", *overrides)
    return LatentTrainer(recipe, 0, Accelerator(cpu=True))


def beats(count: int, rng: np.random.Generator) -> torch.Tensor:
    """Images of hits at moments of their own: all that has to be known is when."""
    images = torch.full((count, 9, 128, 256), -0.5)
    for image in images:
        for first in rng.choice(32, 8, replace=False) * 8:
            image[:, :, first : first + 8] = 0.5
    return images


def test_what_was_encoded_comes_back() -> None:
    learner, rng = trainer("training.learning_rate=0.003"), np.random.default_rng(0)
    for step in range(80):
        learner.step(beats(4, rng), step)
    images, generator = beats(4, rng), learner.ema
    assert isinstance(generator, LatentFlow)
    with torch.no_grad():
        back = generator.decoder(generator.encoder(images)).levels
    hits, heard = (each[:, 0].mean(1).flatten().numpy() for each in (images, back))
    assert np.corrcoef(hits, heard)[0, 1] > 0.8


def test_what_is_filled_is_as_far_off_as_levels_are() -> None:
    """Noise of the images, of which a codec that has hardly learnt tells too much."""
    learner, rng = trainer("training.learning_rate=0.00001"), torch.Generator().manual_seed(3)
    for step in range(17):
        learner.step(0.1 * torch.randn(4, 9, 128, 256, generator=rng), step)
    images, generator = 0.1 * torch.randn(8, 9, 128, 256, generator=rng), learner.ema
    assert isinstance(generator, LatentFlow)
    with torch.no_grad():
        vectors = generator.encoder(images)
        cells = generator.decoder(vectors)
        error = (images - cells.levels)[:, : cells.spread.shape[1]].abs()
        assert generator.decoder.train()(vectors).spread.mean() > 1.5 * error.mean()
    torch.testing.assert_close(cells.spread.mean((0, 2, 3)), error.mean((0, 2, 3)), rtol=0.05, atol=0)
    ours, averaged = learner.generator.state_dict(), generator.state_dict()
    for name in ("decoder.errors", "decoder.told"):
        assert torch.equal(ours[name], averaged[name])


def test_a_codec_that_has_begun_knows_what_comes_when_before_the_first_step() -> None:
    learner, rng = trainer(), np.random.default_rng(0)
    learner.begin([beats(16, rng), beats(16, rng)])
    images = beats(4, rng)
    for generator in (learner.generator.eval(), learner.ema):
        assert isinstance(generator, LatentFlow)
        with torch.no_grad():
            back = generator.decoder(generator.encoder(images)).levels
        hits, heard = (each[:, 0].mean(1).flatten().numpy() for each in (images, back))
        assert np.corrcoef(hits, heard)[0, 1] > 0.95


def test_a_flow_that_knows_a_window_makes_that_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """So vectors have one scale on the way in, through the flow and on the way out."""
    learner, rng = trainer(), np.random.default_rng(0)
    learner.begin([beats(16, rng)])
    generator, image = learner.ema, beats(1, rng)
    assert isinstance(generator, LatentFlow)
    known = patterns(generator.encoder(image))[:, None]
    monkeypatch.setattr(generator.flow, "predict", lambda *_: known)
    noise = torch.randn(1, learner.recipe.noise_values)
    with torch.no_grad():
        made = generator(noise)
        cells = generator.decoder(generator.encoder(image))
    white = noise[:, -white_values(learner.recipe.grid) :]
    torch.testing.assert_close(made, fill(cells, white, learner.recipe.grid), rtol=1e-3, atol=1e-3)


def test_noise_has_its_mean_as_levels_its_mean_deviation_as_spread_and_its_change_as_change() -> None:
    real = 0.2 + 0.1 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    deviation = 0.1 * (2 / np.pi) ** 0.5  # of independent cells, whose changes are that times the root of 2
    places = [
        (level, spread, change)
        for level in (0.15, 0.2, 0.25)
        for spread in (0.05, deviation, 0.12)
        for change in (deviation, 2**0.5 * deviation, 0.15)
    ]
    losses = [
        codec_loss(Cells(*(torch.full_like(real, each) for each in place)), real, torch.ones(()))
        for place in places
    ]
    assert places[int(torch.stack(losses).argmin())] == (0.2, deviation, 2**0.5 * deviation)


def test_what_has_no_spread_has_levels_only() -> None:
    """Width that is off by 0.3 everywhere costs that once for each mean, and a fifth for cells."""
    real, levels = torch.zeros(2, 5, 8, 8), torch.zeros(2, 5, 8, 8)
    spread, change = torch.full((2, 4, 8, 8), 0.25), torch.full((2, 2, 8, 8), 0.2)
    levels[:, 4] = 0.3
    more, none = (codec_loss(Cells(each, spread, change), real, torch.ones(())) for each in (levels, real))
    torch.testing.assert_close(more - none, torch.tensor((0.2 + 3) * 0.3 / 5))


def test_the_flow_has_no_say_in_the_codec() -> None:
    """Codecs of two trainings that differ in what the flow learns alone are the same."""
    images = beats(4, np.random.default_rng(1))
    one, other = trainer(), trainer()
    with torch.no_grad():
        for weights in other.networks["generator"].flow.parameters():
            weights.add_(0.1)
    for step in range(2):
        for learner in (one, other):
            learner.step(images, step)
    ours, theirs = (learner.tensors()["generator"] for learner in (one, other))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours if not key.startswith("flow."))


def test_a_training_goes_on_from_its_tensors() -> None:
    rng = np.random.default_rng(2)
    batches = [beats(4, rng) for _ in range(4)]
    whole, second = trainer(), trainer()
    for step in range(4):
        whole.step(batches[step], step)
        if step == 1:
            second.load_tensors(copy.deepcopy(whole.tensors()))
    for step in (2, 3):
        second.step(batches[step], step)
    for part, tensors in whole.tensors().items():
        assert all(torch.equal(value, second.tensors()[part][key]) for key, value in tensors.items())


def test_the_error_of_the_velocity_is_that_of_what_it_leads_to() -> None:
    """``v = e - x``: written out with the velocities that a prediction and the truth imply."""
    flow = Flow((4, 6), 64, 1, 1, 0.5, 1)
    real, noise, predicted = torch.randn(3, 5, 1, 4, 6, generator=torch.Generator().manual_seed(0))
    level = torch.tensor([0.2, 0.4, 0.6, 0.8, 1.0])
    noisy = flow.noisy(real, noise, level)
    t = level[:, None, None, None]
    implied, true = ((noisy - 3 * image) / t for image in (predicted, real))
    torch.testing.assert_close(velocity_error(predicted, real, level), (implied - true).square().mean())
