import numpy as np
import pytest
import soxr
import torch

from mixdream.errors import InputError
from mixdream.evaluation.embedding import (
    analysis_magnitudes,
    checked_clips,
    embed_audio,
    embed_magnitudes,
    without_blur,
)
from mixdream.evaluation.random_net import embed_audio_randomly
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from mixdream.spectrogram.transform import magnitudes

RATE_HZ = 8000
BANDS = 17  # critical bands to 3.6 kHz
ONSETS = -1
CHROMA = slice(-13, -1)


def music(seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    kick = np.sin(2 * np.pi * 55 * t) * np.exp(-(t % 0.5) / 0.08)
    hat = rng.standard_normal(len(t)) * np.exp(-((t + 0.25) % 0.5) / 0.03)
    return 0.5 * kick + 0.1 * hat + 0.1 * np.sin(2 * np.pi * 440 * t) + 0.003 * rng.standard_normal(len(t))


def clicks(per_second: float) -> np.ndarray:
    audio = 1e-4 * np.random.default_rng(0).standard_normal(4 * RATE_HZ)
    for at in np.arange(0.1, 3.95, 1 / per_second):
        audio[round(at * RATE_HZ)] = 1.0
    return audio


def test_gain_does_not_count() -> None:
    one, other = embed_audio([music(), 0.01 * music()], RATE_HZ)
    np.testing.assert_allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_other_rates_are_resampled_to_the_reference(rate_hz: int) -> None:
    clip = music().astype(np.float32)
    there = soxr.resample(clip, RATE_HZ, rate_hz, quality="VHQ")
    back = next(checked_clips([there], rate_hz, RATE_HZ))
    direct, back = embed_audio([clip, back], RATE_HZ)
    np.testing.assert_allclose(direct, back, atol=0.3)  # dB, or onsets per second


def test_spectrograms_of_audio_are_embedded_as_the_audio_is() -> None:
    clips = np.stack([music(seed=1), music(seed=2)])
    spectrograms, grid = analysis_magnitudes(clips, RATE_HZ)
    np.testing.assert_allclose(embed_magnitudes(spectrograms.numpy(), grid), embed_audio(clips, RATE_HZ))


@pytest.mark.parametrize("grid", [*NAMED_GRIDS.values(), Grid(hop=128, frames=128, window="hann")])
def test_every_grid_has_an_embedding(grid: Grid) -> None:
    noise = np.random.default_rng(0).standard_normal((2, grid.samples)).astype(np.float32)
    found = embed_magnitudes(magnitudes(torch.from_numpy(noise), grid).numpy(), grid)
    assert np.isfinite(found).all()
    if grid.rate_hz == RATE_HZ:  # the same number of features as audio has, so that embedders fit
        assert found.shape == (2, embed_audio([music()], RATE_HZ).shape[1])


def test_the_length_of_clips_hardly_counts() -> None:
    short, long = embed_audio([music(2.0), music(8.0)], RATE_HZ)
    assert np.abs(short - long).mean() < 0.7


def test_levels_are_those_of_the_bands() -> None:
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    found = embed_audio([np.sin(2 * np.pi * 1000 * t)], RATE_HZ)[0]
    assert np.argmax(found[:BANDS]) == 8  # 920 to 1080 Hz
    assert found[8] == pytest.approx(0, abs=0.1)  # all of the power
    assert found[BANDS + 8] < 0.01  # steady


@pytest.mark.parametrize(("modulation_hz", "place"), [(1.0, 0), (3.0, 1), (8.0, 2)])
def test_modulations_fall_into_their_ranges(modulation_hz: float, place: int) -> None:
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    depth_db = 6.0  # level of a tone swings by +-6 dB: 4.2 dB RMS
    tone = np.sin(2 * np.pi * 1000 * t) * 10 ** (depth_db * np.sin(2 * np.pi * modulation_hz * t) / 20)
    found = embed_audio([tone], RATE_HZ)[0][3 * BANDS : 6 * BANDS].reshape(3, BANDS)[:, 8]
    assert np.argmax(found) == place
    assert found[place] == pytest.approx(depth_db / np.sqrt(2), rel=0.15)


def test_blur_of_three_frames_is_heard() -> None:
    """As far as other clips of the same kind are apart, in what changes from frame to frame and is flat."""
    clips = np.stack([music(seed=seed) for seed in range(8)])
    spectrograms, grid = analysis_magnitudes(clips, RATE_HZ)
    blurred = torch.nn.functional.avg_pool1d(spectrograms, 3, 1)
    wide = spectrograms[..., 1:-1].numpy(), blurred.numpy()
    real, blurry = (
        embed_magnitudes(each, grid.model_copy(update={"frames": grid.frames - 2})) for each in wide
    )
    fine = slice(6 * BANDS, 8 * BANDS)
    spread = real[:, fine].std(axis=0)
    moved = np.abs(blurry - real)[:, fine].mean(axis=0)
    assert (moved > 3 * spread).mean() > 0.9
    assert (blurry - real)[:, 7 * BANDS : 8 * BANDS].mean() > 0.5  # flatter
    assert (real[:, 7 * BANDS : 8 * BANDS] <= 0).all()
    kept = np.delete(np.arange(real.shape[1]), fine)
    np.testing.assert_array_equal(without_blur(real), real[:, kept])


def test_chroma_names_the_pitch() -> None:
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    found = embed_audio([np.sin(2 * np.pi * 1318.5 * t)], RATE_HZ)[0][CHROMA]
    assert np.argmax(found) == 4  # E


@pytest.mark.parametrize("per_second", [2.0, 4.0, 8.0])
def test_onsets_are_counted(per_second: float) -> None:
    found = embed_audio([clicks(per_second)], RATE_HZ)[0][ONSETS]
    assert found == pytest.approx(per_second, rel=0.1)


def test_silence_and_short_clips_have_finite_embeddings() -> None:
    found = embed_audio([np.zeros(RATE_HZ), music(1.0)], RATE_HZ)
    assert np.isfinite(found).all()
    assert found[0, :BANDS] == pytest.approx(-60)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(InputError, match=r"0\.50 s at 8000 Hz"):
        embed_audio([np.zeros(4000)], 8000)
    with pytest.raises(InputError, match="mix it to mono"):
        embed_audio([np.zeros((2, 8000))], 8000)
    with pytest.raises(InputError, match="not finite"):
        embed_audio([np.full(8000, np.nan)], 8000)
    with pytest.raises(InputError, match="no clips"):
        embed_audio([], 8000)
    with pytest.raises(InputError, match="needs 4000 Hz"):
        embed_audio([np.zeros(8000)], 2000)
    with pytest.raises(InputError, match="do not fit the grid"):
        embed_magnitudes(np.zeros((1, 128, 100)), Grid())
    with pytest.raises(InputError, match="about a second"):
        embed_magnitudes(np.zeros((1, 128, 16)), Grid(frames=16))


def test_random_net_is_its_seed() -> None:
    clips = [music(seed=1), music(2.0, seed=2)]
    found = embed_audio_randomly(clips, RATE_HZ)
    assert found.shape == (2, 352)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, embed_audio_randomly(clips, RATE_HZ))
    assert np.abs(found - embed_audio_randomly(clips, RATE_HZ, seed=1)).max() > 0.1


def test_random_net_tells_music_from_noise_but_not_gains() -> None:
    noise = np.random.default_rng(0).standard_normal(4 * RATE_HZ)
    clips = [music(seed=1), music(seed=2), 0.01 * music(seed=1), noise]
    found = embed_audio_randomly(clips, RATE_HZ)
    alike, louder, other = (float(np.linalg.norm(found[0] - found[i])) for i in (1, 2, 3))
    assert louder < 1e-3 < alike < 0.2 * other
