"""How probable a reading is: closed forms for means that are planted."""

import numpy as np
import pytest

from mixdream.analysis.beats.bar_net import STATES
from mixdream.analysis.beats.calibration import (
    _PLACE_SCALE,
    _TEMPO_SCALE,
    _TRACK_BEATS,
    reading_probability,
)

ALL = np.ones(STATES + 1, bool)
FAR = -60.0


def heard(steps: int, **means: float) -> np.ndarray:
    """Log probabilities of readings that go up and down by 1 from step to step; all others are far off."""
    values = np.full((steps, STATES + 1), FAR)
    for reading, mean in means.items():
        values[:, int(reading[1:])] = mean + (-1.0) ** np.arange(steps)
    return values


@pytest.mark.parametrize("steps", [64, 640, 6400])
def test_a_lead_is_worth_the_same_however_long_the_track(steps: int) -> None:
    # Of 16 readings at twice the tempo, 32 at that of the pulse, 64 at half of it.
    place, tempo = reading_probability(heard(steps, r16=-1.0, r0=-3.0), np.full(steps, 16), ALL)
    assert tempo == pytest.approx(1 / (1 + np.exp(-2 * _TEMPO_SCALE)), abs=1e-6)
    assert place == pytest.approx(tempo, abs=1e-6)
    place, tempo = reading_probability(heard(steps, r16=-1.0, r32=-2.0), np.full(steps, 16), ALL)
    assert tempo == pytest.approx(1, abs=1e-6)
    assert place == pytest.approx(1 / (1 + np.exp(-_PLACE_SCALE)), abs=1e-6)


def test_each_track_of_a_mix_is_judged_by_itself() -> None:
    track = 4 * _TRACK_BEATS
    clear, doubtful = heard(track, r16=0.0), heard(track, r16=0.0, r0=-1.0)
    place, _ = reading_probability(np.concatenate([clear, doubtful]), np.full(2 * track, 16), ALL)
    assert place[: track - _TRACK_BEATS].min() > 0.999
    assert place[track + _TRACK_BEATS :].max() < 0.8
    # Where the bar begins anew nothing is taken over from the other side.
    reading = np.repeat([16, 20], track)
    other = np.concatenate([clear, heard(track, r20=0.0)])
    assert reading_probability(other, reading, ALL)[0].min() > 0.999


def test_a_tempo_that_is_known_leaves_no_doubt_of_it() -> None:
    values = heard(128, r16=-3.0, r17=-9.0, r0=-1.0)
    number = np.arange(STATES + 1)
    place, tempo = reading_probability(values, np.full(128, 16), (number >= 16) & (number < 48))
    assert tempo == pytest.approx(1) and place == pytest.approx(1, abs=1e-6)
