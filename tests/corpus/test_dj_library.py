"""Libraries of DJ software: what is read of Rekordbox's XML and Traktor's NML, and what is refused."""

from pathlib import Path

import pytest

from mixdream.corpus.dj_library import read_library
from mixdream.corpus.hints import GridMarker
from mixdream.errors import InputError
from tests.corpus.dj_files import rekordbox, traktor


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "library.xml"


def test_rekordbox_has_tempos_from_places_on(file: Path) -> None:
    location = "file://localhost/C:/DJ%20Sets/F%C3%BC%C3%9Fe%20%26%20Co.mp3"
    tempos = ['Inizio="60.5" Bpm="128.10" Metro="3/4" Battito="1"', 'Inizio="0.025" Bpm="128.00" Battito="4"']
    file.write_text(rekordbox({location: tempos}), "utf-8")
    first = GridMarker(start_s=0.025, bpm=128.0, in_bar=3)
    second = GridMarker(start_s=60.5, bpm=128.1, in_bar=0, metre="3/4")
    assert read_library(file).find("/home/me/Füße & Co.mp3") == [(first, second)]


def test_traktor_has_grid_markers_in_milliseconds(file: Path) -> None:
    cues = [
        '<CUE_V2 TYPE="4" START="52.5" HOTCUE="0"></CUE_V2>',
        '<CUE_V2 TYPE="4" START="90000"><GRID BPM="130.5"></GRID></CUE_V2>',
        '<CUE_V2 TYPE="0" START="7000"></CUE_V2>',
    ]
    file.write_text(traktor({"/:Users/:me/:Sets/:mix.wav": ("174.000", cues)}), "utf-8")
    grid = (GridMarker(start_s=0.0525, bpm=174.0), GridMarker(start_s=90.0, bpm=130.5))
    assert read_library(file).find(r"D:\somewhere\MIX.WAV") == [grid]
    assert read_library(file).find("/Users/me/Sets/other.wav") == []


def test_of_files_with_one_name_that_in_the_most_alike_folder_is_taken(file: Path) -> None:
    tempo = 'Inizio="0" Bpm="{}" Metro="4/4" Battito="1"'
    places = {f"file://localhost/{place}/mix.mp3": [tempo.format(bpm)] for place, bpm in PLACES.items()}
    file.write_text(rekordbox(places), "utf-8")
    library = read_library(file)
    assert [marker.bpm for (marker,) in library.find("/mnt/disk/a/live/mix.mp3")] == [120]
    assert [marker.bpm for (marker,) in library.find("/mnt/disk/b/live/mix.mp3")] == [121]
    assert [marker.bpm for (marker,) in library.find("/x/y/mix.mp3")] == [120, 121]


PLACES = {"C:/a/live": 120, "C:/b/live": 121, "C:/c/live": 120}


def test_values_that_mean_nothing_are_passed_over(file: Path) -> None:
    odd = [f'Inizio="{start}" Bpm="128"' for start in ("x", "", "nan", "1e300")]
    odd += [f'Inizio="0" Bpm="{bpm}"' for bpm in ("0.00", "inf", "-1")]
    odd += ['Bpm="128"', 'Inizio="0" Bpm="128" Battito="-1"']
    good = 'Inizio="1" Bpm="128" Metro="4/4" Battito="1"'
    tracks = {"file://localhost/a.mp3": [*odd, good], "file://localhost/b.mp3": odd}
    file.write_text(rekordbox(tracks), "utf-8")
    library = read_library(file)
    assert library.find("a.mp3") == [(GridMarker(start_s=1, bpm=128),)] and library.find("b.mp3") == []


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {name} '{10 * f'&{before};'}'>" for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB + "]><NML>&j;</NML>", "document type"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><NML>&a;</NML>', "document type"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><DJ_PLAYLISTS/>', "document type"),
        ("<NML><COLLECTION>", "is not whole XML: no element found"),
        ("not XML", "is not whole XML"),
        ("", "is not whole XML"),
        ("<?xml version='1.0' encoding='klingon'?><NML/>", "is not whole XML"),
        ("<html></html>", "begins with <html>"),
        ("<NML>&a;</NML>", "is not whole XML: undefined entity"),
        ("<NML></NML>", "no track with a beat grid"),
    ],
)
def test_what_is_no_library_is_refused_in_one_line(file: Path, content: str, reason: str) -> None:
    file.write_text(content)
    with pytest.raises(InputError, match=reason) as refused:
        read_library(file)
    assert str(file) in str(refused.value) and "\n" not in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.xml"):
        with pytest.raises(InputError, match="cannot be read"):
            read_library(path)
