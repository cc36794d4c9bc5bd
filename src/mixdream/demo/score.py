"""A track as data, and its patterns turned into timed notes.

A bar has 16 steps. In a drum pattern ``X``, ``x`` and ``o`` are an accent, a hit and a ghost note; in a
tuned one a digit is that many scale steps above the root of the bar's chord, so every note is in key, and
``_`` holds the note before it. ``-`` is silence.
"""

from dataclasses import dataclass, field

import numpy as np

from mixdream.demo.drums import DRUMS
from mixdream.demo.truth import SectionSpan

STEPS_PER_BAR = 16
BEATS_PER_BAR = 4

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
VELOCITIES = {"X": 1.0, "x": 0.8, "o": 0.42}

# Sounds that fade in: nobody taps a foot to them.
UNSTRUCK = {"pad", "drone", "air", "riser", "fall", "crash"}


@dataclass(frozen=True)
class Part:
    """One sound and what it plays.

    Attributes
    ----------
    sound : str
        A name in `DRUMS` or `INSTRUMENTS`.
    patterns : tuple of str
        One bar each, played in turn from the start of every section.
    octave : int
        Octave of the tonic, as in C4 = middle C.
    voices : tuple of int
        Scale steps added to each note; more than one makes chords.
    pan : float in -1..1
    reverb, echo : float
        How much is sent to the effects.
    vary : float in 0..1
        Chance that a note moves up an octave or stays away, bar by bar.
    motion_hz : tuple of float or None
        Bounds (Hz) between which a low-pass over the whole part drifts, once up and down in 8 bars.
    swell : bool
        Run through the patterns once per section instead, growing louder: snare rolls.
    once : bool
        Play one note as long as the section: risers, drones, crashes.
    """

    sound: str
    patterns: tuple[str, ...] = ("0---------------",)
    gain_db: float = -6.0
    octave: int = 3
    voices: tuple[int, ...] = (0,)
    pan: float = 0.0
    reverb: float = 0.0
    echo: float = 0.0
    vary: float = 0.0
    motion_hz: tuple[float, float] | None = None
    swell: bool = False
    once: bool = False


@dataclass(frozen=True)
class Section:
    """Some bars in which the parts named in `parts` (separated by spaces) play.

    `sweep_hz` is a low-pass over all tuned parts that moves from the first cutoff to the second; `fill`
    silences the kick in the last beat, to announce what follows.
    """

    name: str
    bars: int
    parts: str
    sweep_hz: tuple[float, float] | None = None
    fill: bool = False


@dataclass(frozen=True)
class Track:
    """A track: its facts, its parts and its sections.

    Attributes
    ----------
    key : str
        Tonic and scale, such as "F# minor".
    chords : tuple of int
        Scale step of each bar's root, in turn from the start of every section.
    swing : float in 0..0.5
        How late every second sixteenth comes, in steps.
    duck : float in 0..1
        How far the tuned parts make way under each kick.
    """

    title: str
    genre: str
    bpm: float
    key: str
    chords: tuple[int, ...]
    parts: dict[str, Part] = field(repr=False)
    sections: tuple[Section, ...] = field(repr=False)
    swing: float = 0.0
    duck: float = 0.6

    @property
    def bar_s(self) -> float:
        """Length of a bar (s)."""
        return BEATS_PER_BAR * 60.0 / self.bpm

    @property
    def bars(self) -> int:
        """Length of the track in bars."""
        return sum(section.bars for section in self.sections)

    def midi_note(self, scale_step: int, octave: int) -> int:
        """MIDI number of a note, counted in steps of the track's scale from its tonic."""
        tonic, scale = self.key.split()
        turns, degree = divmod(scale_step, 7)
        return 12 * (octave + 1 + turns) + TONICS.index(tonic) + SCALES[scale][degree]


@dataclass(frozen=True)
class Note:
    """One note or hit: start and length (s), MIDI number, velocity in 0..1."""

    start_s: float
    gate_s: float
    midi: int
    velocity: float


def notes_of(track: Track, name: str, rng: np.random.Generator) -> list[Note]:
    """Write out what a part plays from the first bar to the last.

    The generator humanises velocities and picks the variations.
    """
    part, notes, first_bar = track.parts[name], [], 0
    for section in track.sections:
        if name in section.parts.split():
            if part.once:
                start_s, length_s = first_bar * track.bar_s, section.bars * track.bar_s
                notes += [Note(start_s, length_s, track.midi_note(v, part.octave), 1.0) for v in part.voices]
            else:
                for bar in range(section.bars):
                    notes += _bar(track, section, name, bar, (first_bar + bar) * track.bar_s, rng)
        first_bar += section.bars
    return notes


def _bar(
    track: Track, section: Section, name: str, bar: int, bar_start_s: float, rng: np.random.Generator
) -> list[Note]:
    """Write out one bar, the `bar`-th of its section."""
    part, step_s, notes = track.parts[name], track.bar_s / STEPS_PER_BAR, []
    turn = bar * len(part.patterns) // section.bars if part.swell else bar % len(part.patterns)
    pattern = part.patterns[turn]
    muted_from = (
        12 if section.fill and bar == section.bars - 1 and part.sound.startswith("kick") else STEPS_PER_BAR
    )
    for step, symbol in enumerate(pattern[:muted_from]):
        if symbol in "-_":
            continue
        held = len(pattern) - step - len(pattern[step + 1 :].lstrip("_"))
        scale_step = 0
        velocity = VELOCITIES.get(symbol, 0.95 if step % 4 == 0 else 0.8)
        if symbol.isdigit():
            scale_step = int(symbol) + track.chords[bar % len(track.chords)]
            if rng.random() < part.vary:
                if rng.random() < 0.35:
                    continue
                scale_step += 7
        if part.swell:
            velocity *= 0.25 + 0.75 * (bar + step / STEPS_PER_BAR) / section.bars
        velocity *= float(np.clip(1.0 + 0.07 * rng.standard_normal(), 0.8, 1.15))
        start_s = bar_start_s + (step + (track.swing if step % 2 else 0.0)) * step_s
        # Slightly short of the next step, so that repeated notes are heard as such.
        gate_s = (held - 0.15) * step_s
        notes += [
            Note(start_s, gate_s, track.midi_note(scale_step + v, part.octave), velocity) for v in part.voices
        ]
    return notes


def section_spans(track: Track, notes: dict[str, list[Note]]) -> list[SectionSpan]:
    """Tell for each section when it is, whether drums play and whether its beats can be heard.

    ``notes`` is what `notes_of` wrote for every part.
    """
    beat_s = track.bar_s / BEATS_PER_BAR
    struck = {
        round(note.start_s / beat_s * 4) / 4
        for name, part_notes in notes.items()
        if track.parts[name].sound not in UNSTRUCK
        for note in part_notes
    }
    spans, first_bar = [], 0
    for section in track.sections:
        beats = range(first_bar * BEATS_PER_BAR, (first_bar + section.bars) * BEATS_PER_BAR)
        playing = [track.parts[name] for name in section.parts.split()]
        spans.append(
            SectionSpan(
                name=section.name,
                start_s=first_bar * track.bar_s,
                end_s=(first_bar + section.bars) * track.bar_s,
                drums=any(part.sound in DRUMS and not part.once for part in playing),
                beat_audible=sum(beat in struck for beat in beats) >= 0.75 * len(beats),
            )
        )
        first_bar += section.bars
    return spans
