"""Reading bars: what the networks must keep, and the hidden Markov model on evidence that is planted."""

import numpy as np
import pytest

from mixdream.analysis.beats.bar_net import READINGS, STATES, bar_evidence
from mixdream.analysis.beats.downbeats import _read
from mixdream.analysis.beats.slots import FEATURES


def first_state(beat: int) -> int:
    return 4 * sum(reading for reading in READINGS if reading < beat)


def planted(beat: int, downbeat: int, slots: int = 640, sureness: float = 0.9) -> np.ndarray:
    """Evidence that a beat takes so many slots and that a bar begins at a slot."""
    chances = np.full((STATES + 1, slots), (1 - sureness) / STATES)
    chances[first_state(beat) + (np.arange(slots) - downbeat) % (4 * beat), np.arange(slots)] = sureness
    return np.log(chances)


@pytest.mark.parametrize("beat", READINGS)
def test_bars_are_read_where_they_are_planted(beat: int) -> None:
    for downbeat in (0, 3, 4 * beat - 1):
        state, certainty, tempo_certainty = _read(planted(beat, downbeat), None)
        assert (state == first_state(beat) + (np.arange(640) - downbeat) % (4 * beat)).all()
        assert certainty.min() > 0.9
        assert (tempo_certainty >= certainty - 1e-9).all()


def test_a_bar_that_begins_anew_is_followed_where_much_speaks_for_it() -> None:
    evidence = np.concatenate([planted(8, 0, 2048), planted(8, 16, 2048)], axis=1)
    state, certainty, _ = _read(evidence, None)
    place = (state - first_state(8)) % 32
    assert (place[:1900] == np.arange(1900) % 32).all()
    assert (place[2200:] == (np.arange(2200, 4096) - 2048 - 16) % 32).all()
    assert certainty[[200, -200]].min() > 0.9


@pytest.mark.parametrize(("rival", "downbeat"), [(4, 0), (16, 0), (8, 16)])
def test_a_doubt_that_is_repeated_all_through_a_track_stays_a_doubt(rival: int, downbeat: int) -> None:
    for slots in (2048, 16_384):
        places = np.arange(slots)
        evidence = np.full((STATES + 1, slots), 0.1 / STATES)
        for beat, first, chance in ((8, 0, 0.55), (rival, downbeat, 0.35)):
            evidence[first_state(beat) + (places - first) % (4 * beat), places] += chance
        state, certainty, tempo_certainty = _read(np.log(evidence), None)
        assert (state == first_state(8) + places % 32).all()
        assert certainty.max() < 0.3  # 0.6 is sure
        assert (tempo_certainty.max() < 0.3) == (rival != 8)


def test_another_metre_is_not_sure_in_four() -> None:
    evidence = planted(8, 0)
    evidence[STATES] = np.log(0.99)
    assert _read(evidence, None)[1].max() < 0.1


def test_a_tempo_that_is_known_is_kept_against_what_is_heard() -> None:
    for tempo, beat in ((0.5, 16), (1, 8), (2, 4)):
        state, _, tempo_certainty = _read(planted(8, 0), tempo)
        assert ((first_state(beat) <= state) & (state < first_state(beat) + 4 * beat)).all()
        assert tempo_certainty == pytest.approx(1)


def test_evidence_moves_with_the_music() -> None:
    features = np.random.default_rng(0).standard_normal((FEATURES, 1500)).astype(np.float32)
    whole, later = bar_evidence(features), bar_evidence(features[:, 100:])
    inside = slice(520, 980)  # the networks hear 511 slots on both sides, and nothing beyond the ends
    assert np.exp(whole).sum(axis=0) == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(np.exp(later[:, 500:900]), np.exp(whole[:, 600:1000]), atol=1e-4)
    long = np.tile(features, 8)  # more than is computed at once
    np.testing.assert_allclose(np.exp(bar_evidence(long)[:, inside]), np.exp(whole[:, inside]), atol=2e-2)
