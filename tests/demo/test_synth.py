"""Oscillators and filters, by what they do to tones."""

import numpy as np
import pytest

from mixdream.demo import effects, synth
from mixdream.demo.synth import RATE_HZ


def level_at(audio: np.ndarray, freq_hz: float) -> float:
    """Amplitude of the component at a frequency, by correlation."""
    t = np.arange(audio.shape[-1]) / RATE_HZ
    window = np.hanning(audio.shape[-1])
    return float(2 * np.abs(np.sum(audio * window * np.exp(-2j * np.pi * freq_hz * t))) / window.sum())


def test_saw_has_all_harmonics_and_hardly_aliases() -> None:
    freq_hz = 1103.0
    wave = synth.saw(freq_hz, RATE_HZ)
    for harmonic in range(1, 6):
        assert level_at(wave, harmonic * freq_hz) == pytest.approx(2 / np.pi / harmonic, rel=0.1)
    # Harmonic 25 lies above half the rate and would fold down to 16 525 Hz.
    alias_hz = RATE_HZ - 25 * freq_hz
    naive = 2 * (freq_hz / RATE_HZ * np.arange(RATE_HZ) % 1) - 1
    assert level_at(wave, alias_hz) < 0.35 * level_at(naive, alias_hz)


def test_pulse_of_half_width_has_no_even_harmonics_and_no_dc() -> None:
    wave = synth.pulse(441.0, RATE_HZ)
    assert abs(wave.mean()) < 1e-3
    assert level_at(wave, 882.0) < 0.01 * level_at(wave, 441.0)
    assert level_at(wave, 1323.0) == pytest.approx(level_at(wave, 441.0) / 3, rel=0.05)


def test_sine_glides_to_the_frequency_it_is_told() -> None:
    wave = synth.sine(np.linspace(100.0, 900.0, RATE_HZ), RATE_HZ)
    last = wave[-4410:]
    crossings = np.count_nonzero(np.diff(np.signbit(last)))
    assert crossings / 2 / 0.1 == pytest.approx(860.0, rel=0.03)


def test_wide_open_moving_filter_returns_its_input() -> None:
    audio = np.random.default_rng(0).standard_normal((2, 5000)).astype(np.float32)
    np.testing.assert_allclose(synth.moving_filter(audio, np.array([1e9, 1e9])), audio, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "passed_hz", "stopped_hz"), [("low", 200.0, 8000.0), ("high", 8000.0, 200.0)]
)
def test_moving_filter_stops_one_side_of_its_cutoff(
    kind: synth.FilterKind, passed_hz: float, stopped_hz: float
) -> None:
    cutoff_hz = np.array([1300.0, 1300.0])
    passed = synth.moving_filter(synth.sine(passed_hz, RATE_HZ), cutoff_hz, kind)
    stopped = synth.moving_filter(synth.sine(stopped_hz, RATE_HZ), cutoff_hz, kind)
    assert level_at(passed, passed_hz) == pytest.approx(1.0, abs=0.1)
    assert level_at(stopped, stopped_hz) < 0.04


def test_moving_filter_moves() -> None:
    tone = synth.sine(2000.0, 2 * RATE_HZ)
    out = synth.moving_filter(tone, np.geomspace(100.0, 20000.0, 64))
    quarter = RATE_HZ // 2
    levels = [level_at(out[i * quarter : (i + 1) * quarter], 2000.0) for i in range(4)]
    assert levels == sorted(levels)
    assert levels[0] < 0.02
    assert levels[3] > 0.9


def test_place_drops_what_reaches_past_the_end() -> None:
    bus = np.zeros((2, 10), np.float32)
    synth.place(bus, 7, np.ones((2, 5), np.float32), 0.5)
    synth.place(bus, 12, np.ones((2, 5), np.float32))
    np.testing.assert_array_equal(bus[0], [0] * 7 + [0.5] * 3)


def test_ducking_dips_by_its_depth_and_recovers() -> None:
    gain = effects.ducking([0.5], RATE_HZ, depth=0.7, recovery_s=0.2)
    assert gain[RATE_HZ // 2] == pytest.approx(0.3, abs=1e-3)
    assert gain[: RATE_HZ // 2].min() == 1.0
    assert gain[round(0.71 * RATE_HZ) :].min() == pytest.approx(1.0, abs=1e-3)


def test_echo_alternates_sides_and_decays() -> None:
    send = np.zeros((2, RATE_HZ), np.float32)
    send[:, :200] = synth.sine(1000.0, 200)
    wet = effects.echo(send, 0.2, feedback=0.5)
    energy = (wet[:, : 4 * 8820].reshape(2, 4, 8820) ** 2).sum(axis=-1)
    assert energy[:, 0] == pytest.approx([0.0, 0.0])
    assert energy[1, 1] > 0
    assert energy[0, 1] == 0
    assert energy[0, 2] == pytest.approx(energy[1, 1] / 4, rel=0.05)
    assert energy[1, 3] == pytest.approx(energy[1, 1] / 16, rel=0.05)


def test_reverb_falls_by_60_db_in_its_time() -> None:
    send = np.zeros((2, 2 * RATE_HZ), np.float32)
    send[:, 0] = 1.0
    wet = effects.reverb(send, 1.0, np.random.default_rng(0))
    early = (wet[:, 4410:8820] ** 2).mean()
    late = (wet[:, 35280:39690] ** 2).mean()
    # 0.7 s later, at 60 dB a second in the lows: 42 dB or a little more, for the highs die sooner.
    assert 38 < 10 * np.log10(early / late) < 52


def test_master_sets_the_peak() -> None:
    loud = 5 * np.random.default_rng(0).standard_normal((2, RATE_HZ)).astype(np.float32) + 1
    out = effects.master(loud)
    assert np.abs(out).max() == pytest.approx(10 ** (-1 / 20), rel=1e-4)
    assert np.abs(out.mean(axis=-1)).max() < 1e-6
