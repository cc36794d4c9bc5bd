from itertools import pairwise

import pytest
import torch
from torch.nn import functional as F

from mixdream.errors import InputError
from mixdream.models.dcgan import Discriminator, Generator, draw_latent, speckle_values
from mixdream.recipes.load import load_recipe
from mixdream.recipes.models import Dcgan

SIZES = (4, 8, 16, 32, 64, 128)

# THESIS.md, chapter 4: channels after each layer.
WIDE_G = (2048, 1024, 512, 256, 128, 1)
WIDE_D = (32, 64, 128, 256, 512)
NARROW_G = (1024, 512, 256, 128, 64, 1)
NARROW_D = (16, 32, 64, 128, 256)


@pytest.mark.parametrize(
    ("recipe", "generator", "discriminator"),
    [
        ("thesis-1", WIDE_G, WIDE_D),
        ("thesis-2", WIDE_G, WIDE_D),
        ("thesis-3", NARROW_G, NARROW_D),
        ("thesis-4", NARROW_G, NARROW_D),
        ("thesis-4-uniform", NARROW_G, NARROW_D),
    ],
)
def test_every_layer_has_the_shape_of_the_thesis(
    recipe: str, generator: tuple[int, ...], discriminator: tuple[int, ...]
) -> None:
    model = load_recipe(recipe).model
    assert isinstance(model, Dcgan)
    assert model.latent == 100
    # Shapes only: no memory, no arithmetic.
    with torch.device("meta"):
        x = torch.empty(2, 100, 1, 1)
        for layer, channels, size in zip(
            Generator(100, model.generator).layers, generator, SIZES, strict=True
        ):
            x = layer(x)
            assert x.shape == (2, channels, size, size)
        for layer, channels, size in zip(
            Discriminator(model.discriminator).layers, (*discriminator, 1), (*SIZES[-2::-1], 1), strict=True
        ):
            x = layer(x)
            assert x.shape == (2, channels, size, size)


def test_layers_are_those_of_the_thesis() -> None:
    generator, discriminator = Generator(100, (8,) * 5), Discriminator((8,) * 5)
    kinds = [[type(m).__name__ for m in layer.children()] for layer in generator.layers]
    assert kinds == [["ConvTranspose2d", "BatchNorm2d", "ReLU"]] * 5 + [["ConvTranspose2d", "Tanh"]]
    kinds = [[type(m).__name__ for m in layer.children()] for layer in list(discriminator.layers)[:-1]]
    assert kinds == [["Conv2d", "LeakyReLU"]] + [["Conv2d", "BatchNorm2d", "LeakyReLU"]] * 4
    assert discriminator.layers[0][1].negative_slope == 0.2  # type: ignore[index]
    convolutions = [m for m in generator.modules() if isinstance(m, torch.nn.ConvTranspose2d)]
    assert {m.kernel_size for m in convolutions} == {(4, 4)}
    assert [(m.stride[0], m.padding[0]) for m in convolutions] == [(1, 0)] + [(2, 1)] * 5


def test_parameter_counts_follow_from_the_tables() -> None:
    generator = Generator(100, NARROW_G[:5])
    widths = (100, *NARROW_G)
    weights = sum(16 * a * b for a, b in pairwise(widths))
    assert sum(p.numel() for p in generator.parameters()) == weights + 2 * sum(NARROW_G[:5])


def test_other_sizes() -> None:
    generator, discriminator = Generator(8, (4,) * 5, (128, 256)), Discriminator((4,) * 5, (128, 256))
    images = generator(torch.randn(3, 8))
    assert images.shape == (3, 1, 128, 256)
    assert images.abs().max() <= 1
    assert discriminator(images).shape == (3,)


def test_noise() -> None:
    normal = draw_latent(2000, 100, "normal", torch.Generator().manual_seed(0))
    uniform = draw_latent(2000, 100, "uniform", torch.Generator().manual_seed(0))
    assert abs(normal.mean()) < 0.01
    assert abs(normal.std() - 1) < 0.01
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.01


def test_the_discriminator_learns_on_which_beat_an_image_starts() -> None:
    """It has to say whether its condition is the beat that both bars have a hit on."""
    torch.manual_seed(0)
    judge = Discriminator((8, 8, 8, 8, 16), (32, 128), normalise=False, conditions=4)
    optimizer = torch.optim.Adam(judge.parameters(), 0.01)
    for _ in range(40):
        beat, claimed = torch.randint(4, (2, 64))
        claimed = torch.where(torch.rand(64) < 0.5, beat, claimed)
        images = 0.1 * torch.randn(64, 1, 32, 128)
        for bar in (0, 64):
            images[torch.arange(64), :, :, bar + 16 * beat] += 1
        logits = judge(images, F.one_hot(claimed, 4).float())
        fits = (beat == claimed).float()
        loss = F.binary_cross_entropy_with_logits(logits, fits)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert ((logits > 0) == (fits > 0)).float().mean() > 0.9


def test_speckle_moves_single_cells_and_the_latent_vector_what_is_large() -> None:
    torch.manual_seed(0)
    generator = Generator(8, (8, 8, 8, 8, 8), (64, 96), 3, 2, speckle=True).eval()
    count = speckle_values((8, 8, 8, 8, 8), (64, 96))
    assert count == 8 * 32 * 48
    z = torch.randn(1, 8 + count + 3)
    other = torch.cat([z[:, :8], torch.randn(1, count), z[:, -3:]], 1)
    with torch.no_grad():
        change = (generator(other) - generator(z))[0, 0]
        assert generator.taken is not None
        generator.taken.zero_()
        assert torch.equal(generator(z), generator(other))
        plain = Generator(8, (8, 8, 8, 8, 8), (64, 96), 3, 2).eval()
        plain.load_state_dict({k: v for k, v in generator.state_dict().items() if k != "taken"})
        assert torch.equal(generator(z), plain(torch.cat([z[:, :8], z[:, -3:]], 1)))
    shifted = change.roll(6, 1)
    assert change.std() > 0
    assert abs(torch.corrcoef(torch.stack([change.flatten(), shifted.flatten()]))[0, 1]) < 0.1
    with pytest.raises(InputError, match="speckle is normal noise"):
        load_recipe("thesis-4-uniform", ["model.speckle=true"])
