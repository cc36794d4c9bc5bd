import numpy as np
import pytest

from mixdream.analysis.smear import find_onsets, rise_time_ms, transient_smear_ms

RATE_HZ = 16_000
ONSETS_MS = np.arange(250, 8000, 250)


def bursts(rise_ms: float, seed: int = 0) -> np.ndarray:
    """Noise whose energy rises in a straight line to each onset, holds 120 ms and stops."""
    time_ms = np.arange(8 * RATE_HZ) * 1000 / RATE_HZ
    energy = np.zeros(len(time_ms))
    for onset_ms in ONSETS_MS:
        inside = (time_ms >= onset_ms - rise_ms) & (time_ms < onset_ms + 120)
        energy[inside] = np.minimum(1, (time_ms[inside] - onset_ms + rise_ms) / max(rise_ms, 1e-9))
    rng = np.random.default_rng(seed)
    return 0.1 * np.sqrt(energy) * rng.standard_normal(len(time_ms))


@pytest.mark.parametrize("rise_ms", [10, 20, 30])
def test_rise_time_of_a_straight_rise(rise_ms: float) -> None:
    """From 10 to 50 % of the rise are 0.4 of its length."""
    found_ms = rise_time_ms(bursts(rise_ms), RATE_HZ, ONSETS_MS)
    assert found_ms == pytest.approx(0.4 * rise_ms, abs=2.5)


def test_onsets_are_found_where_they_are() -> None:
    off_ms = np.abs(find_onsets(bursts(0), RATE_HZ) - ONSETS_MS)
    assert np.median(off_ms) <= 1
    assert off_ms.max() <= 10  # the noise itself may begin softly
    assert len(find_onsets(np.sin(np.arange(4 * RATE_HZ) * 0.1), RATE_HZ)) == 0
    assert len(find_onsets(np.zeros(RATE_HZ), RATE_HZ)) == 0


def test_smear_of_a_blur_and_of_none() -> None:
    sharp = np.zeros(8 * RATE_HZ)
    sharp[ONSETS_MS * RATE_HZ // 1000] = 0.5
    assert transient_smear_ms(sharp, sharp, RATE_HZ) == 0
    assert transient_smear_ms(sharp, 0.3 * sharp, RATE_HZ) == pytest.approx(0, abs=1e-9)
    rng = np.random.default_rng(0)
    blurred = np.convolve(sharp, rng.standard_normal(RATE_HZ // 50) * np.hanning(RATE_HZ // 50), "same")
    smear_ms = transient_smear_ms(sharp, blurred, RATE_HZ)
    assert smear_ms is not None
    assert 2 < smear_ms < 10


def test_without_onsets_there_is_nothing_to_smear() -> None:
    steady = np.sin(np.arange(4 * RATE_HZ) * 0.1)
    assert transient_smear_ms(steady, steady, RATE_HZ) is None
