"""Beats of audio written for the purpose: exactness, drift, jumps, octaves, and where there is no beat."""

import numpy as np
import pytest

from tests.analysis.beats.beat_audio import drums, track


def errors_s(time_s: np.ndarray, true_s: np.ndarray) -> np.ndarray:
    """Distance of each true beat from the nearest that was found."""
    nearest = np.abs(np.asarray(true_s)[:, None] - time_s).argmin(axis=1)
    return time_s[nearest] - true_s


@pytest.mark.parametrize(("bpm", "first_s"), [(90.5, 0.1), (120, 0.0), (127.37, 0.2131), (133.3, 0.4)])
def test_beats_are_exact_to_a_part_of_a_frame(bpm: float, first_s: float) -> None:
    true_s = np.arange(first_s, 40, 60 / bpm)
    beats, tempo = track(drums(true_s, 40))
    time_s = beats.sample / 8000
    error_s = errors_s(time_s, true_s)
    assert abs(np.median(error_s)) < 0.003 and np.ptp(error_s) < 0.002  # a frame has 8 ms
    # What lies before the first beat that is struck is carried back to the beginning.
    late = time_s > first_s - 0.01
    assert late.sum() == len(true_s) and beats.sure[late].all()
    assert (beats.in_bar[late] == np.arange(len(true_s)) % 4).all()
    assert [block.bpm for block in tempo] == pytest.approx([bpm] * len(tempo), rel=1e-4)


def test_the_drift_of_a_pitch_fader_is_followed() -> None:
    true_s = np.cumsum(60 / np.linspace(124, 126, 375))
    beats, tempo = track(drums(true_s, 181))
    assert np.abs(errors_s(beats.sample / 8000, true_s)).max() < 0.005
    bpm = [block.bpm for block in tempo]
    assert (
        bpm == sorted(bpm)
        and bpm[0] == pytest.approx(124, abs=0.2)
        and bpm[-1] == pytest.approx(126, abs=0.2)
    )
    assert beats.sure.all()


def test_two_tempos_with_a_hard_cut() -> None:
    first_s, second_s = np.arange(0, 60, 60 / 125), np.arange(60.1, 120, 60 / 140)
    beats, tempo = track(drums(np.concatenate([first_s, second_s]), 120))
    time_s = beats.sample / 8000
    for true_s in (first_s[:-4], second_s[4:]):
        assert np.abs(errors_s(time_s, true_s)).max() < 0.01
    assert {round(block.bpm) for block in tempo if not 50 < block.stop_s < 70} == {125, 140}
    assert not beats.sure[np.abs(time_s - 60).argmin()] and beats.sure.mean() > 0.8


@pytest.mark.parametrize("bpm", [97, 120, 174])
def test_a_fast_tempo_is_not_halved_nor_a_slow_one_doubled(bpm: float) -> None:
    audio = drums(np.arange(0, 60, 60 / bpm), 60, sixteenths=bpm > 100)
    beats, tempo = track(audio)
    assert [block.bpm for block in tempo] == pytest.approx([bpm] * len(tempo), rel=1e-3)
    assert (beats.in_bar == np.arange(len(beats)) % 4).all()


@pytest.mark.parametrize("seconds", [4.05, 8.0])
def test_short_audio_has_beats_that_may_not_be_sure(seconds: float) -> None:
    true_s = np.arange(0, seconds - 0.05, 60 / 128)
    beats, tempo = track(drums(true_s, seconds))
    assert np.abs(errors_s(beats.sample / 8000, true_s)).max() < 0.01
    assert len(tempo) == 1 and tempo[0].stop_s == pytest.approx(seconds)


def no_beat() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    white = rng.standard_normal(8000 * 60)
    pink = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.arange(len(white) // 2 + 1) + 1))
    time_s = np.arange(len(white)) / 8000
    sounds = {
        "white": white,
        "pink": pink,
        "tone": np.sin(2 * np.pi * 220 * time_s),
        "tremolo": np.sin(2 * np.pi * 220 * time_s) * (1 + 0.5 * np.sin(2 * np.pi * 0.7 * time_s)),
        "rain": drums(np.sort(rng.uniform(0, 59, 400)), 60)[:, 0].astype(float),
        "silence": np.zeros(80_000),
        "a moment": white[:2000],
        "one sample": white[:1],
    }
    return {
        name: (wave / max(1e-9, np.abs(wave).max()) * 20_000).astype(np.int16)
        for name, wave in sounds.items()
    }


@pytest.mark.parametrize("name", list(no_beat()))
def test_where_there_is_no_beat_nothing_is_sure(name: str) -> None:
    beats, tempo = track(no_beat()[name][:, None])
    assert not beats.sure.any() and not any(block.sure for block in tempo)
    assert (np.diff(beats.sample) > 0).all() and set(beats.in_bar.tolist()) <= {0, 1, 2, 3}
    assert all(40 < block.bpm < 200 for block in tempo)
