import errno
import os
from pathlib import Path

import pytest

from mixdream.audio import file_parts, file_structure
from mixdream.audio.decode import Decoder
from mixdream.audio.file_parts import Part, PartReader, ReadError
from mixdream.corpus.build import build_corpus
from tests.audio import media


class FailingFile:
    """A file on a disk that cannot read what lies beyond a byte."""

    def __init__(self, path: Path, limit: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._limit = limit

    def read(self, count: int) -> bytes:
        if self._file.tell() + count > self._limit:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return self._file.read(count)

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def __enter__(self) -> "FailingFile":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()


def fail_beyond(monkeypatch: pytest.MonkeyPatch, limit: int, structure: bool = False) -> None:
    """Let reading fail while a file is decoded, or also while its structure is looked at."""
    monkeypatch.setattr(file_parts, "open_file", lambda path: FailingFile(path, limit))
    if structure:
        monkeypatch.setattr(file_structure, "open_file", lambda path: FailingFile(path, limit))


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".ogg", ".opus", ".aac", ".m4a", ".mkv", ".ts"])
def test_a_disk_that_fails_is_named_and_not_taken_for_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = media.write(tmp_path / f"a{suffix}", media.noise(12, 48_000, channels=2), 48_000)
    fail_beyond(monkeypatch, path.stat().st_size // 2)
    with pytest.raises(ReadError, match=r"cannot be read beyond \d\.\d MB: Input/output error"):
        list(Decoder(path).blocks())


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".ogg", ".ts"])
def test_a_disk_that_fails_at_the_first_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = media.write(tmp_path / f"a{suffix}", media.noise(2, 48_000), 48_000)
    fail_beyond(monkeypatch, 0, structure=True)
    with pytest.raises(ReadError, match="cannot be read: Input/output error"):
        list(Decoder(path).blocks())


def test_a_build_keeps_nothing_half_and_tries_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = media.write_wav(tmp_path / "good.wav", media.noise(6, 8000, 1)[0], 8000)
    failing = media.write_wav(tmp_path / "failing.wav", media.noise(60, 8000, 2)[0], 8000)
    with monkeypatch.context() as patch:
        fail_beyond(patch, good.stat().st_size + 100_000)
        result = build_corpus([good, failing], tmp_path / "out", jobs=1)
    assert [record.name for record in result.corpus.sets] == ["good"]
    (rejected,) = result.rejected
    assert rejected.reason.startswith("cannot be read beyond 0.3 MB: Input/output error")
    assert not list((tmp_path / "out").rglob("*failing*"))
    again = build_corpus([good, failing], tmp_path / "out", jobs=1)
    assert again.built == ("failing",) and again.rejected == ()


def test_a_reader_goes_from_piece_to_piece(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    reader = PartReader(path, Part([(2, 4), b"ab", (8, 10)]))
    assert [reader.read(3) for _ in range(4)] == [b"23", b"ab", b"89", b""]
    assert reader.seek(-3, os.SEEK_END) == reader.tell() == 3
    assert reader.read(9) == b"b"
    assert (reader.size, reader.furthest) == (6, 6)
    reader.close()
