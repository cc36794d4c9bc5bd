import math

import numpy as np
import pyloudnorm
import pytest

from mixdream.audio.loudness import LoudnessMeter
from tests.audio import media


def measured(audio: np.ndarray, rate_hz: int, block: int = 5000) -> float:
    meter = LoudnessMeter(rate_hz, audio.shape[1])
    for start in range(0, len(audio), block):
        meter.push(audio[start : start + block])
    return meter.integrated_lufs()


@pytest.mark.parametrize(
    ("rate_hz", "block"), [(8000, 37), (8000, 5000), (11_025, 5000), (44_100, 5000), (48_000, 5000)]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_agrees_with_pyloudnorm(rate_hz: int, channels: int, block: int) -> None:
    loud, quiet = (media.noise(6, rate_hz, i, level, channels).T for i, level in enumerate((0.5, 0.01)))
    audio = np.concatenate([quiet, loud, np.zeros_like(quiet), quiet])
    expected = pyloudnorm.Meter(rate_hz).integrated_loudness(audio)
    assert measured(audio, rate_hz, block) == pytest.approx(expected, abs=0.01)


def test_full_scale_sine_at_997_hz_has_minus_3_lufs() -> None:
    audio = media.tone(997, 10, 48_000, 1.0).T
    assert measured(audio, 48_000) == pytest.approx(-3.01, abs=0.05)


def test_silence_and_nothing_have_no_loudness() -> None:
    assert measured(np.zeros((80_000, 1)), 8000) == -math.inf
    assert LoudnessMeter(8000, 1).integrated_lufs() == -math.inf


@pytest.mark.parametrize("rate_hz", [1000, 2000, 3000, 3700, 4000])
def test_low_rates_have_a_loudness_near_that_of_the_same_tone_at_8_khz(rate_hz: int) -> None:
    def lufs(rate: int) -> float:
        meter = LoudnessMeter(rate, channels=1)
        meter.push(0.5 * np.sin(2 * np.pi * 200 * np.arange(2 * rate) / rate)[:, None])
        return meter.integrated_lufs()

    assert lufs(rate_hz) == pytest.approx(lufs(8000), abs=0.5)
