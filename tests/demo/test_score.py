"""Patterns become notes at the right time, in key, of the right length."""

from dataclasses import replace

import numpy as np
import pytest

from mixdream.demo.drums import DRUMS
from mixdream.demo.instruments import INSTRUMENTS
from mixdream.demo.score import Note, Part, Section, Track, notes_of, section_spans
from mixdream.demo.specs import SET_SPECS
from mixdream.demo.synth import midi_to_hz
from mixdream.demo.track import render_part

TRACKS = [track for spec in SET_SPECS.values() for track in spec.tracks]
BY_TITLE = {track.title: track for track in TRACKS}
# Written down here a second time on purpose: a slip in the package's own table must show.
IN_KEY = {
    "F phrygian": "F F# G# A# C C# D#",
    "A dorian": "A B C D E F# G",
    "E minor": "E F# G A B C D",
    "F# minor": "F# G# A B C# D E",
    "D minor": "D E F G A A# C",
    "G major": "G A B C D E F#",
}
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def one_bar(part: Part, swing: float = 0.0) -> Track:
    """Make a track of one bar of two seconds with one part."""
    return Track("t", "g", 120.0, "C major", (0,), {"it": part}, (Section("intro", 1, "it"),), swing)


def notes(track: Track) -> list[Note]:
    """Write out the part of `one_bar`."""
    return notes_of(track, "it", np.random.default_rng(0))


def test_steps_are_sixteenths_and_underscores_hold() -> None:
    first, second = notes(one_bar(Part("pad", ("0___----2-------",), octave=4)))
    assert (first.start_s, second.start_s) == (0.0, 1.0)
    assert (first.midi, second.midi) == (60, 64)
    assert first.gate_s == pytest.approx(3.85 * 0.125)
    assert second.gate_s == pytest.approx(0.85 * 0.125)


def test_swing_delays_every_second_sixteenth_only() -> None:
    hits = notes(one_bar(Part("hat", ("x" * 16,)), swing=0.2))
    late = [hit.start_s - step * 0.125 for step, hit in enumerate(hits)]
    assert late == pytest.approx([0.0, 0.025] * 8)


def test_swelling_part_grows_louder_and_accents_stand_out() -> None:
    roll = [hit.velocity for hit in notes(one_bar(Part("snare", ("x" * 16,), swell=True)))]
    assert roll[-1] > 2 * roll[0]
    accent, hit, ghost = (n.velocity for n in notes(one_bar(Part("snare", ("X---x---o-------",)))))
    assert accent > hit > ghost


def test_fill_silences_the_kick_in_the_last_beat() -> None:
    track = one_bar(Part("kick_deep", ("x---x---x---x---",)))
    filled = replace(track, sections=(Section("intro", 2, "it", fill=True),))
    assert [n.start_s for n in notes(filled)] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]


def test_pads_alone_do_not_make_the_beat_audible() -> None:
    for sound, audible in (("pad", False), ("pluck", True)):
        track = one_bar(Part(sound, ("0---0---0---0---",)))
        (span,) = section_spans(track, {"it": notes(track)})
        assert (span.drums, span.beat_audible) == (False, audible)


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.title)
def test_specs_are_well_formed(track: Track) -> None:
    for name, part in track.parts.items():
        assert part.sound in DRUMS or part.sound in INSTRUMENTS, name
        assert {len(pattern) for pattern in part.patterns} == {16}, name
        allowed = set("Xxo-") if part.sound in DRUMS else set("0123456789_-")
        assert part.once or set("".join(part.patterns)) <= allowed, name
    played = {name for section in track.sections for name in section.parts.split()}
    assert played == set(track.parts), "every part is played, and no other"


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.title)
def test_written_notes_are_in_the_stated_key(track: Track) -> None:
    for name, part in track.parts.items():
        if part.sound in INSTRUMENTS:
            written = notes_of(track, name, np.random.default_rng(1))
            assert {NAMES[note.midi % 12] for note in written} <= set(IN_KEY[track.key].split()), name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Corner Shop", "bass"),
        ("Late Ferry", "bass"),
        ("Northern Line of Sight", "bass"),
        ("Northern Line of Sight", "lead"),
        ("Wet Pavement", "bell"),
        ("Tide Tables", "bell"),
    ],
)
def test_sounding_notes_have_their_strongest_partial_in_the_stated_key(title: str, name: str) -> None:
    rng = np.random.default_rng(2)
    track = BY_TITLE[title]
    part = track.parts[name]
    in_key = IN_KEY[track.key].split()
    kinds = {note.midi: note for note in notes_of(track, name, rng)}
    assert len(kinds) >= 4, "a line of fewer pitches says little about a key"
    for midi, note in kinds.items():
        alone = replace(note, start_s=0.0)
        audio = render_part(part, [alone], round(44_100 * note.gate_s), rng).mean(axis=0)
        spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 2**17))
        peak_bin = int(np.argmax(spectrum[60:])) + 60  # below 20 Hz there is only the envelope
        peak_hz = peak_bin * 44_100 / 2**17
        semitones = 69 + 12 * np.log2(peak_hz / 440.0)
        assert abs(semitones - round(semitones)) < 0.35, f"{peak_hz:.1f} Hz for {midi_to_hz(midi):.1f} Hz"
        assert NAMES[round(semitones) % 12] in in_key
