"""Sizes in the chunks of WAV, RF64, W64, AIFF and CAF files: wrong over 4 GB, in streams, after crashes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, NamedTuple

from mixdream.audio.file_parts import Part, Piece

_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # what the GUIDs of all its chunks end in
_TAGS = (b"ID3", b"TAG", b"APETAGEX")
_UNKNOWN = 1 << 12  # sizes so little under 2 or 4 GiB are those of streams, whose end nobody knew
_TAIL_BYTES = 1 << 12  # so little behind the sound is no matter
_WRAP = 1 << 32


@dataclass(frozen=True)
class _Format:
    """How a family of files writes chunks."""

    name: bytes
    sound: bytes
    description: bytes
    order: Literal["little", "big"] = "little"
    size_bytes: int = 4
    first_chunk: int = 12
    align: int = 2
    counts_header: bool = False
    sound_offset: int = 0

    @property
    def header_bytes(self) -> int:
        return len(self.sound) + self.size_bytes

    @property
    def wraps(self) -> bool:
        return self.size_bytes == 4


_RIFF = _Format(b"RIFF", b"data", b"fmt ")
_FORMATS = (
    _RIFF,
    _Format(b"RF64", b"data", b"fmt "),
    _Format(b"BW64", b"data", b"fmt "),
    _Format(b"FORM", b"SSND", b"COMM", order="big", sound_offset=8),
    _Format(b"caff", b"data", b"desc", "big", 8, first_chunk=8, align=1, sound_offset=4),
    _Format(
        _W64_RIFF, b"data" + _W64_TAIL, b"fmt " + _W64_TAIL, size_bytes=8, first_chunk=40, align=8,
        counts_header=True,
    ),
)  # fmt: skip
_KINDS = (b"WAVE", b"AIFF", b"AIFC")


class _Chunk(NamedTuple):
    name: bytes
    start: int
    body: int
    size: int


def is_chunked(head: bytes) -> bool:
    """Whether a file that begins so, 16 bytes or more, is of these formats."""
    kind = _format(head)
    return kind is not None and (kind.name[:4] in (b"caff", b"riff") or head[8:12] in _KINDS)


def read_parts(file: BinaryIO, size: int) -> tuple[list[Part], list[str]]:
    """Divide a file of these formats into its sounds, one or more that were joined, each with its true size.

    Returns
    -------
    parts : list of Part
        None where the file is not understood.
    notes : list of str
        What its sizes said that is not so, in words.
    """
    parts: list[Part] = []
    notes: list[str] = []
    start = 0
    while size - start > _TAIL_BYTES or not parts:
        head = _head(file, start)
        kind = _format(head) if is_chunked(head) else None
        part, stop = _read_sound(file, kind, start, size, notes) if kind else (None, size)
        if part is None:
            break
        parts.append(part)
        start = stop
    return parts, notes


def _read_sound(
    file: BinaryIO, kind: _Format, start: int, size: int, notes: list[str]
) -> tuple[Part | None, int]:
    """Find the sound in the file that begins at a byte, and where the next file begins, or the end."""
    described = False
    long_size: _Chunk | None = None
    for chunk in _chunks(file, kind, start + kind.first_chunk, size):
        described |= chunk.name == kind.description
        if chunk.name == b"ds64":
            long_size = chunk
        if chunk.name == kind.sound:
            break
    else:
        return None, size
    if not described:
        return None, size
    said = chunk.size - kind.sound_offset
    if long_size and chunk.size == _WRAP - 1:
        file.seek(long_size.body + 8)
        said = int.from_bytes(file.read(8), "little")
    sound = chunk.body + kind.sound_offset
    there = size - sound
    following = _following(file, kind, sound + said, size) if 0 < said <= there else None
    if following is not None:
        stop = following if kind.name == b"caff" else sound + said  # a CAF's table of packets may come last
        return Part([(start, stop)]), following
    unknown = said <= 0 or (kind.wraps and not long_size and -said % (_WRAP // 2) < _UNKNOWN)
    if said > there and not unknown:
        if said - there > _TAIL_BYTES:
            notes.append(
                f"its header promises {_megabytes(said)} of audio, but {_megabytes(there)} are there: "
                "is it cut off?"
            )
        return Part([(start, size)]), size
    length, following = (there, size) if unknown else _longer(file, kind, sound, said, size)
    if not unknown:
        notes.append(
            f"its header says that {_megabytes(said)} are audio, but {_megabytes(length)} are: all were read"
        )
    return Part(_with_size(start, sound, length, chunk, long_size, kind)), following


def _with_size(
    start: int, sound: int, length: int, chunk: _Chunk, long_size: _Chunk | None, kind: _Format
) -> list[Piece]:
    """Bytes of a file whose sound has another size than it says."""
    if long_size:
        at, width, value = long_size.body + 8, 8, length
    else:
        at, width = chunk.body - kind.size_bytes, kind.size_bytes
        value = length + kind.sound_offset + (kind.header_bytes if kind.counts_header else 0)
        if value >= _WRAP and kind.wraps:
            value = 0 if kind.order == "little" else _WRAP - 1  # to FFmpeg a WAV without a size is endless
    return [(start, at), value.to_bytes(width, kind.order), (at + width, sound + length)]


def _longer(file: BinaryIO, kind: _Format, sound: int, said: int, size: int) -> tuple[int, int]:
    """True length of a sound behind whose end there is no chunk, and where the next file begins."""
    if kind.wraps:
        for length in range(said + _WRAP, size - sound + 1, _WRAP):
            following = _following(file, kind, sound + length, size)
            if following is not None:
                return length, following
    return size - sound, size


def _following(file: BinaryIO, kind: _Format, stop: int, size: int) -> int | None:
    """Where chunks behind a sound lead: to the end, or to the next file; None where it is no chunk."""
    for start in {stop, stop + -stop % kind.align}:
        if size - start <= _TAIL_BYTES:
            return size
        head = _head(file, start)
        if head.startswith(_TAGS) or not any(head):
            return size
        if is_chunked(head):
            return start
        at = start
        for chunk in _chunks(file, kind, start, size):
            if not chunk.name[:4].isascii() or not chunk.name[:4].decode("ascii").isprintable():
                break
            at = chunk.body + chunk.size + chunk.size % 2 * (kind.align == 2)
            if is_chunked(_head(file, at)):
                return at
            if size - at <= kind.header_bytes:
                return size if at <= size + 1 else None
    return None


def _head(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return file.read(16)


def _chunks(file: BinaryIO, kind: _Format, at: int, size: int) -> Iterator[_Chunk]:
    """Read the headers of chunks, one behind the other."""
    name_bytes = len(kind.sound)
    origin = at
    while at + kind.header_bytes <= size:
        file.seek(at)
        header = file.read(kind.header_bytes)
        length = int.from_bytes(header[name_bytes:], kind.order, signed=kind.size_bytes == 8)
        length -= kind.header_bytes if kind.counts_header else 0
        chunk = _Chunk(header[:name_bytes], at, at + kind.header_bytes, length)
        yield chunk
        if length < 0:
            return
        at = chunk.body + length
        at += -(at - origin) % kind.align


def _format(head: bytes) -> _Format | None:
    return next((kind for kind in _FORMATS if head.startswith(kind.name)), None)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
