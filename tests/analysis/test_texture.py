"""Each descriptor on sounds whose value is known."""

import numpy as np
import pytest

from mixdream.analysis.texture import MONO_DB, Descriptor, bands, descriptors, texture, textures
from mixdream.errors import InputError

RATE_HZ = 32_000
TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ
NAMES = descriptors(RATE_HZ, 2)


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(len(TIME_S))


def stereo(left: np.ndarray, right: np.ndarray | None = None) -> np.ndarray:
    return np.stack([left, left if right is None else right], axis=1)


def read(clip: np.ndarray, quantity: str, low_hz: float | None = None, detail: str = "") -> float:
    """One number of a texture, by its name."""
    values = dict(zip(NAMES, texture(clip, RATE_HZ), strict=True))
    return next(
        value
        for name, value in values.items()
        if name.quantity == quantity and (name.band or (None,))[0] == low_hz and detail in name.detail
    )


def test_every_number_has_a_name_and_bands_end_with_the_rate() -> None:
    assert textures([stereo(noise())] * 2, RATE_HZ).shape == (2, len(NAMES))
    assert bands(8000) == [(20.0, 200.0), (200.0, 1000.0), (1000.0, 3600.0)]
    assert texture(noise()[:8000, None], 8000).shape == (len(descriptors(8000, 1)),)
    assert Descriptor("mono loss", None) == NAMES[-1] and len(set(NAMES)) == len(NAMES)


def test_gain_does_not_count() -> None:
    clip = stereo(noise(), noise(1))
    np.testing.assert_allclose(texture(clip, RATE_HZ), texture(0.001 * clip, RATE_HZ), atol=1e-3)


def test_levels_are_shares_of_the_power() -> None:
    tones = np.sin(2 * np.pi * 500 * TIME_S) + np.sin(2 * np.pi * 6000 * TIME_S) / np.sqrt(9)
    assert read(stereo(tones), "level", 200.0) == pytest.approx(10 * np.log10(0.9), abs=0.1)
    assert read(stereo(tones), "level", 4000.0) == pytest.approx(-10, abs=0.1)
    assert read(stereo(tones), "level", 8000.0) < -55


@pytest.mark.parametrize("low_hz", [1000.0, 4000.0, 8000.0])
def test_hits_that_take_longer_to_rise_are_softer(low_hz: float) -> None:
    """Noise that begins at once, or over 8 or 32 ms, eight times a second."""
    since = TIME_S % 0.125
    softness = []
    for rise_s in (0.0001, 0.008, 0.032):
        shape = np.minimum(since / rise_s, 1) * np.exp(-since / 0.03)
        softness.append(read(stereo(noise() * shape), "attack", low_hz, "99.5"))
    assert softness[0] > softness[1] + 5 > softness[2] + 7


def test_tones_are_less_flat_than_noise() -> None:
    chord = np.sin(2 * np.pi * np.array([[4500], [5500], [7000]]) * TIME_S).sum(axis=0)
    # Of noise the mean of log power is Euler's constant below the log of its mean: 2.5 dB.
    assert read(stereo(noise()), "flatness", 4000.0) == pytest.approx(-2.5, abs=0.3)
    assert read(stereo(chord), "flatness", 4000.0) < -15


@pytest.mark.parametrize(("modulation_hz", "detail"), [(40, "20 to 70"), (120, "70 to 200")])
def test_roughness_is_the_depth_of_fast_modulation(modulation_hz: float, detail: str) -> None:
    depth = 0.3
    tone = np.sin(2 * np.pi * 6000 * TIME_S) * (1 + depth * np.sin(2 * np.pi * modulation_hz * TIME_S))
    expected = 20 * np.log10(depth / np.sqrt(2))
    assert read(stereo(tone), "roughness", 4000.0, detail) == pytest.approx(
        expected,
        abs=1.0,  # means over 2 ms take 0.9 dB from 120 Hz
    )
    other = {"20 to 70": "70 to 200", "70 to 200": "20 to 70"}[detail]
    assert read(stereo(tone), "roughness", 4000.0, other) < expected - 15


def test_width_is_side_over_mid() -> None:
    mid, side = noise(), 0.5 * noise(1)
    clip = stereo(mid + side, mid - side)
    assert read(clip, "width", 1000.0) == pytest.approx(20 * np.log10(0.5), abs=0.3)
    assert read(clip, "correlation", 1000.0) == pytest.approx(10 * 0.75 / 1.25, abs=0.2)
    assert read(clip, "mono loss") == pytest.approx(10 * np.log10(1.25), abs=0.1)
    assert read(stereo(mid), "width", 1000.0) == pytest.approx(MONO_DB, abs=0.1)
    assert read(stereo(mid), "correlation", 1000.0) == pytest.approx(10, abs=0.01)
    assert read(stereo(mid, -mid), "correlation", 1000.0) == pytest.approx(-10, abs=0.01)


def test_silence_and_empty_bands_have_values() -> None:
    assert np.isfinite(texture(np.zeros((RATE_HZ, 2)), RATE_HZ)).all()
    bass = stereo(np.sin(2 * np.pi * 60 * TIME_S))
    assert read(bass, "attack", 8000.0, "99.5") < 1


def test_errors_say_what_to_do() -> None:
    with pytest.raises(InputError, match=r"shape \(100,\)"):
        texture(np.zeros(100), RATE_HZ)
    with pytest.raises(InputError, match="it needs"):
        texture(np.zeros((100, 1)), RATE_HZ)
    with pytest.raises(InputError, match="not finite"):
        texture(np.full((RATE_HZ, 1), np.nan), RATE_HZ)
