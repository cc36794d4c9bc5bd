import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mixdream.models.wavegan import NARROW, Discriminator, Generator, shift_phase, strides_of

# Donahue et al. 2019, appendix D, and the authors' program for twice as many samples: channels, samples.
PAPER = ((1024, 16), (512, 64), (256, 256), (128, 1024), (64, 4096), (1, 16_384))
LONGER = ((2048, 16), (1024, 64), (512, 256), (256, 1024), (128, 4096), (64, 16_384), (1, 32_768))


@pytest.mark.parametrize("sizes", [PAPER, LONGER])
def test_every_layer_has_the_size_of_the_paper(sizes: tuple[tuple[int, int], ...]) -> None:
    *_, (_, samples) = sizes
    with torch.device("meta"):
        generator, discriminator = Generator(100, 64, samples), Discriminator(64, samples)
        inside = generator.first(torch.empty(2, 100)).unflatten(1, (-1, NARROW))
        assert inside.shape == (2, *sizes[0])
        for layer, size in zip(generator.layers, sizes[1:], strict=True):
            inside = layer(inside)
            assert inside.shape == (2, *size)
        widths = [channels for channels, _ in sizes[-2::-1]]
        for layer, stride, width in zip(discriminator.layers, strides_of(samples), widths, strict=True):
            samples //= stride
            inside = layer(inside)
            assert inside.shape == (2, width, samples)
        assert samples == NARROW and discriminator.last.in_features == widths[-1] * NARROW


@pytest.mark.parametrize("doublings", range(2, 14))
def test_clips_have_their_samples_exactly(doublings: int) -> None:
    samples = 16 << doublings
    waveforms = Generator(5, 1, samples)(torch.rand(3, 5))
    assert waveforms.shape == (3, 1, 1, samples)
    assert waveforms.abs().max() <= 1
    assert Discriminator(1, samples)(waveforms).shape == (3,)


@pytest.mark.parametrize("samples", [0, 16, 32, 63, 65, 32_384])
def test_other_lengths_are_refused(samples: int) -> None:
    with pytest.raises(ValueError, match=f"{samples} samples are no power of two from 64 up"):
        Generator(5, 1, samples)


def test_noise_is_taken_as_symmetric() -> None:
    """A latent vector of halves is the middle of its range: silence, since biases begin as 0."""
    assert Generator(5, 2, 256)(torch.full((1, 5), 0.5)).abs().max() == 0


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=4))
def test_a_shift_moves_a_clip_and_reflects_what_is_missing(shifts: list[int]) -> None:
    clips = torch.randn(len(shifts), 2, 12, generator=torch.Generator().manual_seed(0))
    for clip, moved, shift in zip(clips, shift_phase(clips, shifts), shifts, strict=True):
        for sample in range(12):
            source = abs(sample - shift)  # reflected at the start, and below at the end
            source = source if source < 12 else 22 - source
            assert torch.equal(moved[:, sample], clip[:, source])


def test_no_shift_changes_nothing() -> None:
    clips = torch.randn(3, 4, 20)
    assert torch.equal(shift_phase(clips, [0, 0, 0]), clips)


def test_shifts_are_drawn_where_there_is_something_to_draw_them_with() -> None:
    clips = torch.rand(6, 1, 1, 512, generator=torch.Generator().manual_seed(1)) - 0.5
    plain, still = Discriminator(2, 512), Discriminator(2, 512, shuffle=0)
    still.load_state_dict(plain.state_dict())
    unshifted = plain(clips)
    assert torch.equal(plain(clips), unshifted)

    def judged(network: Discriminator, seed: int) -> torch.Tensor:
        network.rng = torch.Generator().manual_seed(seed)
        return network(clips)

    assert torch.equal(judged(still, 0), unshifted)
    assert torch.equal(judged(plain, 3), judged(plain, 3))
    assert not torch.equal(judged(plain, 3), judged(plain, 4))
    assert not torch.equal(judged(plain, 3), unshifted)
