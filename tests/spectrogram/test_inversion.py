import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mixdream.errors import InputError
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.griffin_lim import griffin_lim, istft
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.random_phase import random_phase
from mixdream.spectrogram.transform import magnitudes, stft

THESIS = Grid()
HANN = Grid(hop=64, frames=128, window="hann")
WITH_NYQUIST = Grid(n_fft=64, hop=48, bins=33, frames=20, window="hann")


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def oscillator_bank(spectrogram: np.ndarray, grid: Grid, phases: np.ndarray) -> np.ndarray:
    """The thesis's double sum, as it stands: x[n] = sum_k M[k, frame(n)] cos(2 pi k n / n_fft + phi_k)."""
    audio = np.zeros(grid.frames * grid.hop)
    for k in range(grid.bins):
        for frame in range(grid.frames):
            n = np.arange(frame * grid.hop, (frame + 1) * grid.hop)
            audio[n] += spectrogram[k, frame] * np.cos(2 * np.pi * k * n / grid.n_fft + phases[k])
    return audio


@pytest.mark.parametrize("grid", [THESIS, HANN, WITH_NYQUIST])
def test_random_phase_is_the_oscillator_bank(grid: Grid) -> None:
    rng = torch.Generator().manual_seed(3)
    spectrogram = torch.rand(1, grid.bins, grid.frames, generator=rng)
    phases = 2 * torch.pi * torch.rand(1, grid.n_fft // 2 + 1, generator=rng)
    fast = random_phase(spectrogram, grid, phases)[0].numpy()
    slow = oscillator_bank(spectrogram[0].double().numpy(), grid, phases[0].double().numpy())
    assert np.abs(fast - slow).max() < 1e-5 * np.abs(slow).max()


@pytest.mark.parametrize(
    ("name", "grid", "tolerance_hz"), [("random-phase", THESIS, 1.0), ("griffin-lim", HANN, 10.0)]
)
def test_a_tone_comes_back_as_the_same_tone(name: str, grid: Grid, tolerance_hz: float) -> None:
    frequency_hz = 30 * grid.rate_hz / grid.n_fft
    n = torch.arange(grid.samples)
    audio = 0.5 * torch.sin(2 * torch.pi * frequency_hz * n / grid.rate_hz)
    inner = invert(name, magnitudes(audio, grid)[None], grid, [0])[0][512:-512]
    spectrum = torch.fft.rfft(inner * torch.hann_window(len(inner)))
    peak_hz = spectrum.abs().argmax().item() * grid.rate_hz / len(inner)
    assert peak_hz == pytest.approx(frequency_hz, abs=tolerance_hz)
    assert inner.square().mean().sqrt().item() == pytest.approx(0.5 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("grid", [THESIS, HANN, WITH_NYQUIST])
def test_istft_inverts_stft(grid: Grid) -> None:
    audio = noise(2, grid.samples)
    back = istft(stft(audio, grid), grid)
    # Where only the end of one Hann window reaches, hardly anything is left to divide by.
    edge = 0 if grid.window == "rectangular" else grid.n_fft // 4
    inner = slice(edge, grid.samples - edge)
    assert torch.allclose(back[:, inner], audio[:, inner], atol=1e-4)


@pytest.mark.parametrize("grid", [HANN, WITH_NYQUIST])
def test_istft_of_a_loop_inverts_stft_everywhere(grid: Grid) -> None:
    audio = noise(2, grid.clip_samples)
    assert torch.allclose(istft(stft(audio, grid, loop=True), grid, loop=True), audio, atol=1e-4)


@pytest.mark.parametrize("grid", [HANN, WITH_NYQUIST])
def test_turning_a_loop_by_a_frame_turns_its_spectrum(grid: Grid) -> None:
    audio = noise(1, grid.clip_samples)
    turned = stft(audio.roll(grid.hop, -1), grid, loop=True)
    assert torch.allclose(turned, stft(audio, grid, loop=True).roll(1, -1), atol=1e-4)


def test_griffin_lim_from_the_true_phase_stays_there() -> None:
    whole = HANN.model_copy(update={"bins": 129})
    audio = noise(1, whole.clip_samples) * 0.1
    spectrum = stft(audio, whole, loop=True)
    back = griffin_lim(spectrum.abs(), whole, spectrum.angle(), loop=True, iterations=20)
    assert (back - audio).norm() < 1e-3 * audio.norm()


def test_griffin_lim_beats_random_phase_by_far() -> None:
    audio = noise(1, HANN.samples) * 0.1
    wanted = magnitudes(audio, HANN)

    def error_db(name: str) -> float:
        back = invert(name, wanted, HANN, [1])
        back = F.pad(back, (HANN.lead, HANN.samples - HANN.lead - HANN.clip_samples))
        inner = slice(4, -4)  # frames that do not reach over the ends of the clip
        error = magnitudes(back, HANN)[..., inner] - wanted[..., inner]
        return (20 * torch.log10(error.norm() / wanted[..., inner].norm())).item()

    assert error_db("griffin-lim") < -15
    assert error_db("griffin-lim") < error_db("random-phase") - 10


def test_silence_stays_silent() -> None:
    for name in ("random-phase", "griffin-lim"):
        assert invert(name, torch.zeros(1, 128, 128), THESIS, [0]).abs().max() == 0


@pytest.mark.parametrize("name", ["random-phase", "griffin-lim"])
def test_a_clip_depends_on_its_own_seed_only(name: str) -> None:
    spectrograms = torch.rand(2, 128, 128, generator=torch.Generator().manual_seed(0))
    both = invert(name, spectrograms, THESIS, [5, 6])
    assert torch.allclose(both[1], invert(name, spectrograms[1:], THESIS, [6])[0], atol=1e-2)
    assert not torch.allclose(both[1], invert(name, spectrograms[1:], THESIS, [7])[0], atol=1.0)


def test_unknown_names_and_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="unknown inversion 'magic'; there are random-phase, griffin-lim"):
        invert("magic", torch.zeros(1, 128, 128), THESIS, [0])
    with pytest.raises(InputError, match="do not fit the grid's 128 bins x 128 frames"):
        invert("random-phase", torch.zeros(1, 128, 64), THESIS, [0])
