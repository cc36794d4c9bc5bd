"""One track turned into audio: its notes are sounded, ducked, swept, echoed and added up."""

import numpy as np

from mixdream.demo import effects
from mixdream.demo.drums import DRUMS
from mixdream.demo.instruments import INSTRUMENTS
from mixdream.demo.score import Note, Part, Track, notes_of, section_spans
from mixdream.demo.synth import Audio, from_db, midi_to_hz, moving_filter, panned, place, to_samples
from mixdream.demo.truth import SectionSpan

REVERB_S = 2.2


def render_part(part: Part, notes: list[Note], samples: int, rng: np.random.Generator) -> Audio:
    """Sound the notes of a part, shape (2, samples); each different note is synthesised once."""
    stem = np.zeros((2, samples), np.float32)
    sounds: dict[tuple[int, float], Audio] = {}
    gain = from_db(part.gain_db) / len(part.voices) ** 0.5
    for note in notes:
        if part.sound in DRUMS:
            kind = (0, 0.0)
            if kind not in sounds:
                sounds[kind] = panned(DRUMS[part.sound](rng), part.pan)
        else:
            kind = (note.midi, round(note.gate_s, 4))
            if kind not in sounds:
                sounds[kind] = INSTRUMENTS[part.sound](midi_to_hz(note.midi), note.gate_s, rng)
        place(stem, to_samples(note.start_s), sounds[kind], gain * note.velocity)
    return stem


def _drift(part: Part, stem: Audio, bars: int) -> Audio:
    """Let the part's low-pass wander between its bounds, up and down once in 8 bars."""
    if part.motion_hz is None:
        return stem
    low_hz, high_hz = part.motion_hz
    phase = np.linspace(0.0, bars / 8, 16 * bars)
    return moving_filter(stem, low_hz * (high_hz / low_hz) ** (0.5 - 0.5 * np.cos(2 * np.pi * phase)), q=1.2)


def render_track(track: Track, rng: np.random.Generator) -> tuple[Audio, list[SectionSpan]]:
    """Render a track, not yet mastered: audio, shape (2, samples), exactly its bars long, and sections."""
    samples = to_samples(track.bars * track.bar_s)
    notes = {name: notes_of(track, name, rng) for name in track.parts}
    kicks_s = [
        n.start_s for name, p in track.parts.items() if p.sound.startswith("kick") for n in notes[name]
    ]
    duck = effects.ducking(kicks_s, samples, track.duck)
    drums, music, to_reverb, to_echo = np.zeros((4, 2, samples), np.float32)

    for name, part in track.parts.items():
        stem = _drift(part, render_part(part, notes[name], samples, rng), track.bars)
        if part.sound in DRUMS:
            drums += stem
        else:
            music += stem
        if part.reverb:
            to_reverb += np.float32(part.reverb) * stem
        if part.echo:
            to_echo += np.float32(part.echo) * stem

    sections = section_spans(track, notes)
    for section, span in zip(track.sections, sections, strict=True):
        if section.sweep_hz is not None:
            for bus in (music, to_reverb, to_echo):
                effects.sweep_section(bus, span.start_s, span.end_s, section.sweep_hz)

    echoes = effects.echo(to_echo, 3 * track.bar_s / 16)
    to_reverb += np.float32(0.3) * echoes
    wet = effects.reverb(to_reverb, REVERB_S, rng)
    return drums + duck * (music + echoes + wet), sections
