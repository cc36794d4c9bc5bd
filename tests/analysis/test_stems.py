"""Stems of loops that are made of known parts."""

import numpy as np
import pytest

from mixdream.analysis.stems.stems import Stems, split_stems
from tests.analysis.loop_parts import BEAT, RATE_HZ, T, bass, chord, hats, kicks


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
    assert si_sdr_db(stems.drums, kicks() + hats()) > 5
    assert si_sdr_db(stems.bass, bass()) > 5
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


def test_a_bass_that_is_struck_is_no_kick() -> None:
    """Long notes, all of one sound, rise as kicks do and stay."""
    t = T % 0.5
    notes = np.sin(2 * np.pi * 55 * t) * np.minimum(1, t / 0.003) * np.clip((0.49 - t) / 0.01, 0, 1)
    stems = split_stems(notes + 0.1 * chord(), RATE_HZ)
    assert si_sdr_db(stems.bass, notes) > 15


@pytest.mark.parametrize("audio", [np.zeros(8000), np.sin(2 * np.pi * 220 * np.arange(8000) / 8000)])
def test_without_drums_there_are_none(audio: np.ndarray) -> None:
    stems = split_stems(audio, 8000)
    assert np.sum(stems.drums**2) <= 1e-3 * np.sum(audio**2)
    assert np.allclose(sum(stems), audio, atol=1e-12)
