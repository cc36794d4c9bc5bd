"""Parts of a file: bytes that FFmpeg reads as a file of their own, and what happened while it read them."""

import os
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, TypeAlias

from mixdream.errors import InputError

Piece: TypeAlias = tuple[int, int] | bytes
"""Bytes ``[start, stop)`` of a file, or bytes that replace some."""


class ReadError(InputError):
    """The disk or network failed while a file was read: it may work another time."""


@dataclass
class Part:
    """Stretch of a file that is decoded by itself.

    Attributes
    ----------
    pieces : list of Piece
        What FFmpeg sees, one after the other.
    losses : list of int
        Where something is missing or corrupt before this byte of the part.
    """

    pieces: list[Piece]
    losses: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all pieces."""
        return sum(map(_size, self.pieces))


class PartReader:
    """A part as the file object that PyAV reads.

    Attributes
    ----------
    error : OSError or None
        What made the last attempt to read fail, which FFmpeg may have taken for the end of the file.
    furthest : int
        How far it was read.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"0123456789"), file.flush()
    ...     reader = PartReader(Path(file.name), Part([(0, 2), b"-", (7, 9)]))
    ...     reader.read(3), reader.read(9)
    (b'01', b'-')
    """

    def __init__(self, path: Path, part: Part) -> None:
        self.name = os.path.abspath(path)  # noqa: PTH100 - FFmpeg guesses formats by the ending
        self.error: OSError | None = None
        self.furthest = 0
        self.size = part.size
        self._pieces = part.pieces
        self._starts = [0, *accumulate(map(_size, part.pieces))]
        self._position = 0
        self._file = open_file(path)

    def read(self, count: int) -> bytes:
        """Read up to ``count`` bytes of one piece; none at the end."""
        for start, piece in zip(self._starts, self._pieces, strict=False):
            inside = self._position - start
            if 0 <= inside < _size(piece):
                data = self._read(piece, inside, min(count, _size(piece) - inside))
                self._position += len(data)
                self.furthest = max(self.furthest, self._position)
                return data
        return b""

    def _read(self, piece: Piece, inside: int, count: int) -> bytes:
        if isinstance(piece, bytes):
            return piece[inside : inside + count]
        try:
            self._file.seek(piece[0] + inside)
            return self._file.read(count)
        except OSError as error:
            self.error = error
            raise

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte; what lies beyond the end reads as nothing."""
        self._position = (
            offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        )
        return self._position

    def tell(self) -> int:
        """Position, in bytes of the part."""
        return self._position

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_error(path: Path, error: OSError, position: int | None = None) -> ReadError:
    """Say that a file cannot be read, from a byte on."""
    where = "" if position is None else f" beyond {position / 1e6:.1f} MB"
    return ReadError(
        f"'{path}' cannot be read{where}: {error.strerror or error}; try again, or copy it to another drive"
    )


def open_file(path: Path) -> BinaryIO:
    """Open a file for plain reads."""
    return path.open("rb", buffering=0)


def _size(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]
