"""Performances against closed forms."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.signal import butter, freqz, lfilter

from mixdream.studio.play.play_state import RATE_HZ, Pitch
from mixdream.studio.takes.automation import Cut, Glide, biquad
from mixdream.studio.takes.performance import Performance, lines_of
from mixdream.studio.takes.rendering import render
from tests.studio.playing import BAR, impulses

PERIODS = {
    "a": impulses(1000, 30_000),
    "b": 0.5 * impulses(2000),
    "noise": np.random.default_rng(0).normal(0, 0.1, BAR),
}


def played(loop_id: str, bar_samples: int, pitch: Pitch) -> np.ndarray:
    """Loops of a bar, whatever the tempo."""
    period = PERIODS[loop_id]
    return np.stack([period, -period])


def performed(events: list[dict[str, Any]], samples: int = 4 * BAR) -> np.ndarray:
    performance = Performance.model_validate({"bar_samples": BAR, "samples": samples, "events": events})
    audio = np.concatenate(list(render(performance, played)), axis=1)
    assert audio.shape == (2, samples) and np.array_equal(audio[0], -audio[1])
    return audio[0]


def same(audio: np.ndarray, expected: np.ndarray | float) -> bool:
    return np.allclose(audio, expected, rtol=0, atol=1e-9)


def launch(pad: int | str, loop: str, at: int, **more: Any) -> dict[str, Any]:
    return {"do": "launch", "pad": pad, "loop": loop, "at": at, **more}


def test_impulses_land_where_they_were_launched() -> None:
    audio = performed([launch(0, "a", 12_345), launch("xy", "b", 50_001, offset=500)])
    expected = np.zeros(4 * BAR)
    for period in range(4):
        for at, peak in ((12_345 + 1000, 0.5), (12_345 + 30_000, 0.5), (50_001 + 1500, 0.25)):
            if (sample := at + period * BAR) < 4 * BAR:
                expected[sample] += peak
    assert np.array_equal(audio, expected)


def test_what_is_stopped_fades_in_5_ms_and_what_gives_way_too() -> None:
    PERIODS["one"] = np.full(BAR, 0.5)
    events = [launch(3, "one", 0), {"do": "stop", "pad": 3, "at": 50_000}]
    audio = performed(events, BAR)
    fade = np.clip(1 - (np.arange(BAR) - 50_000) / 220.5, 0, 1)
    start = np.clip(np.arange(BAR) / 44.1, 0, 1)
    assert same(audio, 0.5 * np.minimum(fade, start))
    other = performed([launch(3, "one", 0), launch(3, "one", 50_000, continues=True, offset=50_000)], BAR)
    assert same(other, 0.5 * start)  # one goes as the other comes


def test_what_was_to_begin_later_never_does_once_it_is_taken_back() -> None:
    events = [launch(0, "a", 2 * BAR), {"do": "stop", "pad": 0, "at": BAR}, launch(1, "b", 0)]
    assert np.array_equal(performed(events), performed([launch(1, "b", 0)]))


def test_a_tempo_goes_on_at_the_same_place_of_the_bars() -> None:
    events = [launch(0, "a", 0), {"do": "tempo", "at": BAR // 2, "bar_samples": 2 * BAR, "pitch": "follow"}]
    (line,) = lines_of(
        Performance.model_validate({"bar_samples": BAR, "samples": 9 * BAR, "events": events})
    ).values()
    before, after = line.sounds
    assert (before.stop_at, before.bar_samples, before.pitch) == (BAR // 2, BAR, "keep")
    assert (after.at, after.offset, after.bar_samples, after.pitch) == (BAR // 2, BAR, 2 * BAR, "follow")
    assert after.continues


def test_volume_and_mute_are_heard_and_glide() -> None:
    PERIODS["one"] = np.full(BAR, 0.5)
    events = [
        {"do": "set", "pad": 0, "at": 0, "volume": 0.5, "mute": False},
        launch(0, "one", 0),
        {"do": "set", "pad": 0, "at": 20_000, "volume": 0.25},
        {"do": "set", "pad": 0, "at": 40_000, "mute": True},
    ]
    audio = performed(events, BAR)
    assert same(audio[100:20_000], 0.25)
    away = np.exp(-np.arange(1000) / (0.005 / 3 * RATE_HZ))
    assert same(audio[20_000:21_000], 0.125 + 0.125 * away)
    assert not audio[40_000 + round(0.05 * RATE_HZ) :].any()
    assert np.abs(np.diff(audio[100:])).max() < 0.125 * 0.02  # nothing clicks


@pytest.mark.parametrize(("kind", "passes"), [("low_cut_hz", "high"), ("high_cut_hz", "low")])
@pytest.mark.parametrize("cutoff_hz", [60.0, 500.0, 12_000.0])
def test_cuts_are_butterworth_filters_of_the_cutoff(kind: str, passes: str, cutoff_hz: float) -> None:
    """The bilinear transform of one, which is what Web Audio's are at a Q of -3.01 dB."""
    events = [{"do": "set", "pad": 0, "at": 0, kind: cutoff_hz}, launch(0, "noise", 0, continues=True)]
    period = PERIODS["noise"] * np.clip(np.arange(BAR) / 220.5, 0, 1)
    b, a = butter(2, cutoff_hz, passes, fs=RATE_HZ)
    assert same(performed(events, BAR), lfilter(b, a, period))
    made = biquad(np.array([cutoff_hz]), high_pass=passes == "high")[:, 0]
    _, response = freqz(made[:3], [1, *made[3:]], [cutoff_hz], fs=RATE_HZ)
    assert abs(response[0]) == pytest.approx(np.sqrt(0.5))


def test_a_cut_that_moves_does_not_click_and_ends_as_a_wire() -> None:
    cutoff = Glide(RATE_HZ / 2)
    for at, hz in ((1, 200.0), (20_000, 8000.0), (40_000, RATE_HZ / 2)):
        cutoff.to(hz, at)
    wave = 0.5 * np.sin(2 * np.pi * 50 * np.arange(60_000) / RATE_HZ)
    cut = Cut("low", cutoff)
    heard = np.concatenate(
        [cut.filter(np.stack([part, part]), 12_000 * i) for i, part in enumerate(np.split(wave, 5))], 1
    )
    assert np.array_equal(heard[0, 50_000:], wave[50_000:])
    assert np.abs(np.diff(heard[0])).max() < 3 * np.abs(np.diff(wave)).max()


def test_an_hour_takes_no_more_memory_than_minutes() -> None:
    """In memory is what plays, and a second of it."""

    def peak(samples: int) -> int:
        performance = Performance.model_validate(
            {"bar_samples": BAR, "samples": samples, "events": [launch(0, "a", 0)]}
        )
        tracemalloc.start()
        for _ in render(performance, played):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(40 * RATE_HZ) < 1.1 * peak(10 * RATE_HZ)


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"do": "launch", "pad": 0}, "a launch names a loop"),
        ({"do": "launch", "pad": 16, "loop": "a"}, "less than 16"),
        ({"do": "launch", "pad": "zz", "loop": "a"}, "'xy' or 'shelf'"),
        ({"do": "stop"}, "stop names a pad"),
        ({"do": "tempo"}, "a tempo has bar_samples"),
        ({"do": "tempo", "bar_samples": 5}, "bar of 5 samples is not possible"),
        ({"do": "set", "pad": 0, "volume": 2}, "less than or equal to 1"),
        ({"do": "set", "pad": 0, "at": -1}, "greater than or equal to 0"),
        ({"do": "set", "pad": 0, "path": "/etc"}, "Extra inputs"),
    ],
)
def test_impossible_events_are_refused(event: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Performance.model_validate({"bar_samples": BAR, "samples": 5, "events": [{"at": 0} | event]})
