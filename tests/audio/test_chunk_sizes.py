import struct
from pathlib import Path

import numpy as np
import pytest

from mixdream.audio import file_parts
from mixdream.audio.chunk_sizes import read_parts
from mixdream.audio.decode import Decoder
from mixdream.audio.file_parts import Part
from mixdream.corpus.source_check import source_warnings
from tests.audio import media

RATE_HZ = 8000
SAMPLES = np.random.default_rng(0).integers(-9000, 9000, (30 * RATE_HZ, 2)).astype(np.int16)
TEN_S = 10 * RATE_HZ * 4
ALL = SAMPLES.nbytes
INFO = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Lavf58.29.100\0"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The same samples in each format."""
    folder = tmp_path_factory.mktemp("sizes")
    audio, content = SAMPLES.T / np.float32(32768), {}
    for suffix, codec in ((".w64", "pcm_s16le"), (".aiff", "pcm_s16be"), (".caf", "pcm_s16le")):
        path = media.write(folder / f"good{suffix}", audio, RATE_HZ, codec)
        content[suffix] = path.read_bytes()
    content[".wav"] = media.write_wav(folder / "good.wav", SAMPLES, RATE_HZ).read_bytes()
    head, data = content[".wav"][12:40], content[".wav"][44:]
    sizes = struct.pack("<IQQQI", 28, ALL + 72, ALL, ALL // 4, 0)
    content[".rf64"] = b"RF64\xff\xff\xff\xffWAVEds64" + sizes + head + b"\xff\xff\xff\xff" + data
    return content


def with_size(content: bytes, size: int) -> bytes:
    """A file whose header says another size of the sound."""
    changed = bytearray(content)
    if content[:4] == b"RF64":
        changed[28:36] = struct.pack("<Q", size)
    elif content[:4] == b"FORM":
        at = content.index(b"SSND")
        changed[at + 4 : at + 8] = struct.pack(">I", min(size + 8, 2**32 - 1))
    elif content[:4] == b"caff":
        at = content.index(b"data\0\0")
        changed[at + 4 : at + 12] = struct.pack(">q", size + 4)
    elif content[:4] == b"riff":
        at = content.index(b"data")
        changed[at + 16 : at + 24] = struct.pack("<Q", size + 24)
    else:
        changed[40:44] = struct.pack("<I", size)
    return bytes(changed)


def decode(path: Path, content: bytes) -> tuple[np.ndarray, Decoder]:
    path.write_bytes(content)
    decoder = Decoder(path)
    return np.concatenate([block.samples for block in decoder.blocks()])[:, 0], decoder


MEAN = SAMPLES.astype(np.float32).mean(axis=1) / 32768
FORMATS = (".wav", ".rf64", ".w64", ".aiff", ".caf")


@pytest.mark.parametrize("suffix", FORMATS)
def test_true_sizes_are_read_without_a_word(tmp_path: Path, good: dict[str, bytes], suffix: str) -> None:
    out, decoder = decode(tmp_path / f"a{suffix}", good[suffix])
    assert np.array_equal(out, MEAN)
    assert list(source_warnings(decoder, 1.0)) == []


@pytest.mark.parametrize("suffix", FORMATS)
def test_audio_behind_the_end_that_is_said_is_read(
    tmp_path: Path, good: dict[str, bytes], suffix: str
) -> None:
    out, decoder = decode(tmp_path / f"a{suffix}", with_size(good[suffix], TEN_S))
    assert np.array_equal(out, MEAN)
    assert list(source_warnings(decoder, 1.0)) == [
        "its header says that 0.3 MB are audio, but 1.0 MB are: all were read"
    ]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_shorter_than_its_header_says_is_used_and_told(
    tmp_path: Path, good: dict[str, bytes], suffix: str
) -> None:
    out, decoder = decode(tmp_path / f"a{suffix}", good[suffix][: ALL // 2])
    assert len(out) == pytest.approx(15 * RATE_HZ, abs=100) and np.array_equal(out, MEAN[: len(out)])
    warning = next(source_warnings(decoder, 1.0))
    assert warning == "its header promises 1.0 MB of audio, but 0.5 MB are there: is it cut off?"


@pytest.mark.parametrize("size", [0, 2**32 - 1, 2**31 - 1])
@pytest.mark.parametrize("suffix", [".wav", ".aiff"])
def test_streams_say_no_size(tmp_path: Path, good: dict[str, bytes], suffix: str, size: int) -> None:
    out, decoder = decode(tmp_path / f"a{suffix}", with_size(good[suffix], size))
    assert np.array_equal(out, MEAN)
    assert list(source_warnings(decoder, 1.0)) == []


def test_an_rf64_that_was_never_closed(tmp_path: Path, good: dict[str, bytes]) -> None:
    assert np.array_equal(decode(tmp_path / "a.wav", with_size(good[".rf64"], 0))[0], MEAN)


def test_chunks_behind_the_sound_are_none_of_it(tmp_path: Path, good: dict[str, bytes]) -> None:
    large = b"junk" + struct.pack("<I", 10_001) + (bytes(range(1, 252)) * 40)[:10_001] + b"\0"
    out, decoder = decode(
        tmp_path / "a.wav", good[".wav"] + INFO + large + b"id3 " + struct.pack("<I", 9) + bytes(10)
    )
    assert np.array_equal(out, MEAN) and list(source_warnings(decoder, 1.0)) == []


def test_files_joined_end_to_end_are_all_read(tmp_path: Path, good: dict[str, bytes]) -> None:
    out, decoder = decode(tmp_path / "a.wav", good[".wav"] + INFO + good[".wav"] + good[".wav"])
    assert np.array_equal(out, np.tile(MEAN, 3)) and list(source_warnings(decoder, 1.0)) == []


@pytest.mark.parametrize("tail", [b"", INFO])
def test_a_size_that_wrapped_at_4_gib(tmp_path: Path, good: dict[str, bytes], tail: bytes) -> None:
    path = tmp_path / "long.wav"
    length = 2**32 + TEN_S
    with path.open("wb") as file:  # mostly a hole: it takes no room
        file.write(with_size(good[".wav"], length % 2**32))
        file.seek(44 + length - 20_000)
        file.write(good[".wav"][-20_000:] + tail)
        size = file.tell()
    with path.open("rb") as file:
        parts, notes = read_parts(file, size)
    assert parts == [Part([(0, 40), bytes(4), (44, 44 + length)])]  # without a size to FFmpeg
    assert notes == ["its header says that 0.3 MB are audio, but 4295.3 MB are: all were read"]


def test_a_file_that_shrinks_while_it_is_read(
    tmp_path: Path, good: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.wav"
    real_read = file_parts.PartReader.read

    def read(reader: file_parts.PartReader, count: int) -> bytes:
        if reader.tell() > ALL // 3:
            path.write_bytes(good[".wav"][: ALL // 2])
        return real_read(reader, count)

    monkeypatch.setattr(file_parts.PartReader, "read", read)
    out, decoder = decode(path, good[".wav"])
    assert len(out) == pytest.approx(15 * RATE_HZ, abs=100)
    assert "0.5 MB at its end could not be read" in source_warnings(decoder, 1.0)
