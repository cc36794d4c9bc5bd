import numpy as np
import pytest

from mixdream.analysis.lines.pitch import cheapest_path, track_pitch

RATE_HZ = 8000
T = np.arange(2 * RATE_HZ) / RATE_HZ


def tone(midi: float, bright: float = 0.5) -> np.ndarray:
    """A note with overtones over the whole loop, of whole cycles."""
    hz = round(2 * 440 * 2 ** ((midi - 69) / 12)) / 2
    return np.sum([bright**n * np.sin(2 * np.pi * n * hz * T) for n in range(1, 7)], axis=0)


@pytest.mark.parametrize("midi", [28, 33, 40, 47, 57])
def test_a_note_is_found_in_its_octave(midi: int) -> None:
    track = track_pitch(tone(midi), RATE_HZ, 100, 24, 64)
    assert track.sounds.all()
    assert set(track.notes.tolist()) == {midi}
    assert abs(track.tuning) < 0.25


def test_a_fundamental_that_is_missing_is_heard() -> None:
    hz = 82.5
    audio = np.sum([np.sin(2 * np.pi * n * hz * T) for n in (2, 3, 4, 5)], axis=0)
    assert set(track_pitch(audio, RATE_HZ, 50, 24, 64).notes.tolist()) == {40}


def test_notes_between_the_keys_are_a_tuning() -> None:
    track = track_pitch(tone(52.3), RATE_HZ, 50, 24, 64)
    assert set(track.notes.tolist()) == {52}
    assert track.tuning == pytest.approx(0.3, abs=0.1)


def test_noise_and_silence_have_no_pitch() -> None:
    noise = np.random.default_rng(0).standard_normal(len(T))
    assert track_pitch(noise, RATE_HZ, 50, 24, 64).sounds.mean() < 0.1
    assert not track_pitch(np.zeros(len(T)), RATE_HZ, 50, 24, 64).sounds.any()


def test_a_melody_of_two_notes_and_a_rest() -> None:
    audio = np.where(T < 0.7, tone(33), np.where(T < 1.4, tone(45), 0))
    track = track_pitch(audio, RATE_HZ, 200, 24, 64)
    heard = np.where(track.sounds, track.notes, 0)
    truth = np.repeat([33, 45, 0], [70, 70, 60])
    assert np.mean(heard == truth) > 0.9


def test_the_cheapest_path_is_that_of_every_change_that_pays() -> None:
    """Against all paths of four states, the circle of six frames cut open at the best place."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        cost = rng.random((6, 3))
        paths = np.stack(np.meshgrid(*[range(3)] * 6, indexing="ij"), -1).reshape(-1, 6)
        changes = (paths != np.roll(paths, 1, axis=1)).sum(axis=1)
        totals = cost[np.arange(6), paths].sum(axis=1) + 0.2 * changes
        own = cheapest_path(cost, 0.2)
        total = cost[np.arange(6), own].sum() + 0.2 * np.sum(own != np.roll(own, 1))
        assert total <= totals.min() + 0.4 + 1e-12  # two rounds may leave one change too many at the cut
        assert total >= totals.min() - 1e-12
