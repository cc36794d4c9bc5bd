"""Pages of Ogg files: the links of a chain, and where pages are corrupt or missing (RFC 3533)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

CAPTURE = b"OggS"

_HEADER = struct.Struct("<4sBBqIIIB")
_LARGEST = _HEADER.size + 255 + 255 * 255
_BEGINS = 2  # flag of the first page of a stream
_READ_BYTES = 1 << 20
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Page(NamedTuple):
    """Header of a page whose checksum is right; ``stop`` is the byte behind it."""

    start: int
    stop: int
    begins: bool
    serial: int
    number: int


@dataclass
class Link:
    """Bytes ``[start, stop)`` of a chain: streams that begin together; ``losses`` are bytes of the file.

    A loss is where the next good page begins after some that are corrupt or missing.
    """

    start: int
    stop: int
    losses: list[int] = field(default_factory=list)


def read_links(file: BinaryIO) -> list[Link]:
    """List the links of an Ogg file, in order; what lies before the first is not in any."""
    links: list[Link] = []
    numbers: dict[int, int] = {}
    header = False
    for page in read_pages(file):
        if page.begins and not header:
            links.append(Link(page.start, page.stop))
            numbers = {}
        header = page.begins
        if not links:  # the beginning is missing
            links.append(Link(page.start, page.stop))
        due = numbers.get(page.serial, page.number - 1) + 1
        if page.number > due:
            links[-1].losses.append(page.start)
        numbers[page.serial] = page.number
        links[-1].stop = page.stop
    if links and CAPTURE in _rest(file, links[-1].stop):  # the last page is corrupt or cut off
        links[-1].losses.append(links[-1].stop)
    return links


def read_pages(file: BinaryIO) -> Iterator[Page]:
    """Find the pages of a file from its beginning, whatever lies between them; corrupt ones are left out."""
    file.seek(0)
    data, base, at, more = b"", 0, 0, True
    while True:
        at = data.find(CAPTURE, at)
        if more and (at < 0 or len(data) - at < _LARGEST):
            at = max(0, len(data) - len(CAPTURE) + 1) if at < 0 else at
            read = file.read(_READ_BYTES)
            data, base, at, more = data[at:] + read, base + at, 0, bool(read)
            continue
        if at < 0:
            return
        page = _page(data, at, base)
        if page:
            yield page
        at = page.stop - base if page else at + 1


def _page(data: bytes, at: int, base: int) -> Page | None:
    """Read the page at a capture pattern; None where it is cut off or its checksum is wrong."""
    if len(data) < at + _HEADER.size:
        return None
    _, version, flags, _, serial, number, checksum, segments = _HEADER.unpack_from(data, at)
    table = at + _HEADER.size
    stop = table + segments + sum(data[table : table + segments])
    if version or stop > len(data) or _checksum(data[at:stop]) != checksum:
        return None
    return Page(base + at, base + stop, bool(flags & _BEGINS), serial, number)


def _checksum(page: bytes) -> int:
    """CRC-32 of a page: zlib's polynomial with the bits of each byte the other way round, from 0 to 0."""
    content = (page[:22] + bytes(4) + page[26:]).translate(_REVERSED)
    mirrored = zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED), "big")


def _rest(file: BinaryIO, start: int) -> bytes:
    file.seek(start)
    return file.read(_LARGEST)
