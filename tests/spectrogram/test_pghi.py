import importlib
import math
import sys

import numpy as np
import pytest
import torch

import mixdream
from mixdream.errors import InputError
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from mixdream.spectrogram.griffin_lim import istft
from mixdream.spectrogram.inversion import default_inversion, invert
from mixdream.spectrogram.pghi import pghi, phase_gradients
from mixdream.spectrogram.raar import FIRST, ITERATIONS, _Consistency, raar
from mixdream.spectrogram.transform import magnitudes, stft

HANN = Grid(hop=64, frames=64, window="hann")
TIME = torch.arange(HANN.samples, dtype=torch.float64) / HANN.rate_hz


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return 2 * torch.pi * torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def noise(grid: Grid, count: int = 1, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(count, grid.clip_samples, generator=torch.Generator().manual_seed(seed))


def wrapped(angle: torch.Tensor) -> torch.Tensor:
    return torch.remainder(angle + math.pi, 2 * math.pi) - math.pi


@pytest.mark.parametrize("frequency_hz", [945.0, 949.0, 953.1])
def test_the_phase_of_a_tone_turns_with_its_frequency(frequency_hz: float) -> None:
    """``dphi_t = 2 pi f hop / rate`` in the rows beside f, wherever it lies between them."""
    wanted = 2 * math.pi * frequency_hz * HANN.hop / HANN.rate_hz
    level = magnitudes(torch.cos(2 * math.pi * frequency_hz * TIME).float(), HANN)[None]
    steps, _ = phase_gradients(level, HANN)
    row = int(frequency_hz * HANN.n_fft / HANN.rate_hz)
    assert (steps[0, row : row + 2, 1:-1] - wanted).abs().max() < 0.25
    loudest = level[0].mean(1).argmax()
    assert (steps[0, loudest, 1:-1] - wanted).abs().max() < 0.03
    found = pghi(level, HANN, random(1, 129, 64))[0]
    assert wrapped(found[loudest].diff() - wanted).abs().max() < 0.03


@pytest.mark.parametrize("after", [-25, 0, 25])
def test_the_phase_of_a_click_falls_with_frequency(after: int) -> None:
    """``dphi_m = -2 pi n / n_fft`` for a click at sample n of a frame: -pi in its middle."""
    audio = torch.zeros(HANN.samples)
    audio[30 * HANN.hop + HANN.n_fft // 2 + after] = 1
    _, steps = phase_gradients(magnitudes(audio, HANN)[None], HANN)
    wanted = -math.pi - 2 * math.pi * after / HANN.n_fft
    assert (steps[0, 5:120, 30] - wanted).abs().max() < 0.07
    found = pghi(magnitudes(audio, HANN)[None], HANN, random(1, 129, 64))[0]
    assert wrapped(found[5:120, 30].diff() - wanted).abs().max() < 0.07


def test_the_phase_of_a_chirp_turns_with_its_momentary_frequency() -> None:
    start_hz, rise_hz_per_s = 1000.0, 2500.0
    audio = torch.cos(2 * math.pi * (start_hz * TIME + rise_hz_per_s / 2 * TIME**2)).float()
    spectrum = stft(audio, HANN)[None]
    found = pghi(spectrum.abs()[:, :128], HANN, random(1, 129, 64))[0]
    middles_s = (torch.arange(HANN.frames) * HANN.hop + HANN.n_fft / 2) / HANN.rate_hz
    ridge = ((start_hz + rise_hz_per_s * middles_s) * HANN.n_fft / HANN.rate_hz).round().long()
    columns = torch.arange(HANN.frames)
    error = wrapped(found[ridge, columns] - spectrum[0].angle()[ridge, columns])
    # One constant is free: nothing in the magnitudes says it.
    assert wrapped(error - error[32])[2:-2].abs().max() < 0.25


def test_turning_a_spectrogram_turns_its_audio() -> None:
    wanted, phases = stft(noise(HANN), HANN, loop=True).abs()[:, :128], random(1, 129, 64)

    def audio(by: int) -> torch.Tensor:
        found = pghi(wanted.roll(by, -1), HANN, phases.roll(by, -1), loop=True)
        return raar(wanted.roll(by, -1), HANN, found, loop=True, iterations=5)

    assert torch.allclose(audio(23), audio(0).roll(23 * HANN.hop, -1), atol=1e-4)


def test_a_loop_of_a_tone_has_no_seam() -> None:
    whole_turns = round(945.0 * HANN.clip_samples / HANN.rate_hz)
    audio = torch.cos(2 * math.pi * whole_turns * torch.arange(HANN.clip_samples) / HANN.clip_samples)
    wanted = stft(audio, HANN, loop=True).abs()[None, :128]
    made = invert("pghi+gl", wanted, HANN, [0], loop=True)
    error = stft(made, HANN, loop=True).abs()[:, :128] - wanted
    assert error.norm() < 0.01 * wanted.norm()


def test_reflections_beat_griffin_lim_and_start_from_the_truth_stays_there() -> None:
    whole = HANN.model_copy(update={"bins": 129})
    audio = noise(whole)
    spectrum = stft(audio, whole, loop=True)
    back = raar(spectrum.abs(), whole, spectrum.angle(), loop=True)
    assert (back - audio).norm() < 1e-3 * audio.norm()

    def error(name: str) -> torch.Tensor:
        made = invert(name, spectrum.abs(), whole, [0], loop=True)
        return (stft(made, whole, loop=True).abs() - spectrum.abs()).norm()

    assert error("pghi+gl") < error("griffin-lim")
    assert error("griffin-lim") < error("pghi")


def calls_of(method: str, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """What a method of the projection is called with from now on."""
    calls: list[np.ndarray] = []
    own = getattr(_Consistency, method)

    def counted(self: _Consistency, spectrum: np.ndarray) -> np.ndarray:
        calls.append(spectrum)
        return own(self, spectrum)

    monkeypatch.setattr(_Consistency, method, counted)
    return calls


@pytest.mark.parametrize("iterations", [0, 1, 5])
def test_iterations_are_counted(iterations: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = calls_of("audio", monkeypatch)
    raar(torch.ones(1, 128, 64), HANN, random(1, 129, 64), loop=True, iterations=iterations)
    assert len(calls) == iterations + 1  # the last one makes the audio


def test_what_no_audio_has_is_reflected_only_beside_what_audio_has(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = calls_of("__call__", monkeypatch)
    real = stft(noise(HANN), HANN, loop=True).abs()[:, :128]
    apart = torch.rand(1, 128, 64, generator=torch.Generator().manual_seed(1)) ** 4
    most = torch.cat([real[..., :52], apart[..., 52:] * real.norm() / apart.norm()], -1)
    for wanted, times in ((real, ITERATIONS), (apart, FIRST), (most, ITERATIONS)):
        calls.clear()
        raar(wanted, HANN, pghi(wanted, HANN, random(1, 129, 64), loop=True), loop=True)
        assert len(calls) == times


@pytest.mark.parametrize("name", ["pghi", "pghi+gl"])
def test_a_clip_depends_on_its_own_seed_only(name: str) -> None:
    spectrograms = stft(noise(HANN, 2), HANN, loop=True).abs()[:, :128]
    both = invert(name, spectrograms, HANN, [5, 6])
    assert torch.equal(both[1], invert(name, spectrograms[1:], HANN, [6])[0])
    assert not torch.allclose(both[1], invert(name, spectrograms[1:], HANN, [7])[0], atol=1e-2)


@pytest.mark.parametrize("name", ["pghi", "pghi+gl"])
@pytest.mark.parametrize("loop", [False, True])
def test_silence_and_gaps_stay_finite(name: str, loop: bool) -> None:
    assert invert(name, torch.zeros(1, 128, 64), HANN, [0], loop).abs().max() == 0
    islands = torch.zeros(1, 128, 64)
    islands[0, 20:30, 5:10] = islands[0, 60, 63] = islands[0, 0, 0] = 1
    made = invert(name, islands, HANN, [0], loop)
    assert made.isfinite().all()
    assert made.abs().max() > 0


def test_quiet_cells_keep_their_phase() -> None:
    phases = random(1, 129, 64)
    level = torch.full((1, 128, 64), 1e-9)
    level[0, 40] = 1
    found = pghi(level, HANN, phases)
    quiet = [row for row in range(129) if row != 40]
    assert torch.allclose(found[:, quiet], phases[:, quiet], atol=1e-5)


def test_grids_without_a_hann_window_are_refused() -> None:
    with pytest.raises(InputError, match="pghi needs a grid with a Hann window, this one is rectangular"):
        invert("pghi", torch.zeros(1, 128, 128), Grid(), [0])
    assert default_inversion(Grid()) == "random-phase"
    assert {default_inversion(grid) for name, grid in NAMED_GRIDS.items() if name != "thesis"} == {"pghi+gl"}


def test_the_compiler_is_only_loaded_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    package = sys.modules["mixdream.spectrogram"]
    monkeypatch.setattr(mixdream, "spectrogram", package)  # what is imported anew goes again
    for name in [name for name in sys.modules if name.startswith("mixdream.spectrogram")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)  # whoever imports it now fails
    importlib.import_module("mixdream.spectrogram.inversion")
    with pytest.raises(ImportError):
        importlib.import_module("mixdream.spectrogram.pghi")


@pytest.mark.parametrize("loop", [False, True])
def test_its_projection_is_that_of_the_transforms(loop: bool) -> None:
    torch.manual_seed(0)
    spectrum = torch.randn(1, 129, 64, dtype=torch.complex64)
    spectrum[:, [0, -1]] = spectrum[:, [0, -1]].real + 0j  # of a real signal
    wanted = stft(istft(spectrum, HANN, loop), HANN, loop)
    projection = _Consistency(HANN, loop)
    projected = projection(spectrum[0].T.contiguous().numpy())
    assert np.abs(projected.T - wanted[0].numpy()).max() < 1e-4
