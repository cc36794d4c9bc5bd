"""What a loop plays, as notes on its sixteenths: drums, bass and melody."""

from dataclasses import dataclass

import numpy as np

from mixdream.analysis.levels import levels_db, rises_db
from mixdream.analysis.lines.pitch import track_pitch
from mixdream.analysis.lines.salience import note_salience
from mixdream.analysis.lines.struck import FRAMES_PER_STEP, STEPS_PER_BEAT, find_struck
from mixdream.analysis.stems.stems import BASS_NOTES, Stems

DRUM_NOTES = {"kick": 36, "snare": 38, "hat": 42, "open": 46}
"""General MIDI: bass drum 1, acoustic snare, closed and open hi-hat."""

_LIKELY = 0.5
_BASS_LIKELY, _RISES_COUNT = 0.8, (1.5, 3.0)  # rises count beside the network's odds, less with a kick
_HALF = 0.5
_NOTHING = 1e-9
_FRAME_S = 0.012
_INSIDE = 1, 7  # frames of a step, of 8, in which a pitch is its own
_BEFORE, _AFTER = (-7, -2), (2, 7)  # frames around its beginning that are compared
_MELODY_NOTES = 52, 93  # MIDI, E3 to A6
_COMES_UP = 0.3  # rise at which the melody strikes a note
_STAYS = 0.7
_DRUM_EDGES_HZ = {"kick": (30, 150), "snare": (300, 4000), "hat": (2000, 16_000), "open": (2000, 16_000)}
_SOFTEST = 24
_FINE = 32  # frames in a step by which swing is measured
_LATE = -8, 18  # frames around a step in which its onset is looked for
_LEAST_SWING, _MOST_SWING = 0.04, 0.45
_LEAST_ONSETS = 3


@dataclass(frozen=True)
class Note:
    """A note: first step and length in sixteenths, MIDI number, and velocity in 1 to 127."""

    step: int
    steps: int
    midi: int
    velocity: int


@dataclass(frozen=True)
class Lines:
    """The lines of a loop.

    Attributes
    ----------
    swing : float, 0 or in [0.04, 0.45]
        How late every second sixteenth comes, in sixteenths.
    """

    swing: float
    bass: tuple[Note, ...]
    melody: tuple[Note, ...]
    drums: tuple[Note, ...]


def find_lines(stems: Stems, rate_hz: int, beats: int) -> Lines:
    """Write down what a loop that begins on a downbeat plays.

    What drums and bass strike is heard by a network (`mixdream.analysis.lines.struck`); a bass is also struck
    where one of its notes comes up. The pitch of the bass is followed in its stem
    (`mixdream.analysis.lines.pitch`). Music has many voices; its melody is the note that comes up most at
    each sixteenth (`mixdream.analysis.lines.salience`).
    """
    drums, bass, music = (np.atleast_2d(stem).mean(axis=0) for stem in stems)
    whole = drums + bass + music
    odds = find_struck(whole, rate_hz, beats)
    struck = {kind: each > _LIKELY for kind, each in odds.items()}
    swing = _swing(whole, rate_hz, np.any(list(struck.values()), axis=0))
    starts = _starts(beats * STEPS_PER_BEAT, swing)
    return Lines(
        swing,
        _bass(bass, rate_hz, odds["bass"], struck["kick"], starts),
        _melody(note_salience(music, rate_hz, len(starts) * FRAMES_PER_STEP, *_MELODY_NOTES), starts),
        _hits(drums, rate_hz, struck),
    )


def _swing(audio: np.ndarray, rate_hz: int, struck: np.ndarray) -> float:
    """How much later the onsets of every second sixteenth are than those of the others; 0 if not surely."""
    steps = len(struck)
    rises = rises_db(levels_db(audio, rate_hz, _FRAME_S, steps * _FINE, loop=True), loop=True)
    around = np.arange(steps)[:, None] * _FINE + np.arange(*_LATE)
    late = rises[around % len(rises)].argmax(axis=1) / _FINE
    even, odd = (late[part::2][struck[part::2]] for part in (0, 1))
    if min(len(even), len(odd)) < _LEAST_ONSETS:
        return 0.0
    later = float(odd.mean() - even.mean())
    error = np.sqrt(even.var() / len(even) + odd.var() / len(odd))
    return min(later, _MOST_SWING) if later > max(_LEAST_SWING, 2 * error) else 0.0


def _starts(steps: int, swing: float) -> np.ndarray:
    """Frame in which each step begins, shape (steps,)."""
    step = np.arange(steps)
    return np.round((step + swing * (step % 2)) * FRAMES_PER_STEP).astype(int)


def _around(starts: np.ndarray, first: int, stop: int) -> np.ndarray:
    """Frames around the beginnings of steps, shape (steps, stop - first)."""
    return (starts[:, None] + np.arange(first, stop)) % (len(starts) * FRAMES_PER_STEP)


def _comes_up(salience: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How salient each note is in each step, and how much more than before it, of the highest."""
    after, before = (salience[_around(starts, *frames)].mean(axis=1) for frames in (_AFTER, _BEFORE))
    return after, np.maximum(after - before, 0) / max(float(after.max()), _NOTHING)


def _bass(
    stem: np.ndarray, rate_hz: int, odds: np.ndarray, kicks: np.ndarray, starts: np.ndarray
) -> tuple[Note, ...]:
    """Notes that begin where one is struck or comes up, and last while their pitch does."""
    frames = len(starts) * FRAMES_PER_STEP
    track = track_pitch(stem, rate_hz, frames, *BASS_NOTES)
    _, rises = _comes_up(note_salience(stem, rate_hz, frames, *BASS_NOTES), starts)
    counts = np.where(kicks, *_RISES_COUNT)
    struck = odds + counts * rises.max(axis=1) > _BASS_LIKELY
    inside = _around(starts, *_INSIDE)
    sounds, level_db = track.sounds[inside], track.level_db[inside].max(axis=1)
    pitch = np.array([_most_often(notes[on]) for notes, on in zip(track.notes[inside], sounds, strict=True)])
    pitch[(sounds.mean(axis=1) < _HALF) & ~struck] = 0
    return tuple(
        Note(step, _lasts(struck | (pitch != pitch[step]), step), int(pitch[step]), _velocity(level_db[step]))
        for step in np.flatnonzero(struck & (pitch > 0)).tolist()
    )


def _most_often(notes: np.ndarray) -> int:
    return int(np.bincount(notes).argmax()) if len(notes) else 0


def _lasts(ends: np.ndarray, step: int) -> int:
    """Steps from one to the next that ends it; it comes round again at the latest."""
    later = np.roll(ends, -step - 1)[:-1]
    return 1 + (int(later.argmax()) if later.any() else len(later))


def _melody(salience: np.ndarray, starts: np.ndarray) -> tuple[Note, ...]:
    """The note that comes up most at each step, where one does; it lasts while it is salient."""
    after, rises = _comes_up(salience, starts)
    highest = rises.max(axis=1)
    struck, note = highest > _COMES_UP, rises.argmax(axis=1)
    notes = []
    for step in np.flatnonzero(struck).tolist():
        own = after[:, note[step]]
        lasts = _lasts(struck | (own < _STAYS * own[step]), step)
        level_db = 20 * np.log10(highest[step] / highest.max())
        notes.append(Note(step, lasts, _MELODY_NOTES[0] + int(note[step]), _velocity(level_db)))
    return tuple(notes)


def _hits(drums: np.ndarray, rate_hz: int, struck: dict[str, np.ndarray]) -> tuple[Note, ...]:
    """Notes of the drums, softer where their band is."""
    notes = []
    for kind, midi in DRUM_NOTES.items():
        steps = np.flatnonzero(struck[kind])
        if not len(steps):
            continue
        frames = len(struck[kind]) * FRAMES_PER_STEP
        (levels,) = levels_db(drums, rate_hz, _FRAME_S, frames, loop=True, edges_hz=_DRUM_EDGES_HZ[kind])
        peaks = levels[(steps[:, None] * FRAMES_PER_STEP + np.arange(-1, FRAMES_PER_STEP)) % frames].max(
            axis=1
        )
        notes += [
            Note(step, 1, midi, _velocity(peak))
            for step, peak in zip(steps.tolist(), peaks - peaks.max(), strict=True)
        ]
    return tuple(sorted(notes, key=lambda note: (note.step, note.midi)))


def _velocity(level_db: float) -> int:
    """Velocity of a note so many dB below the loudest; 40 dB are all of the range."""
    return int(np.clip(round(127 * 10 ** (level_db / 40)), _SOFTEST, 127))
