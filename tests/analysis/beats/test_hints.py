"""Tracking with hints: what is known decides, what is heard says where exactly, and whether it is sure."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixdream.analysis.beats.hints import Hints
from mixdream.analysis.beats.tracking import track_beats
from tests.analysis.beats.beat_audio import drums, track
from tests.analysis.beats.patterns import rendered, renderings
from tests.analysis.beats.verdict import verdict

BEAT_S = 60 / 125
HOUSE = drums(np.arange(0, 40, BEAT_S), 40)


@pytest.mark.parametrize("number", [38, 46, 61, 70, 78, 107, 130, 145, 150, 163])
def test_tempo_and_a_downbeat_are_all_that_can_be_wrong(number: int) -> None:
    rendering = rendered(renderings()[number])
    downbeat = rendering.beat_s[(rendering.in_bar == 0) & (rendering.beat_s > 8)][0]
    hints = Hints(((0, round(rendering.bpm)),), (downbeat * 8000 + 300,))
    assert verdict(rendering, track(rendering.audio, hints=hints)[0]) == "sure and right"


@pytest.mark.parametrize("number", [36, 40, 71, 75, 112])
def test_a_tempo_ends_the_doubt_about_half_and_double(number: int) -> None:
    rendering = rendered(renderings()[number])
    beats, tempo = track(rendering.audio, hints=Hints(((0, rendering.bpm),)))
    assert np.median([block.bpm for block in tempo]) == pytest.approx(rendering.bpm, rel=0.002)
    assert verdict(rendering, beats) == "sure and right"


def test_a_downbeat_moves_the_bars() -> None:
    beats, _ = track(HOUSE, hints=Hints((), ((5 * BEAT_S + 0.05) * 8000,)))
    number = np.rint(beats.sample / 8000 / BEAT_S)
    assert np.abs(beats.sample / 8000 - number * BEAT_S).max() < 0.005
    assert (beats.in_bar == (number - 5) % 4).all() and beats.sure.mean() > 0.95


def test_a_downbeat_between_beats_moves_the_beats() -> None:
    beats, tempo = track(HOUSE, hints=Hints((), (8.5 * BEAT_S * 8000,)))
    number = beats.sample / 8000 / BEAT_S
    assert np.abs(number % 1 - 0.5).max() < 0.02
    assert tempo[0].bpm == pytest.approx(125, abs=0.1)


def test_bars_are_counted_from_each_downbeat_to_the_next() -> None:
    beats, _ = track(HOUSE, hints=Hints((), (4 * BEAT_S * 8000, 42 * BEAT_S * 8000)))
    number = np.rint(beats.sample / 8000 / BEAT_S).astype(int)
    before, after = number < 42, number >= 42
    assert (beats.in_bar[before] == number[before] % 4).all()
    assert (beats.in_bar[after] == (number[after] - 42) % 4).all()
    assert not beats.sure[(number >= 38) & (number < 46)].any(), "no loop across a bar that is cut short"
    assert beats.sure[(number < 38) | (number > 46)].mean() > 0.9


def test_a_set_may_drift_from_the_tempo_that_was_said() -> None:
    bpm = np.linspace(126, 129, 160)
    times_s = np.cumsum(60 / bpm) - 60 / bpm[0]
    beats, _ = track(drums(times_s, 75), hints=Hints(((0, 128),), (times_s[4] * 8000,)))
    sure_s = beats.sample[beats.sure] / 8000
    nearest = np.abs(sure_s[:, None] - times_s).argmin(axis=1)
    assert len(sure_s) > 150 and np.abs(sure_s - times_s[nearest]).max() < 0.025
    assert (beats.in_bar[beats.sure] == nearest % 4).all()


@pytest.mark.parametrize(("first", "last", "said"), [(176, 178, 177), (88.2, 88.9, 88.5)])
def test_a_drift_past_the_edge_of_an_octave_stays_in_it(first: float, last: float, said: float) -> None:
    times_s = np.cumsum(60 / np.linspace(first, last, int(60 * said / 60)))
    beats, tempo = track(drums(times_s, 60), hints=Hints(((0, said),)))
    assert [block.bpm for block in tempo] == pytest.approx([said] * len(tempo), rel=0.02)
    nearest = np.abs(beats.sample[:, None] / 8000 - times_s).argmin(axis=1)
    assert np.median(np.abs(beats.sample / 8000 - times_s[nearest])) < 0.01


@pytest.mark.parametrize("ratio", [0.93, 1.08, 1.17])
def test_next_to_no_beat_is_sure_at_a_tempo_that_is_not_there(ratio: float) -> None:
    assert track(HOUSE, hints=Hints(((0, 125 * ratio),), (0,)))[0].sure.mean() < 0.12


def test_tempos_hold_from_their_place_on() -> None:
    hints = Hints(((1000, 100.0), (2000, 174.0)))
    sample = np.array([0, 1500, 2500, 2500, 2500])
    heard = np.array([100.5, 140.0, 87.2, 175.0, 116.0])
    assert hints.tempo_at(sample, heard).tolist() == [100.5, 100.0, 174.4, 175.0, 174.0]


@settings(max_examples=60)
@given(
    cuts=st.lists(st.integers(1, len(HOUSE) - 1), max_size=4, unique=True),
    tempos=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(60, 200)), max_size=4),
    downbeats=st.lists(st.floats(0, len(HOUSE)), max_size=20),
    loudness=st.sampled_from([0, 1, 32767]),
)
def test_whatever_may_be_said_can_be_followed(
    cuts: list[int], tempos: list[tuple[float, float]], downbeats: list[float], loudness: int
) -> None:
    """Else no build of the corpus that was told so would come to an end."""
    edges = [0, *sorted(cuts), len(HOUSE)]
    audio = (HOUSE.astype(np.int32) * loudness // 32767).astype(np.int16)
    beats, _ = track_beats(
        lambda start, stop: [audio[start:stop]],
        list(pairwise(edges)),
        [edge / 8000 for edge in edges[:-1]],
        8000,
        Hints(tuple(sorted(tempos)), tuple(sorted(downbeats))),
    )
    assert np.isfinite(beats.sample).all() and (np.diff(beats.sample) > 0).all()
    assert set(beats.in_bar.tolist()) <= {0, 1, 2, 3} and len(beats) == len(beats.sure)
