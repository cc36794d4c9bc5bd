"""The lines of a loop as a Standard MIDI File."""

from collections.abc import Sequence
from pathlib import Path

import mido

from mixdream.analysis.lines.notes import Lines, Note
from mixdream.analysis.lines.struck import STEPS_PER_BEAT
from mixdream.files import valid_text, write_with
from mixdream.generation.export.loop_file import LoopFile

_TICKS_PER_BEAT = 480
_STEP_TICKS = _TICKS_PER_BEAT // STEPS_PER_BEAT
_CHANNELS = {"bass": 0, "melody": 1, "drums": 9}  # 9 is the tenth, of drums in General MIDI


def midi_path(loop: LoopFile, folder: Path) -> Path:
    """Where a loop's MIDI file is written."""
    return folder / f"{loop.path.stem}.mid"


def write_midi(loop: LoopFile, lines: Lines, folder: Path) -> dict[str, object]:
    """Write a file of format 1, as long as the loop, with a track of tempo and metre and one for each line.

    Returns
    -------
    dict
        ``file``, ``swing``, and how many notes each line has.
    """
    path = midi_path(loop, folder)
    folder.mkdir(parents=True, exist_ok=True)
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS_PER_BEAT, charset="utf-8")
    end = loop.beats * _TICKS_PER_BEAT
    tempo = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(loop.bpm))
    metre = mido.MetaMessage("time_signature", numerator=4, denominator=4)
    origin = mido.MetaMessage("text", text=loop.identity)
    file.tracks.append(_track(valid_text(loop.path.stem), [(0, origin), (0, tempo), (0, metre)], end))
    for name, channel in _CHANNELS.items():
        messages = _messages(getattr(lines, name), channel, lines.swing, end)
        file.tracks.append(_track(name, messages, end))
    write_with(path, lambda to: file.save(file=to))
    return {
        "file": str(path),
        "swing": lines.swing,
        "notes": {name: len(getattr(lines, name)) for name in _CHANNELS},
    }


def _messages(notes: Sequence[Note], channel: int, swing: float, end: int) -> list[tuple[int, mido.Message]]:
    """Messages and their ticks, in order; what lasts beyond the end of the loop ends there."""
    messages = []
    for note in notes:
        first, last = (_tick(step, swing) for step in (note.step, note.step + note.steps))
        about = {"channel": channel, "note": note.midi}
        messages.append((first, mido.Message("note_on", velocity=note.velocity, **about)))
        messages.append((min(last, end), mido.Message("note_off", **about)))
    return sorted(messages, key=lambda at: (at[0], at[1].type == "note_on"))


def _tick(step: int, swing: float) -> int:
    return step * _STEP_TICKS + round(swing * _STEP_TICKS) * (step % 2)


def _track(name: str, messages: Sequence[tuple[int, mido.Message]], end: int) -> mido.MidiTrack:
    """Track of messages at their ticks, which ends with the loop."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    before = 0
    for tick, message in [*messages, (end, mido.MetaMessage("end_of_track"))]:
        track.append(message.copy(time=tick - before))
        before = tick
    return track
