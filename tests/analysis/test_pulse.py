import numpy as np
import pytest

from mixdream.analysis.pulse import on_beat_share, pulse_strength_db
from tests.analysis import music


def strength(loop: np.ndarray) -> float:
    return pulse_strength_db(loop, music.RATE_HZ, bpm=music.BPM, loop=True)


def share(loop: np.ndarray) -> float:
    return on_beat_share(loop, music.RATE_HZ, music.BEATS)


CLICKS = music.place(np.ones(1), list(range(8)))
RIPPLE = music.chord() * (1 + 0.05 * np.cos(2 * np.pi * 8 * np.arange(music.SAMPLES) / music.SAMPLES))


def test_beats_are_strong_and_what_has_none_is_not() -> None:
    for loop in (CLICKS, music.FOUR_TO_THE_FLOOR, music.GROOVE):
        assert strength(loop) > 1
    for loop in (music.noise(), music.chord(), RIPPLE, np.zeros(music.SAMPLES)):
        assert strength(loop) < 0.3


def test_a_regular_ripple_is_clear_but_weak() -> None:
    """What fools normalised autocorrelation: half a decibel up and down, perfectly regular."""
    assert strength(RIPPLE) < 0.1 * strength(music.FOUR_TO_THE_FLOOR)


def test_louder_onsets_over_a_bed_count_more() -> None:
    strengths = [strength(level * music.FOUR_TO_THE_FLOOR + music.noise()) for level in (0, 1, 3, 10)]
    assert strengths == sorted(strengths)
    assert strengths[-1] > 5 * strengths[1]


def test_without_the_tempo_it_is_looked_for() -> None:
    assert pulse_strength_db(music.GROOVE, music.RATE_HZ) == pytest.approx(strength(music.GROOVE), rel=0.25)
    assert pulse_strength_db(music.noise(), music.RATE_HZ) < 0.3


def test_a_pulse_at_another_tempo_is_none_here() -> None:
    seven = np.zeros(music.SAMPLES)
    seven[np.round(np.arange(7) * music.SAMPLES / 7).astype(int)] = 1
    assert strength(seven) < 0.3 * strength(CLICKS)


def test_where_on_the_beat_onsets_lie() -> None:
    assert share(CLICKS) == pytest.approx(1)
    assert share(music.FOUR_TO_THE_FLOOR) > 0.9
    assert share(music.OFF_BEAT_HATS) < 0.02
    assert share(music.noise()) == pytest.approx(0.06 * music.BPM / 60, abs=0.05)
    assert share(np.zeros(music.SAMPLES)) == 0


def test_turning_a_loop_by_a_beat_changes_nothing() -> None:
    turned = np.roll(music.GROOVE, music.SAMPLES // music.BEATS)
    assert strength(turned) == pytest.approx(strength(music.GROOVE))
    assert share(turned) == pytest.approx(share(music.GROOVE))
    off = np.roll(music.FOUR_TO_THE_FLOOR, music.SAMPLES // music.BEATS // 2)
    assert share(off) < 0.02
