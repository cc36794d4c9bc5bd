"""Playlists and cue sheets as sources: lists of files."""

from pathlib import Path

import pytest

from mixdream.corpus.build import build_corpus
from mixdream.corpus.playlists import read_list
from mixdream.corpus.sources import list_sources
from mixdream.corpus.store import Corpus, Track
from mixdream.errors import InputError
from tests.audio import media


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for name in ("a.wav", "sub/b c.wav", "Füße – 日本.wav", "Füße.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("x.m3u8", "utf-8"),
        ("x.M3U", "utf-8-sig"),
        ("x.m3u", "utf-16"),
        ("x.m3u", "latin-1"),
    ],
)
def test_a_playlist_is_a_list_of_its_files(music: Path, name: str, encoding: str) -> None:
    lines = ["#EXTM3U", "#EXTINF:123,Artist - Title", "Füße.wav", "", "sub\\b c.wav", f"  {music}/a.wav  "]
    if encoding != "latin-1":
        lines.append("Füße – 日本.wav")
    (music / name).write_bytes("\r\n".join(lines).encode(encoding))
    expected = [music / "Füße.wav", music / "sub/b c.wav", music / "a.wav", music / "Füße – 日本.wav"]
    assert list_sources([music / name]).files == expected[: len(lines) - 3]


def test_file_addresses_are_paths(music: Path) -> None:
    url = (music / "sub" / "b c.wav").as_uri()
    (music / "x.m3u").write_text(
        f"{url}\n{url.replace('file://', 'FILE://localhost')}\nfile:///no%20where.wav\n"
    )
    listed = list_sources([music / "x.m3u"])
    assert listed.files == [music / "sub/b c.wav"]
    assert list(listed.missing) == [Path("/no where.wav")]


def test_old_names_that_are_no_utf8_are_found(tmp_path: Path) -> None:
    odd = tmp_path / "f\udcfc\udcdf.wav"  # the bytes of Latin-1
    odd.touch()
    (tmp_path / "x.m3u").write_bytes(b"f\xfc\xdf.wav\n")
    assert list_sources([tmp_path / "x.m3u"]).files == [odd]


def test_what_a_playlist_cannot_give_is_said(tmp_path: Path) -> None:
    media.write_wav(tmp_path / "a.wav", media.noise(4.5, 8000)[0], 8000)
    (tmp_path / "other.m3u").touch()
    playlist = tmp_path / "x.m3u"
    playlist.write_text("a.wav\nb.wav\nhttps://example.org/c.mp3\nother.m3u\n")
    result = build_corpus([playlist], tmp_path / "out", jobs=1)
    assert [record.name for record in result.corpus.sets] == ["a"]
    assert {str(path): reason for path, reason in result.not_taken} == {
        str(tmp_path / "b.wav"): f"is missing; '{playlist}' names it",
        "https:/example.org/c.mp3": f"is an address that '{playlist}' names, not a file: download it first",
        str(tmp_path / "other.m3u"): f"is a list that '{playlist}' names: name it yourself",
    }
    (tmp_path / "a.wav").unlink()
    result = build_corpus([playlist], tmp_path / "out", jobs=1)
    assert [record.name for record in result.corpus.sets] == ["a"]
    assert "its set 'a' is kept" in result.missing[0].reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"#EXTM3U\n#EXTINF:1,x\n", "names no file"),
        (b"\0\1\2", "is not text"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\nseg0.ts\n", "pieces of a stream"),
    ],
)
def test_lists_of_nothing_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "x.m3u8").write_bytes(content)
    with pytest.raises(InputError, match=reason):
        list_sources([tmp_path / "x.m3u8"])


def test_lists_whose_files_are_all_missing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.m3u8").write_text("gone.wav\n")
    with pytest.raises(InputError, match=r"no audio or video file.*gone.wav' is missing"):
        build_corpus([tmp_path / "x.m3u8"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


SHEET = """REM GENRE Techno
PERFORMER "DJ Nobody"
TITLE "Live in the Garden"
FILE "live.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Opening"
    PERFORMER "First"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE Closing Time
    INDEX 00 00:01:70
    INDEX 01 00:02:15
FILE second.wav WAVE
  TRACK 03 AUDIO
    TITLE "Encore"
    INDEX 01 00:00:00
"""
TRACKS = (
    Track(start_s=0.0, title="Opening", performer="First"),
    Track(start_s=2.2, title="Closing Time"),
)


def test_a_cue_sheet_names_files_and_tracks(tmp_path: Path) -> None:
    sheet = tmp_path / "live.cue"
    sheet.write_text(SHEET)
    (tmp_path / "live.flac").touch()  # encoded anew since
    entries = read_list(sheet)
    assert [entry.path for entry in entries] == [tmp_path / "live.flac", tmp_path / "second.wav"]
    assert entries[0].tracks == TRACKS
    assert entries[1].tracks == (Track(start_s=0.0, title="Encore"),)


def test_tracks_are_kept_with_the_set(tmp_path: Path) -> None:
    live = media.write_wav(tmp_path / "live.wav", media.noise(4.5, 8000)[0], 8000)
    (tmp_path / "live.cue").write_text(SHEET)
    before = build_corpus([live], tmp_path / "out", jobs=1).corpus
    assert before.sets[0].tracks == ()
    result = build_corpus([tmp_path / "live.cue"], tmp_path / "out", jobs=1)
    assert result.built == ()
    assert [path.name for path, _ in result.not_taken] == ["second.wav"]
    assert Corpus.open(tmp_path / "out").sets[0].tracks == TRACKS
    assert result.corpus.hash == before.hash
    assert build_corpus([live], tmp_path / "out", jobs=1).corpus.sets[0].tracks == TRACKS, "they stay"
