import struct
from pathlib import Path

import numpy as np
import pytest

from mixdream.audio.decode import Decoder
from mixdream.audio.stream_tags import read_parts
from mixdream.corpus.source_check import check_damage, source_warnings
from tests.audio import media

RATE_HZ = 44_100


def id3(version: int, size: int = 300_000) -> bytes:
    """ID3v2 tag with a title and a cover of noise."""
    picture = b"\0image/png\0\3\0\x89PNG\r\n\x1a\n" + np.random.default_rng(version).bytes(size)
    length = synchsafe(len(picture)) if version == 4 else len(picture).to_bytes(4, "big")
    frames = b"TIT2" + (6).to_bytes(4, "big") + b"\0\0\3Title" + b"APIC" + length + b"\0\0" + picture
    return b"ID3" + bytes([version, 0, 0]) + synchsafe(len(frames)) + frames


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def ape(size: int, header: bool = True) -> bytes:
    item = struct.pack("<II", size, 0) + b"Cover Art (Front)\0" + np.random.default_rng(1).bytes(size)
    first, last = (
        b"APETAGEX" + struct.pack("<IIII", 2000, len(item) + 32, 1, flags) + bytes(8)
        for flags in (0xA0000000, 0x80000000)
    )
    return (first if header else b"") + item + last


ID3V1 = b"TAG" + b"Title".ljust(125, b"\0")


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Four seconds of drums without tags."""
    folder = tmp_path_factory.mktemp("streams")
    audio = media.drums(4, RATE_HZ)
    mp3 = media.write(folder / "a.mp3", audio, RATE_HZ).read_bytes()
    start = mp3.index(b"\xff\xfb")
    return {".mp3": mp3[start:], ".aac": media.write(folder / "a.aac", audio, RATE_HZ).read_bytes()}


def decode(path: Path, content: bytes) -> Decoder:
    path.write_bytes(content)
    decoder = Decoder(path)
    for _ in decoder.blocks():
        pass
    return decoder


@pytest.mark.parametrize("suffix", [".mp3", ".aac"])
@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"", b""),
        (id3(3), ID3V1),
        (id3(4), b""),
        (b"", ape(2000) + ID3V1),
        (id3(2, 100), ape(40_000, header=False)),
    ],
)
def test_joined_streams_are_whole_whatever_tags_lie_between(
    tmp_path: Path, streams: dict[str, bytes], suffix: str, before: bytes, behind: bytes
) -> None:
    stream = before + streams[suffix] + behind
    decoder = decode(tmp_path / f"joined{suffix}", 3 * stream)
    check_damage(decoder)
    assert decoder.damage.decoded_s == pytest.approx(3 * 4, abs=0.3)
    assert (decoder.damage.corrupt_packets, decoder.damage.spots) == (0, [])
    assert list(source_warnings(decoder, 1.0)) == []


def test_a_stream_without_tags_inside_is_read_as_it_is(tmp_path: Path, streams: dict[str, bytes]) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(id3(3) + streams[".mp3"])
    with path.open("rb") as file:
        assert read_parts(file, path.stat().st_size) == ([], [])


def test_what_only_looks_like_a_tag_is_kept(tmp_path: Path, streams: dict[str, bytes]) -> None:
    content = bytearray(streams[".mp3"])
    for at, mark in ((20_000, b"ID3\3\0\0\0\0\1\1"), (30_000, b"TAG\x01"), (40_000, b"APETAGEX")):
        content[at : at + len(mark)] = mark
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with path.open("rb") as file:
        assert read_parts(file, len(content)) == ([], [])


def test_zeros_at_the_end_are_no_damage_but_many_are_told(tmp_path: Path, streams: dict[str, bytes]) -> None:
    few = decode(tmp_path / "few.mp3", streams[".mp3"] + bytes(30_000))
    assert few.damage.corrupt_packets == 0 and few.notes == []
    many = decode(tmp_path / "many.mp3", streams[".mp3"] + bytes(3_000_000))
    assert many.damage.corrupt_packets == 0
    assert many.notes == ["ends in 3.0 MB of zeros: was it copied to its end?"]
