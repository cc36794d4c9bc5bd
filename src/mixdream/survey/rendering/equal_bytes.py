"""Files of one size: over a slow connection, how long a clip takes to load would tell what it is."""

from collections.abc import Sequence
from pathlib import Path

from mixdream.files import write_atomically

_HEAD = 4  # bytes before a block's content: its kind, the top bit set in the last one, and its length
_PADDING = 1
_MOST = 2**24 - 1  # bytes of a block


def make_equal(paths: Sequence[Path]) -> None:
    """Bring FLAC files to the size of the largest by blocks of padding, which every decoder skips (RFC 9639).

    Files that have that size already are not touched.
    """
    sizes = {path: path.stat().st_size for path in paths}
    if len(set(sizes.values())) <= 1:
        return
    bare = {path: _bare(path.read_bytes()) for path in paths}
    size = max(map(len, bare.values())) + _HEAD
    for path, content in bare.items():
        if sizes[path] != size:
            write_atomically(path, _padded(content, size))


def _padded(content: bytes, size: int) -> bytes:
    """Add padding after the first block, which FLAC wants at the beginning."""
    first = 4 + _HEAD + _length(content, 4)
    missing = size - len(content)
    blocks = []
    while missing > _MOST + _HEAD:
        blocks.append(_MOST - _HEAD)
        missing -= _MOST
    blocks.append(missing - _HEAD)
    is_last = content[4] & 0x80
    heads = [_PADDING.to_bytes() + length.to_bytes(3) for length in blocks]
    heads[-1] = (_PADDING | is_last).to_bytes() + heads[-1][1:]
    padding = b"".join(head + bytes(length) for head, length in zip(heads, blocks, strict=True))
    return content[:4] + (content[4] & 0x7F).to_bytes() + content[5:first] + padding + content[first:]


def _bare(content: bytes) -> bytes:
    """The file without padding."""
    kept, at, last = [], 4, False
    while not last:
        end = at + _HEAD + _length(content, at)
        last = bool(content[at] & 0x80)
        if content[at] & 0x7F != _PADDING:
            kept.append(content[at:end])
        at = end
    heads = [block[0] & 0x7F for block in kept]
    heads[-1] |= 0x80
    blocks = (head.to_bytes() + block[1:] for head, block in zip(heads, kept, strict=True))
    return content[:4] + b"".join(blocks) + content[at:]


def _length(content: bytes, at: int) -> int:
    return int.from_bytes(content[at + 1 : at + _HEAD])
