import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.generation.tracklist import cue_sheet, tracklist


def mix(phrases: int, phrase_s: float = 15.25) -> dict[str, Any]:
    """Sections of three phrases, every other one in a key."""
    loops = [
        {"start_s": i * phrase_s, "seed": 100 + i}
        | ({"key": "Am", "camelot": "8A"} if i % 2 else {"key": None, "camelot": None})
        for i in range(phrases)
    ]
    sections = [
        {"name": "drop", "start_s": loops[i]["start_s"], "phrases": loops[i : i + 3]}
        for i in range(0, phrases, 3)
    ]
    return {"seed": 3, "bpm": 126.0, "sections": sections}


def read_cue(text: str) -> tuple[str, list[tuple[int, str, Fraction]]]:
    """File, and number, title and start (s) of each track; nothing else may be there."""
    lines = text.splitlines()
    assert lines[0].startswith("REM ") and lines[1].startswith('TITLE "')
    file = re.fullmatch(r'FILE "([^"]*)" WAVE', lines[2])
    assert file
    tracks = []
    for track, title, index in zip(lines[3::3], lines[4::3], lines[5::3], strict=True):
        number = re.fullmatch(r"  TRACK (\d\d) AUDIO", track)
        name = re.fullmatch(r'    TITLE "([^"]*)"', title)
        time = re.fullmatch(r"    INDEX 01 (\d\d+):(\d\d):(\d\d)", index)
        assert number and name and time
        minutes, seconds, frames = map(int, time.groups())
        assert seconds < 60 and frames < 75
        tracks.append((int(number[1]), name[1], 60 * minutes + seconds + Fraction(frames, 75)))
    return file[1], tracks


@given(st.integers(3, 1200), st.floats(6.4, 48))
def test_a_cue_sheet_has_each_loop_and_at_most_99_tracks(phrases: int, phrase_s: float) -> None:
    made = mix(phrases, phrase_s)
    file, tracks = read_cue(cue_sheet(made, Path("some/night.flac")))
    assert file == "night.flac"
    assert [number for number, *_ in tracks] == list(range(1, len(tracks) + 1))
    assert len(tracks) == phrases if phrases <= 99 else 50 <= len(tracks) <= 99
    titles = " ".join(title for _, title, _ in tracks)
    assert re.findall(r"(?:: |, )(\d+)", titles) == [str(100 + i) for i in range(phrases)]
    for _, title, start_s in tracks:
        seed = re.search(r"\d+", title)
        assert seed
        assert abs(start_s - (int(seed[0]) - 100) * phrase_s) <= 0.51 / 75


def test_quotes_and_stray_bytes_do_not_break_a_cue_sheet() -> None:
    file, _ = read_cue(cue_sheet(mix(3), Path('a "b" \udce9.wav')))
    assert file == "a 'b' ?.wav"


def test_a_tracklist_is_for_people() -> None:
    assert tracklist(mix(4)).splitlines() == [
        "0:00:00  drop   100  101 Am 8A  102",
        "0:00:46  drop   103 Am 8A",
    ]


@pytest.mark.parametrize("phrases", [99, 100])
def test_loops_share_tracks_only_where_there_are_too_many(phrases: int) -> None:
    _, tracks = read_cue(cue_sheet(mix(phrases), Path("x.wav")))
    assert len(tracks) == (99 if phrases == 99 else 50)
