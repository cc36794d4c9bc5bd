import numpy as np
import pytest

from mixdream.analysis.fidelity import bandwidth_hz, log_spectral_distance_db, magnitude_snr_db, match_gain

RATE_HZ = 8000
TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ


def tone(frequency_hz: float, amplitude: float = 1.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency_hz * TIME_S)


def noise(seed: int = 0, count: int = len(TIME_S)) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(count)


@pytest.mark.parametrize("error", [0.5, 0.1, 0.001])
def test_snr_of_a_wrong_level_is_the_error_of_the_level(error: float) -> None:
    assert magnitude_snr_db(noise(), (1 - error) * noise(), RATE_HZ) == pytest.approx(-20 * np.log10(error))


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100])
def test_snr_of_a_tone_too_many_is_its_level(rate_hz: int) -> None:
    time_s = np.arange(2 * rate_hz) / rate_hz
    original = np.sin(2 * np.pi * 500 * time_s)
    added = 0.03 * np.sin(2 * np.pi * 3000 * time_s)
    assert magnitude_snr_db(original, original + added, rate_hz) == pytest.approx(
        -20 * np.log10(0.03), abs=0.05
    )


def test_snr_does_not_hear_phase_and_does_hear_other_noise() -> None:
    assert magnitude_snr_db(tone(500), np.cos(2 * np.pi * 500 * TIME_S), RATE_HZ) > 35
    # Rayleigh magnitudes: E|a - b|^2 / E a^2 = 2 - pi / 2, or 3.7 dB.
    assert magnitude_snr_db(noise(), noise(1), RATE_HZ) == pytest.approx(
        -10 * np.log10(2 - np.pi / 2), abs=0.2
    )


def test_log_spectral_distance_of_half_the_level_is_6_db() -> None:
    expected_db = 20 * np.log10(2)
    assert log_spectral_distance_db(noise(), noise() / 2, RATE_HZ) == pytest.approx(expected_db, abs=0.05)
    assert log_spectral_distance_db(noise(), noise(), RATE_HZ) == 0


def test_log_spectral_distance_has_a_floor() -> None:
    quiet = 1e-6 * noise()  # 100 dB under the tone: as good as nothing
    assert log_spectral_distance_db(tone(500), tone(500) + quiet, RATE_HZ) < 0.1


@pytest.mark.parametrize("cutoff_hz", [1000, 2500])
def test_bandwidth_is_where_the_spectrum_ends(cutoff_hz: int) -> None:
    spectrum = np.fft.rfft(noise())
    spectrum[np.fft.rfftfreq(len(TIME_S), 1 / RATE_HZ) > cutoff_hz] = 0
    assert bandwidth_hz(np.fft.irfft(spectrum), RATE_HZ) == pytest.approx(cutoff_hz, abs=130)
    assert bandwidth_hz(np.zeros(4000), RATE_HZ) == 0


def test_gain_is_matched_and_silence_stays() -> None:
    assert match_gain(noise(), -0.25 * noise()) == pytest.approx(4)
    assert match_gain(noise(), np.zeros(len(TIME_S))) == 1
    assert magnitude_snr_db(np.zeros(4000), np.zeros(4000), RATE_HZ) == 0


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        magnitude_snr_db(noise(), noise()[:-1], RATE_HZ)
    with pytest.raises(ValueError, match="too short to score: 160 are needed"):
        magnitude_snr_db(noise(count=100), noise(count=100), RATE_HZ)
