from itertools import pairwise

import pytest
import torch

from mixdream.models.codec import (
    COLUMNS,
    Cells,
    Decoder,
    Encoder,
    begin_with,
    fill,
    principal_components,
    slow_speckle,
    speckle,
    white_values,
)
from mixdream.models.latent_flow import LatentFlow, latent_values, patterns
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.scaling import SPREAD

GRID = Grid(
    rate_hz=8000, n_fft=256, hop=64, bins=128, frames=256, window="hann", bands=2, fold=2, channels=2
)  # images of 5 channels, 64 rows, 128 columns
GUIDANCE = 1.5

WEIGHTS = torch.tensor([2.0, 1, 2, 1, 0.5])[:, None, None]  # of channels, in components


def sixteenths(values: torch.Tensor) -> torch.Tensor:
    """Images, shape (batch, 5, 64, 128), of values, (batch, 16, 5 * (64 + 16 * 8)): spectra, then courses."""
    spectra, courses = values.split([5 * 64, 5 * 16 * 8], 2)
    spectra = spectra.unflatten(2, (5, 64, 1))
    courses = courses.unflatten(2, (5, 16, 8)).repeat_interleave(4, 3)
    return (spectra + courses).permute(0, 2, 3, 1, 4).flatten(3)


def tones(count: int) -> torch.Tensor:
    """Images whose sixteenths are mixed of three, spectra with courses, by amounts of 1, 1/2 and 1/4."""
    rng = torch.Generator().manual_seed(0)
    spectra, courses = (
        torch.randn(3, 5, rows, columns, generator=rng) for rows, columns in ((64, 1), (16, 8))
    )
    courses = courses - courses.mean(3, keepdim=True)  # how loud a sixteenth is on average its spectrum says
    three = torch.linalg.qr(torch.cat([spectra.flatten(1), courses.flatten(1)], 1).T).Q
    amounts = torch.randn(count * 16, 3, generator=rng)
    amounts = torch.linalg.qr(amounts - amounts.mean(0)).Q * len(amounts) ** 0.5
    amounts = amounts * torch.tensor([1, 0.5, 0.25])
    return (0.1 + sixteenths((amounts @ three.T).unflatten(0, (count, 16)))) / WEIGHTS


def begun(latent: int, images: torch.Tensor) -> tuple[Encoder, Decoder]:
    encoder, decoder = Encoder(latent, [4] * 5, GRID).eval(), Decoder(latent, [8, 8, 4, 4, 4], GRID).eval()
    begin_with(principal_components(images.split(16), latent, GRID), encoder, decoder)
    return encoder, decoder


@pytest.mark.parametrize(("latent", "lost"), [(1, 5 / 21), (2, 1 / 21), (3, 0.0)])
@torch.no_grad()
def test_codecs_begin_with_the_components_that_vary_most(latent: int, lost: float) -> None:
    """Deviations of 1, 1/2 and 1/4: squares of what is left out are lost.

    Vectors are uncorrelated; their variances are as those deviations, with a mean of 1.
    """
    images = tones(64)
    encoder, decoder = begun(latent, images)
    vectors = encoder(images)
    assert vectors.shape == (64, latent, 128 // COLUMNS)
    flat = vectors.transpose(1, 2).flatten(0, 1)
    torch.testing.assert_close(flat.mean(0), torch.zeros(latent), rtol=0, atol=1e-3)
    variances = torch.tensor([1, 0.5, 0.25])[:latent]
    expected = torch.diag(variances / variances.mean())
    torch.testing.assert_close(flat.T @ flat / len(flat), expected, rtol=0, atol=1e-3)
    torch.nn.init.zeros_(decoder.layers.get_parameter("4.2.weight"))
    away, truth = ((each - 0.1 / WEIGHTS) * WEIGHTS for each in (decoder(vectors).levels, images))
    share = 1 - (away * truth).sum() / truth.square().sum()
    torch.testing.assert_close(share, torch.tensor(lost), rtol=0, atol=2e-2)


def test_what_lies_far_from_a_moment_has_no_say_in_its_vector() -> None:
    """So what is learnt from crops holds for whole windows."""
    encoder = Encoder(6, [4] * 5, GRID).eval()
    image = torch.randn(1, 5, 64, 256)
    other = image.clone()
    other[..., 128:] = torch.randn(1, 5, 64, 128)
    vectors, others = encoder(image), encoder(other)
    torch.testing.assert_close(vectors[..., :13], others[..., :13])
    assert not torch.allclose(vectors[..., 16:], others[..., 16:], atol=1e-3)


def test_cells_have_the_size_of_images_and_width_has_no_spread() -> None:
    decoder, vectors = Decoder(6, [8, 8, 4, 4, 4], GRID).eval(), torch.randn(2, 6, 16)
    cells = decoder(vectors)
    assert cells.levels.shape == (2, *GRID.image_shape)
    assert cells.spread.shape == (2, 4, 64, 128) and cells.change.shape == (2, 2, 64, 128)
    assert cells.spread.min() > 0 and cells.spread.max() < 0.5
    assert not torch.allclose(cells.levels, decoder(vectors.flip(0)).levels, atol=1e-3)


@torch.no_grad()
def test_decoders_begin_without_a_lattice() -> None:
    """The same vector everywhere gives much the same levels; random kernels leave their own pattern."""
    rough = []
    for seed in range(4):
        torch.manual_seed(seed)
        decoder = Decoder(6, [8, 8, 4, 4, 4], GRID).eval()
        levels = decoder(torch.randn(1, 6, 1).expand(1, 6, 16)).levels[..., 32:96]
        rough.append(levels.diff(dim=3).abs().mean() / levels.std())
    assert torch.stack(rough).mean() < 0.3


def test_speckle_is_that_of_noise_on_a_circle_with_a_spread_of_one() -> None:
    white = torch.randn(2, GRID.clip_samples, generator=torch.Generator().manual_seed(0))
    cells = speckle(white, GRID)
    assert cells.shape == (2, 4, 64, 128)
    torch.testing.assert_close(cells.abs().mean((2, 3)), torch.ones(2, 4))
    torch.testing.assert_close(cells.mean((2, 3)), torch.zeros(2, 4), rtol=0, atol=1e-4)
    # A loop that begins elsewhere is the same texture that begins elsewhere.
    moved = speckle(white.roll(16 * GRID.hop, 1), GRID)
    torch.testing.assert_close(moved, cells.roll(8, 3), rtol=1e-3, atol=1e-3)
    assert torch.allclose(speckle(3 * white, GRID), cells, rtol=1e-3, atol=1e-3)


def test_what_comes_back_each_beat_is_in_few_patterns_and_noise_stays_noise() -> None:
    """Beats are four sixteenths: of 16 moments four patterns hold what is the same in each of them."""
    rng = torch.Generator().manual_seed(0)
    vectors = torch.randn(64, 6, 16, generator=rng)
    torch.testing.assert_close(patterns(patterns(vectors)), vectors)
    torch.testing.assert_close(patterns(vectors).square().sum(), vectors.square().sum())
    beat = torch.randn(64, 6, 4, generator=rng).repeat(1, 1, 4)
    found = patterns(beat)
    assert found[..., 4:].abs().max() < 1e-5
    torch.testing.assert_close(found[..., 0], beat.sum(2) / 4)
    halves = torch.cat([torch.ones(1, 1, 8), -torch.ones(1, 1, 8)], 2)
    torch.testing.assert_close(patterns(halves), 4.0 * (torch.arange(16) == 8).expand(1, 1, 16))


def network(conditions: int) -> LatentFlow:
    torch.manual_seed(0)
    untrained = LatentFlow(
        GRID, 6, [4] * 5, [8, 8, 4, 4, 4], 64, 1, 2, 0.5, 2, GUIDANCE if conditions else 1.0, conditions
    )
    for weights in untrained.flow.parameters():
        if not weights.any() and weights.ndim == 2:  # a block begins as nothing
            torch.nn.init.normal_(weights, 0, 0.1)
    torch.nn.init.normal_(untrained.decoder.direct.weight, 0, 0.1)
    return untrained.eval()


def made(noise: torch.Tensor, conditions: int) -> torch.Tensor:
    return network(conditions)(noise)


def test_guidance_spares_what_goes_on_through_all_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows one image where it is told, another where not: the first pattern is what was told."""
    flow = network(5).flow
    told, untold = torch.randn(2, 1, 1, *flow.size, generator=torch.Generator().manual_seed(2))

    def known(noisy: torch.Tensor, level: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        nothing = (conditions == 0).all(1)[:, None, None, None]
        return SPREAD * torch.where(nothing, untold, told).expand_as(noisy)

    monkeypatch.setattr(flow, "predict", known)
    led = torch.full((flow.size[1],), GUIDANCE)
    led[0] = 1
    made = flow.sample(torch.cat([torch.randn(1, 6 * flow.size[1]), torch.ones(1, 10)], 1))
    torch.testing.assert_close(made, untold + led * (told - untold), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_what_is_known_stays_and_the_rest_goes_with_it() -> None:
    """Of 16 vectors 7 are known whole; what comes next hears them."""
    known = torch.rand(3, *GRID.image_shape) - 0.5
    noise = torch.randn(1, latent_values(6, GRID) + 10).expand(3, -1)
    images = network(5).go_on(noise, known, 63)
    assert torch.equal(images[..., :63], known[..., :63])
    rest = images[..., 96:]
    assert (rest[0] - rest[1]).abs().mean() > 1e-3
    changed = known.clone()
    changed[..., 63:] = 0.9  # which is not known
    torch.testing.assert_close(network(5).go_on(noise, changed, 63)[..., 63:], images[..., 63:])


@pytest.mark.parametrize("conditions", [0, 5])
def test_each_part_of_the_noise_has_a_say_in_its_image_and_in_no_other(conditions: int) -> None:
    values = latent_values(6, GRID)
    noise = torch.randn(3, values + 2 * conditions)  # what is told, and what was not asked for
    images = made(noise, conditions)
    assert images.shape == (3, *GRID.image_shape)
    for first, end in pairwise([0, 96, *range(values, values + 2 * conditions + 1, conditions or 1)]):
        other = noise.clone()
        other[1, first:end] = torch.randn(end - first)
        changed = (made(other, conditions) - images).abs().amax((1, 2, 3))
        assert changed[1] > 1e-4 and changed[[0, 2]].max() < 1e-5


@pytest.mark.parametrize("change", [0.0, 0.7, 0.9, 2.0])
def test_filled_cells_have_the_spread_and_the_change_that_are_told(change: float) -> None:
    """In units of the spread; less change than tones have, and more than noise has, is not to be had."""
    levels, spread = torch.rand(8, 5, 64, 128), 0.3 * torch.rand(8, 4, 1, 1).expand(8, 4, 64, 128)
    white = torch.randn(8, white_values(GRID), generator=torch.Generator().manual_seed(0))
    images = fill(Cells(levels, spread, change * spread[:, :2]), white, GRID)
    assert torch.equal(images[:, 4], levels[:, 4])
    away = (images - levels)[:, :4] / spread
    bass = round(250 * GRID.n_fft / GRID.rate_hz)  # rows in which frames have no noise of their own
    assert bass > 1 and (away[:, 2, :bass] == 0).all()
    away[:, 2, :bass] = away[:, 2, bass:].abs().mean((1, 2))[:, None, None]
    torch.testing.assert_close(away.abs().mean((2, 3)), torch.ones(8, 4), rtol=0.05, atol=0)
    changes = away[:, :2].diff(dim=3).abs().mean((0, 2, 3))
    slowest, fastest = (
        each[:, :2].diff(dim=3).abs().mean((0, 2, 3))
        for each in (
            slow_speckle(white[:, GRID.clip_samples :], GRID),
            speckle(white[:, : GRID.clip_samples], GRID),
        )
    )
    expected = torch.full((2,), change).clamp(slowest, fastest)
    assert (slowest < 0.6).all() and (fastest > 1).all()
    torch.testing.assert_close(changes, expected, rtol=0.05, atol=0)


def test_a_calibrated_decoder_tells_the_errors_that_it_makes() -> None:
    """In each channel and row; while it learns it tells what it has learnt."""
    decoder, vectors = network(0).decoder, torch.randn(2, 6, 16)
    with torch.no_grad():
        told = decoder.eval()(vectors)
        rows = torch.linspace(0.5, 2, told.levels.shape[2])[:, None]
        errors = rows * told.spread * torch.tensor([1.0, -1.0]).repeat(64)
        real = told.levels.clone()
        real[:, : errors.shape[1]] += errors
        for _ in range(3):
            decoder.calibrate(decoder(vectors), real)
        found = decoder(vectors)
        torch.testing.assert_close(found.spread, rows * told.spread)
        mean_change = errors[:, : found.change.shape[1]].diff(dim=3).abs().mean((0, 3))
        torch.testing.assert_close(found.change.mean((0, 3)), mean_change, rtol=1e-3, atol=0)
        learning = decoder.train()(vectors).spread / decoder.eval()(vectors).spread
    assert not torch.allclose(learning.mean((0, 1, 3)), torch.ones(len(rows)), atol=0.1)
