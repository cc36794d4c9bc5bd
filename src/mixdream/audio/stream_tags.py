"""Tags inside MP3 and AAC streams, where files with titles and covers were joined: ID3v1, ID3v2 and APEv2."""

from collections.abc import Iterator
from typing import BinaryIO, TypeAlias

from mixdream.audio.file_parts import Part

_ID3_HEADER = 10
_ID3V1_BYTES = 128
_APE_HEADER = 32
_APE = b"APETAGEX"
_MARKS = (b"ID3", _APE, b"TAG")
_READ_BYTES = 1 << 20
_ZEROS = 1 << 12  # a frame of silence has fewer

Span: TypeAlias = tuple[int, int]


def is_stream(head: bytes) -> bool:
    """Whether a file that begins so, 4 bytes or more, is a stream of frames, with a tag before it or not."""
    return head.startswith(b"ID3") or _is_frame(head)


def read_parts(file: BinaryIO, size: int) -> tuple[list[Part], list[str]]:
    """Leave out the tags of a stream, but that at its beginning, which tells FFmpeg what it is.

    Returns
    -------
    parts : list of Part
        One; none where there is nothing to leave out.
    notes : list of str
        What is odd, in words.
    """
    stop = _end_of_zeros(file, size)
    notes = []
    if size - stop > _READ_BYTES:
        notes.append(f"ends in {(size - stop) / 1e6:.1f} MB of zeros: was it copied to its end?")
    spans = [*_find_tags(file, stop), (stop, size)]
    pieces: list[Span] = []
    at = 0
    for start, end in spans:
        if start > at:
            pieces.append((at, start))
        at = max(at, end)
    whole = pieces == [(0, size)]
    return ([] if whole or not pieces else [Part(list(pieces))]), notes


def _find_tags(file: BinaryIO, size: int) -> Iterator[Span]:
    """Find tags behind the one at the beginning."""
    first = _tag(file, 0, size)
    at = first[1] if first else 0
    while at < size:
        file.seek(at)
        data = file.read(_READ_BYTES + len(_APE))
        if not data:
            return
        found = sorted(at + inside for mark in _MARKS for inside in _all(data, mark))
        for mark in found:
            if mark >= at and (span := _tag(file, mark, size)):
                yield span
                at = span[1]
                break
        else:
            at += _READ_BYTES


def _all(data: bytes, mark: bytes) -> Iterator[int]:
    inside = data.find(mark)
    while inside >= 0:
        yield inside
        inside = data.find(mark, inside + 1)


def _tag(file: BinaryIO, at: int, size: int) -> Span | None:
    """Bytes of the tag whose mark is at a byte; None where music only looks like one."""
    head = _read(file, at, _ID3V1_BYTES)
    start = at
    if head.startswith(b"ID3"):
        if len(head) < _ID3_HEADER or not 2 <= head[3] <= 4 or head[5] & 15 or max(head[6:10]) > 127:
            return None
        length = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        stop = at + _ID3_HEADER + length + (_ID3_HEADER if head[5] & 16 else 0)
    elif head.startswith(_APE):
        if len(head) < _APE_HEADER:
            return None
        stop = at + _APE_HEADER + int.from_bytes(head[12:16], "little")
        if not head[23] & 32:  # this is the footer of a tag without a header
            start, stop = max(0, 2 * at + _APE_HEADER - stop + _APE_HEADER), at + _APE_HEADER
    elif head.startswith(b"TAG") and all(byte == 0 or byte >= 32 for byte in head[3:127]):
        stop = at + _ID3V1_BYTES
    else:
        return None
    behind = _read(file, stop, len(_APE)) if stop < size else b""
    follows = stop >= size or _is_frame(behind) or behind.startswith(_MARKS) or not any(behind)
    return (start, min(stop, size)) if follows else None


def _is_frame(head: bytes) -> bool:
    """Whether an MPEG audio frame or one of AAC (ADTS) begins here."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    if head[1] & 0xF6 == 0xF0:
        return head[2] >> 2 & 15 < 13
    return head[1] >> 3 & 3 != 1 and head[1] >> 1 & 3 != 0 and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3


def _end_of_zeros(file: BinaryIO, size: int) -> int:
    """Where the zeros at the end begin, or the end where they are few."""
    stop = size
    while stop > 0:
        start = max(0, stop - _READ_BYTES)
        data = _read(file, start, stop - start).rstrip(b"\0")
        stop = start + len(data)
        if data:
            break
    return stop if size - stop >= _ZEROS else size


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)
