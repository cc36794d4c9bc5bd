"""MIDI files, read by mido and, byte by byte, by the standard itself."""

import struct
from dataclasses import replace
from pathlib import Path

import mido
import pytest

from mixdream.analysis.lines.notes import Lines, Note
from mixdream.generation.export.loop_file import LoopFile, read_loop
from mixdream.generation.export.write_midi import write_midi
from tests.generation.loops_made import write_loop_file

LINES = Lines(
    swing=0.25,
    bass=(Note(0, 2, 33, 100), Note(31, 4, 45, 64)),
    melody=(Note(4, 1, 72, 90), Note(5, 1, 72, 90)),
    drums=(Note(0, 1, 36, 127), Note(0, 1, 42, 30), Note(1, 1, 42, 30)),
)


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> LoopFile:
    return read_loop(write_loop_file(tmp_path_factory.mktemp("loops")))


def written(loop: LoopFile, lines: Lines, folder: Path) -> Path:
    return Path(str(write_midi(loop, lines, folder)["file"]))


def variable_length(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where the next begins."""
    value = 0
    while True:
        value = value << 7 | data[at] & 0x7F
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def events(track: bytes) -> list[tuple[int, int, bytes]]:
    """Ticks, status and data of all events of a track: the Standard MIDI File 1.0, without running status."""
    at, tick, found = 0, 0, []
    status = 0
    while at < len(track):
        delta, at = variable_length(track, at)
        tick += delta
        if track[at] & 0x80:
            status, at = track[at], at + 1
        if status == 0xFF:
            kind = track[at]
            length, at = variable_length(track, at + 1)
            found.append((tick, 0xFF00 | kind, track[at : at + length]))
        else:
            length = 2
            found.append((tick, status, track[at : at + length]))
        at += length
    return found


def test_bytes_are_those_of_the_standard(loop: LoopFile, tmp_path: Path) -> None:
    data = written(loop, LINES, tmp_path).read_bytes()
    assert struct.unpack(">4sIHHH", data[:14]) == (b"MThd", 6, 1, 4, 480)
    at, tracks = 14, []
    while at < len(data):
        name, size = struct.unpack(">4sI", data[at : at + 8])
        assert name == b"MTrk"
        tracks.append(events(data[at + 8 : at + 8 + size]))
        at += 8 + size
    assert at == len(data)
    tempo, bass, melody, drums = tracks
    assert (0, 0xFF51, (500_000).to_bytes(3, "big")) in tempo  # 120 BPM
    assert (0, 0xFF58, bytes([4, 2, 24, 8])) in tempo  # 4/4
    assert [track[0][1:] for track in tracks[1:]] == [
        (0xFF03, b"bass"),
        (0xFF03, b"melody"),
        (0xFF03, b"drums"),
    ]
    assert {track[-1][:2] for track in tracks} == {(8 * 480, 0xFF2F)}, "all end with the loop"
    assert (0, 0x90, bytes([33, 100])) in bass and (240, 0x80, bytes([33, 64])) in bass
    assert (31 * 120 + 30, 0x90, bytes([45, 64])) in bass and (8 * 480, 0x80, bytes([45, 64])) in bass
    assert (5 * 120 + 30, 0x91, bytes([72, 90])) in melody, "every second sixteenth swings"
    assert (0, 0x99, bytes([36, 127])) in drums and (150, 0x99, bytes([42, 30])) in drums


def test_mido_reads_notes_that_end_before_they_begin_again(loop: LoopFile, tmp_path: Path) -> None:
    file = mido.MidiFile(written(loop, LINES, tmp_path))
    assert file.length == pytest.approx(4.0)
    for track in file.tracks:
        sounding: set[int] = set()
        for message in track:
            if message.type == "note_on":
                assert message.note not in sounding
                sounding.add(message.note)
            elif message.type == "note_off":
                sounding.remove(message.note)
        assert not sounding


def test_a_tempo_is_kept_to_a_millionth(loop: LoopFile, tmp_path: Path) -> None:
    file = mido.MidiFile(written(replace(loop, bpm=126.5), Lines(0.0, (), (), ()), tmp_path))
    (tempo,) = (message.tempo for message in file.tracks[0] if message.type == "set_tempo")
    assert mido.tempo2bpm(tempo) == pytest.approx(126.5, rel=1e-6)
    assert file.length == pytest.approx(8 * 60 / 126.5, rel=1e-6)
