"""Lines of a loop that is made of known parts."""

from functools import cache

import numpy as np
import pytest

from mixdream.analysis.lines.notes import DRUM_NOTES, Lines, Note, find_lines
from mixdream.analysis.stems.stems import Stems, split_stems
from tests.analysis import loop_parts as parts

STEPS = 32


@cache
def lines() -> Lines:
    drums = parts.kicks() + parts.snares() + parts.hats()
    loop = drums + parts.bass() + 0.3 * parts.chord()
    return find_lines(split_stems(loop, parts.RATE_HZ), parts.RATE_HZ, parts.BEATS)


def steps_of(kind: str) -> list[int]:
    return [note.step for note in lines().drums if note.midi == DRUM_NOTES[kind]]


def test_drums_are_where_they_are_struck() -> None:
    assert steps_of("kick") == list(range(0, STEPS, 4))
    assert steps_of("snare") == list(range(4, STEPS, 8))
    assert set(steps_of("hat")) >= set(range(2, STEPS, 4))


def test_soft_snares_are_heard_and_skins_without_wires_are_none() -> None:
    """Ghosts 8 dB below the backbeat; a conga on other steps rings as a snare's skin does."""
    step = parts.BEAT // 4
    snares, skin_s = parts.snares(), parts.T % 0.5
    skin = 0.6 * np.sin(2 * np.pi * 210 * skin_s) * np.exp(-skin_s / 0.09) * (parts.T % 1 < 0.5)
    ghosts = 0.4 * np.roll(snares, 3 * step)
    loop = parts.kicks() + snares + ghosts + np.roll(skin, 2 * step) + parts.hats() + 0.3 * parts.chord()
    found = find_lines(split_stems(loop, parts.RATE_HZ), parts.RATE_HZ, parts.BEATS).drums
    struck = [note.step for note in found if note.midi == DRUM_NOTES["snare"]]
    assert struck == sorted([*range(4, STEPS, 8), *range(7, STEPS, 8)])


def test_the_bass_has_its_notes() -> None:
    assert [(note.step, note.midi) for note in lines().bass] == list(
        zip(range(2, STEPS, 4), parts.BASS_NOTES, strict=True)
    )
    assert {note.steps for note in lines().bass} <= {1, 2, 3}


def test_straight_music_has_no_swing() -> None:
    assert lines().swing == 0


def test_notes_are_as_midi_has_them() -> None:
    every: list[Note] = [*lines().bass, *lines().melody, *lines().drums]
    assert all(0 <= note.step < STEPS and 1 <= note.steps <= STEPS for note in every)
    assert all(0 <= note.midi <= 127 and 1 <= note.velocity <= 127 for note in every)


@pytest.mark.parametrize("audio", [np.zeros(22_050), np.random.default_rng(0).standard_normal(22_050)])
def test_silence_and_noise_play_no_bass(audio: np.ndarray) -> None:
    silence = 0 * audio
    assert find_lines(Stems(silence, silence, audio), 22_050, 2).bass == ()


def test_a_melody_over_a_chord_that_stays() -> None:
    midi = np.array([69, 72, 76, 81, 79, 76, 72, 74])
    t = parts.T % 0.5
    hz = 440 * 2 ** ((midi[(parts.T // 0.5).astype(int)] - 69) / 12)
    wave = np.sum([0.5**n * np.sin(2 * np.pi * n * hz * t) for n in (1, 2, 3)], axis=0)
    music = 0.5 * wave * np.exp(-t / 0.15) * np.minimum(1, t / 0.004) + 0.2 * parts.chord()
    silence = 0 * music
    melody = find_lines(Stems(silence, silence, music), parts.RATE_HZ, parts.BEATS).melody
    assert [(note.step, note.midi) for note in melody] == list(
        zip(range(0, STEPS, 4), midi.tolist(), strict=True)
    )
