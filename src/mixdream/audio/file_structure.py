"""Structure of a file: the parts that are decoded one by one, as its first bytes tell."""

from dataclasses import dataclass, field
from pathlib import Path

from mixdream.audio import chunk_sizes, ogg_pages, stream_tags, ts_packets
from mixdream.audio.file_parts import Part, open_file

_HEAD_BYTES = 1024


@dataclass(frozen=True)
class Structure:
    """Parts of a file, most often one, and what in it is not as its header says, in words."""

    parts: list[Part]
    notes: list[str] = field(default_factory=list)


def read_structure(path: Path) -> Structure:
    """Divide a file into parts; OSError where it cannot be read."""
    with open_file(path) as file:
        head = file.read(_HEAD_BYTES)
        size = path.stat().st_size
        parts: list[Part] = []
        notes: list[str] = []
        if head.startswith(ogg_pages.CAPTURE):
            parts = [
                Part([(link.start, link.stop)], [loss - link.start for loss in link.losses])
                for link in ogg_pages.read_links(file)
            ]
        elif chunk_sizes.is_chunked(head):
            parts, notes = chunk_sizes.read_parts(file, size)
        elif ts_packets.packet_bytes(head):
            parts = [Part([(0, size)], ts_packets.read_losses(file, size))]
        elif stream_tags.is_stream(head):
            parts, notes = stream_tags.read_parts(file, size)
    return Structure(parts or [Part([(0, size)])], notes)
