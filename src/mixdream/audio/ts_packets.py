"""Packets of MPEG transport streams: where sound is missing, whatever the times say (ISO 13818-1)."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

_SYNC = 0x47
_PACKETS = 1 << 16  # read at once
_AUDIO = (0xBD, *range(0xC0, 0xE0), 0xFD)  # kinds of elementary streams: private ones may be AC-3


def packet_bytes(head: bytes) -> int | None:
    """Bytes of each packet of a file that begins so: 188, or 192 with a clock before; None for another."""
    for size, first in ((188, 0), (192, 4)):
        if len(head) > first + 2 * size and all(head[first + i * size] == _SYNC for i in range(3)):
            return size
    return None


def read_losses(file: BinaryIO, size: int) -> list[int]:
    """Bytes at which sound goes on behind what is missing.

    There an elementary packet begins behind one that is not as long as it says, or the counter of packets
    jumps inside one. At its beginning a counter may jump, as where files are joined.
    """
    losses: list[int] = []
    streams: dict[int, _Stream] = {}
    for offsets, packets in _read_packets(file, size):
        pids = (packets[:, 1] & 0x1F).astype(np.uint16) << 8 | packets[:, 2]
        begins = packets[:, 1] & 0x40 != 0
        control = packets[:, 3] >> 4 & 3
        payload = np.where(control & 1, 184, 0) - np.where(control == 3, packets[:, 4].astype(int) + 1, 0)
        for i in np.flatnonzero(begins & (payload > 6)):
            at = 188 - int(payload[i])
            head = packets[i, at : at + 6]
            if pids[i] not in streams and tuple(head[:3]) == (0, 0, 1) and head[3] in _AUDIO:
                streams[int(pids[i])] = _Stream()
        for pid, stream in streams.items():
            rows = np.flatnonzero(pids == pid)
            losses += stream.add(offsets[rows], packets[rows], begins[rows], payload[rows])
    return sorted(losses)


class _Stream:
    """Compares what elementary packets say of their length with what is there, and counts."""

    def __init__(self) -> None:
        self._counter = -1
        self._said = 0
        self._there = 0

    def add(
        self, offsets: np.ndarray, packets: np.ndarray, begins: np.ndarray, payload: np.ndarray
    ) -> list[int]:
        counters = (packets[payload > 0, 3] & 15).astype(int)
        steps = np.diff(counters, prepend=counters[:1] if self._counter < 0 else self._counter) & 15
        losses = offsets[payload > 0][(steps > 1) & ~begins[payload > 0]].tolist()
        self._counter = int(counters[-1]) if len(counters) else self._counter
        total = np.concatenate([[0], np.cumsum(payload)])
        before = 0
        for i in np.flatnonzero(begins).tolist():
            self._there += int(total[i] - total[before])
            if self._said and self._there != self._said:
                losses.append(int(offsets[i]))
            at = 188 - int(payload[i])
            length = int(packets[i, at + 4]) << 8 | int(packets[i, at + 5]) if at <= 182 else 0
            self._said = length + 6 if length else 0
            self._there = 0
            before = i
        self._there += int(total[-1] - total[before])
        return losses


def _read_packets(file: BinaryIO, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Read packets, shape (n, 188), and where they begin; finds the next where bytes are missing."""
    file.seek(0)
    step = packet_bytes(file.read(1024)) or 188
    first = step - 188
    at = 0
    while at < size:
        file.seek(at)
        data = np.frombuffer(file.read(step * _PACKETS), np.uint8)
        rows = data[: len(data) // step * step].reshape(-1, step)
        if not len(rows):
            return
        good = rows[:, first] == _SYNC
        count = len(rows) if good.all() else int(np.argmin(good))
        if count:
            yield at + step * np.arange(count), rows[:count, first:]
            at += count * step
            continue
        marks = data[first:] == _SYNC
        aligned = np.flatnonzero(marks[: -2 * step] & marks[step:-step] & marks[2 * step :])
        at += int(aligned[0]) if len(aligned) else max(step, len(data) - 3 * step)
