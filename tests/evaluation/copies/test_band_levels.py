from pathlib import Path

import numpy as np
import pytest
from scipy.signal import sosfilt

from mixdream.evaluation.copies.band_levels import (
    ANALYSIS_HZ,
    BANDS,
    MARGIN,
    band_levels,
    loop_levels,
    read_moment,
)
from tests.evaluation.tunes import tune, tune_corpus


def tone(hz: float, samples: int = 8192) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(samples) / ANALYSIS_HZ)


def test_an_octave_is_eight_bands() -> None:
    loudest = [int(loop_levels(tone(hz), 32).mean(axis=1).argmax()) for hz in (500, 1000, 2000, 3900)]
    assert np.diff(loudest[:3]).tolist() == [8, 8]
    assert loudest[3] == BANDS - 1


def test_gain_multiplies_all_levels_alike() -> None:
    audio = tune(0, 2)
    ratio = loop_levels(10 * audio, 60) / loop_levels(audio, 60)
    assert ratio == pytest.approx(10**0.3, rel=1e-4)


def test_a_loop_has_no_seam() -> None:
    audio = tune(0, 2.048)
    levels = loop_levels(audio, 64)
    assert loop_levels(np.roll(audio, 5 * 256), 64) == pytest.approx(np.roll(levels, 5, axis=1), rel=1e-4)


def test_frames_lie_where_they_are_said_to() -> None:
    click = np.zeros(2 * MARGIN + 1000)
    click[MARGIN + 600] = 1
    assert band_levels(click, 100, 10).sum(axis=0).argmax() == 6
    assert band_levels(click, 66.7, 15).sum(axis=0).argmax() == 9


def test_falling_music_is_nearly_even() -> None:
    """6 dB an octave down: without the weight the bass would be everything."""
    noise = np.random.default_rng(0).standard_normal(80_000)
    brown = sosfilt(np.array([[1.0, 0, 0, 1, -0.99, 0]]), noise)
    means = loop_levels(brown, 300).mean(axis=1)
    assert means.max() < 2.5 * means.min()


def test_a_moment_is_read_at_any_speed_and_beyond_the_ends_it_is_silent(tmp_path: Path) -> None:
    rate_hz = 16_000
    audio = 0.5 * np.sin(2 * np.pi * 500 * np.arange(2 * rate_hz) / rate_hz)
    corpus = tune_corpus(tmp_path / "corpus", {"A": audio}, rate_hz=rate_hz, channels=2)
    moment = read_moment(corpus, "A", 1600, 8000, 1.1)
    assert moment.shape == (8000,)
    inside = moment[500:7500]
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside))))
    assert spectrum.argmax() * ANALYSIS_HZ / len(inside) == pytest.approx(550, abs=1.2)
    assert np.abs(inside).max() == pytest.approx(0.5, abs=0.01)
    around = read_moment(corpus, "A", -rate_hz, 4 * ANALYSIS_HZ, 1.0)
    assert np.abs(around[: ANALYSIS_HZ - 100]).max() < 1e-3
    assert np.abs(around[3 * ANALYSIS_HZ + 100 :]).max() < 1e-3
    assert np.abs(around[ANALYSIS_HZ + 100 : 3 * ANALYSIS_HZ - 100]).max() == pytest.approx(0.5, abs=0.01)
