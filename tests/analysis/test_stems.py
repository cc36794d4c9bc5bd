"""Stems of loops that are made of known parts."""

import numpy as np
import pytest

from mixdream.analysis.stems.stems import Stems, split_stems

RATE_HZ = 22_050
BEAT = 11_025  # samples: 120 BPM
T = np.arange(8 * BEAT) / RATE_HZ


def kicks() -> np.ndarray:
    """A sine that falls to 50 Hz, on every beat."""
    t = T % 0.5
    return np.sin(2 * np.pi * (50 * t - 4 * np.exp(-t / 0.03))) * np.exp(-t / 0.08)


def hats() -> np.ndarray:
    t = (T + 0.25) % 0.5
    return 0.3 * np.random.default_rng(0).standard_normal(len(T)) * np.exp(-t / 0.02)


def bass() -> np.ndarray:
    """Another note on every half beat between the kicks, with an octave above."""
    hz = np.array([55.0, 65.0, 49.0, 82.0, 55.0, 73.0, 49.0, 61.0])[(T // 0.5).astype(int)]
    t = (T + 0.25) % 0.5
    wave = np.sin(2 * np.pi * hz * t) + 0.3 * np.sin(4 * np.pi * hz * t)
    return 0.5 * wave * np.minimum(1, t / 0.005) * np.clip((0.24 - t) / 0.02, 0, 1)


def chord() -> np.ndarray:
    return 0.2 * np.sum([np.sin(2 * np.pi * hz * T) for hz in (440.0, 554.5, 659.5)], axis=0)


def si_sdr_db(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Le Roux et al. 2019, "SDR: half-baked or well done?", equation 3."""
    target = truth * (estimate.ravel() @ truth.ravel()) / (truth.ravel() @ truth.ravel())
    return float(10 * np.log10(np.sum(target**2) / np.sum((estimate - target) ** 2)))


@pytest.fixture(scope="module")
def loop() -> np.ndarray:
    return kicks() + hats() + bass() + chord()


@pytest.fixture(scope="module")
def stems(loop: np.ndarray) -> Stems:
    return split_stems(loop, RATE_HZ)


def test_stems_add_up_to_the_loop(stems: Stems, loop: np.ndarray) -> None:
    assert np.allclose(sum(stems), loop, atol=1e-12)


def test_each_part_is_in_its_own_stem(stems: Stems) -> None:
    assert si_sdr_db(stems.drums, kicks() + hats()) > 8
    assert si_sdr_db(stems.bass, bass()) > 8
    assert si_sdr_db(stems.music, chord()) > 12


def test_a_loop_that_begins_elsewhere_has_the_same_stems(stems: Stems, loop: np.ndarray) -> None:
    """No stem has an edge where the loop has none."""
    turned = split_stems(np.roll(loop, 3 * BEAT), RATE_HZ)
    for stem, other in zip(stems, turned, strict=True):
        assert si_sdr_db(np.roll(other, -3 * BEAT), stem) > 15


def test_channels_keep_their_balance(loop: np.ndarray) -> None:
    """Both have the same masks, so what is twice as loud on the left is so in each stem."""
    for stem in split_stems(np.stack([2 * loop, loop]), RATE_HZ):
        assert np.allclose(stem[0], 2 * stem[1], atol=1e-12)


@pytest.mark.parametrize("audio", [np.zeros(8000), np.sin(2 * np.pi * 220 * np.arange(8000) / 8000)])
def test_without_drums_there_are_none(audio: np.ndarray) -> None:
    stems = split_stems(audio, 8000)
    assert np.sum(stems.drums**2) <= 1e-3 * np.sum(audio**2)
    assert np.allclose(sum(stems), audio, atol=1e-12)
