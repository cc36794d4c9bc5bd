import math

import numpy as np
import pyloudnorm
import pytest

from mixdream.audio.level import MOST_LIMITING_DB, SILENCE, Level, loudness_lufs, set_level, true_peak
from mixdream.errors import InputError
from tests.audio import media


@pytest.mark.parametrize("rate_hz", [8000, 44_100])
@pytest.mark.parametrize("gain", [0.001, 1.0, 100.0])
def test_what_has_room_comes_to_minus_14_lufs_whatever_its_level(rate_hz: int, gain: float) -> None:
    noise = gain * media.noise(3, rate_hz)[0].astype(float)
    audio, level = set_level(noise, rate_hz)
    assert pyloudnorm.Meter(rate_hz).integrated_loudness(audio) == pytest.approx(-14, abs=0.05)
    assert level.loudness_lufs == pytest.approx(-14, abs=0.01)
    assert level.true_peak_dbtp is not None and level.true_peak_dbtp < -1
    assert audio == pytest.approx(noise * 10 ** (level.gain_db / 20))


def kicks(rate_hz: int, decay_s: float) -> np.ndarray:
    """Two bars of bass drums at 120 BPM over a quiet chord: a loop."""
    t = np.arange(4 * rate_hz) / rate_hz
    beat = t % 0.5
    chord = sum(np.sin(2 * np.pi * f * t) for f in (220.0, 277.0, 330.0))
    return 0.8 * np.sin(2 * np.pi * 60 * beat) * np.exp(-beat / decay_s) + 0.04 * chord


def test_a_loop_of_music_comes_to_its_loudness_by_limiting_its_peaks() -> None:
    audio, level = set_level(kicks(44_100, 0.15), 44_100, loop=True)
    assert pyloudnorm.Meter(44_100).integrated_loudness(np.tile(audio, 5)) == pytest.approx(-14, abs=0.1)
    assert 0 < level.limited_db < MOST_LIMITING_DB
    assert true_peak(audio, loop=True) <= 10 ** (-1 / 20) + 1e-9
    assert level.true_peak_dbtp == pytest.approx(-1, abs=0.3)
    # Turned down smoothly: between peaks the waveform is what it was.
    original = kicks(44_100, 0.15) * 10 ** (level.gain_db / 20)
    tail = slice(round(0.4 * 44_100), round(0.45 * 44_100))
    assert audio[tail] == pytest.approx(original[tail], rel=1e-3)
    turned, _ = set_level(np.roll(kicks(44_100, 0.15), 30_000), 44_100, loop=True)
    assert np.abs(np.roll(turned, -30_000) - audio).max() < 0.01  # the seam is nowhere


def test_peaks_that_stand_out_too_far_keep_a_clip_quieter() -> None:
    clicks = media.noise(4, 44_100, level=0.01)[0].astype(float)
    clicks[::22_050] = 0.9
    audio, level = set_level(clicks, 44_100)
    assert level.limited_db == MOST_LIMITING_DB
    assert level.loudness_lufs is not None and level.loudness_lufs < -20
    assert level.loudness_lufs == pytest.approx(pyloudnorm.Meter(44_100).integrated_loudness(audio), abs=0.1)
    assert true_peak(audio) <= 10 ** (-1 / 20) + 1e-9


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_true_peak_is_that_of_the_sine_between_the_samples(rate_hz: int) -> None:
    n = np.arange(rate_hz)
    sine = 0.5 * np.sin(2 * np.pi * n / 4 + np.pi / 4)  # annex 2's worst example: samples at 0.354
    assert np.abs(sine).max() < 0.36
    assert true_peak(sine, loop=True) == pytest.approx(0.5, rel=1e-6)
    assert true_peak(sine * np.hanning(rate_hz)) == pytest.approx(0.5, rel=0.001)


def test_true_peak_of_a_loop_sees_the_seam() -> None:
    """Half a sine's crest at the end, half at the start: as an endless loop it is whole."""
    sine = np.sin(2 * np.pi * (np.arange(1000) + 0.5) / 4)
    assert true_peak(sine, loop=True) == pytest.approx(1, rel=1e-6)
    assert true_peak(np.zeros(100)) == 0


@pytest.mark.parametrize("seconds", [0.05, 0.3, 1.7])
def test_a_loop_is_as_loud_as_what_is_heard(seconds: float) -> None:
    audio = media.noise(seconds, 8000, level=0.5)[0].astype(float)
    audio[: len(audio) // 2] *= 0.01
    lufs = loudness_lufs(audio, 8000, loop=True)
    expected = pyloudnorm.Meter(8000).integrated_loudness(np.tile(audio, round(60 / seconds)))
    assert lufs == pytest.approx(expected, abs=0.1)
    turned = loudness_lufs(np.roll(audio, len(audio) // 3), 8000, loop=True)
    assert turned == pytest.approx(lufs, abs=0.2)


@pytest.mark.parametrize(("level", "gain_db"), [(0.2, 0.0), (2.0, 20 * math.log10(10 ** (-1 / 20) / 2))])
def test_a_level_that_is_kept_is_only_lowered_where_it_would_clip(level: float, gain_db: float) -> None:
    tone = media.tone(500, 1, 8000, level)[0].astype(float)
    audio, reached = set_level(tone, 8000, loop=True, keep=True)
    assert reached.gain_db == pytest.approx(gain_db, abs=0.01)
    assert true_peak(audio, loop=True) == pytest.approx(min(level, 10 ** (-1 / 20)), abs=1e-3)


@pytest.mark.parametrize("loop", [False, True])
def test_silence_stays_silence(loop: bool) -> None:
    audio, level = set_level(np.zeros(8000), 8000, loop=loop)
    assert not audio.any()
    assert level == Level(0.0, 0.0, None, None)
    faint = media.tone(500, 1, 8000, SILENCE / 2)[0]
    audio, level = set_level(faint, 8000, loop=loop)
    assert np.array_equal(audio, faint) and level.loudness_lufs is None


def test_what_is_too_short_to_have_a_loudness_goes_by_its_peak() -> None:
    audio, level = set_level(media.tone(500, 0.2, 8000, 0.01)[0], 8000)
    assert level.loudness_lufs is None
    assert true_peak(audio) == pytest.approx(10 ** (-1 / 20))


def test_broken_audio_is_refused() -> None:
    with pytest.raises(InputError, match="NaN"):
        set_level(np.array([0.0, np.nan]), 8000)
