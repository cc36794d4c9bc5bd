"""Audio of sets for the page, read from the corpus as far as it is asked for: players, moments, waveforms."""

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from mixdream.audio.resample import to_rate
from mixdream.corpus.store import Corpus, SetRecord, as_float, audio_path
from mixdream.errors import InputError

PEAKS = 1000
"""Columns of a waveform."""

LONGEST_MOMENT_S = 60.0
SPEEDS = (0.25, 4.0)

_BLOCK_BYTES = 1 << 18
_LARGEST = 0xFFFF_FFFF  # that a WAV file can say of its size; players read on to the end


class SetWav:
    """A set as a WAV file, 16 bits, of which any part can be read; it is never in memory as a whole."""

    def __init__(self, corpus: Corpus, record: SetRecord) -> None:
        audio = corpus.audio(record.name)
        self._header = wav_header(audio.size * 2, corpus.rate_hz, corpus.channels)
        self._data = audio.reshape(-1).view(np.uint8)
        self.bytes = len(self._header) + len(self._data)

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from one to before another."""
        lead = len(self._header)
        if start < lead:
            yield self._header[start:stop]
        for first in range(max(start, lead), stop, _BLOCK_BYTES):
            yield self._data[first - lead : min(first + _BLOCK_BYTES, stop) - lead].tobytes()


def wav_header(data_bytes: int, rate_hz: int, channels: int) -> bytes:
    """What a WAV file of 16 bits begins with, 44 bytes."""
    size = min(data_bytes, _LARGEST - 36)
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, 2 * channels * rate_hz, 2 * channels, 16)
    sizes = (struct.pack("<I", size + extra) for extra in (36, 0))
    return b"RIFF" + next(sizes) + b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + next(sizes)


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Bytes that a Range header asks for, from one to before another; None for all of them.

    Of several ranges, and of what is no range of bytes, nothing is taken (RFC 9110, 14.2).

    >>> asked_range("bytes=2-5", 10), asked_range("bytes=-3", 10), asked_range("pages=1", 10)
    ((2, 6), (7, 10), None)

    Raises
    ------
    InputError
        A range that lies outside of the file.
    """
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", (header or "").replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        start, stop = max(0, size - int(match[2])), size
    else:
        start, stop = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
        if match[2] and int(match[2]) < start:
            return None
    if start >= stop:
        raise InputError(f"bytes from {start} on are asked for, there are {size}")
    return start, stop


def moment(corpus: Corpus, record: SetRecord, at_s: float, seconds: float, speed: float = 1.0) -> bytes:
    """Cut a moment of a set, as a WAV file.

    Parameters
    ----------
    at_s : float
        In the source; where nothing was kept there, the nearest that was.
    seconds : float
        Of the source; fewer where it is cut before.
    speed : float
        How many times faster it plays, with its pitch.

    Raises
    ------
    InputError
        A length or a speed that is not possible.
    """
    if not 0 < seconds <= LONGEST_MOMENT_S:
        raise InputError(f"{seconds:g} s are not possible: a moment has up to {LONGEST_MOMENT_S:g} s")
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise InputError(f"a speed of {speed:g} is not possible: {SPEEDS[0]:g} to {SPEEDS[1]:g} are")
    start = nearest_sample(record, at_s)
    end = next(stop for first, stop in record.segments if first <= start < stop)
    stop = min(end, start + max(1, round(seconds * corpus.rate_hz)))
    audio = as_float(np.asarray(corpus.audio(record.name)[start:stop]), mono=False)
    played = to_rate(audio, corpus.rate_hz * speed, corpus.rate_hz)
    frames = np.clip(np.round(played * 32768), -32768, 32767).astype("<i2")
    return wav_header(frames.nbytes, corpus.rate_hz, corpus.channels) + frames.tobytes()


def nearest_sample(record: SetRecord, time_s: float) -> int:
    """Kept sample that is nearest to a time in the source."""
    sample = record.sample_at(time_s)
    if sample is not None:
        return int(sample)
    after = bisect_left(record.segment_starts_s, time_s)
    before, kept = after - 1, record.segments
    ends = [began + (stop - start) / record.rate_hz for began, (start, stop) in _placed(record)]
    if before < 0:
        return kept[0][0]
    if after == len(kept) or time_s - ends[before] <= record.segment_starts_s[after] - time_s:
        return kept[before][1] - 1
    return kept[after][0]


@lru_cache(maxsize=256)
def peaks(folder: Path, record: SetRecord) -> list[list[int]]:
    """Waveform of what was kept: lowest and highest value in equal steps, in [-128, 127]; computed once."""
    audio = np.load(audio_path(folder, record.name), mmap_mode="r")
    edges = np.linspace(0, len(audio), min(PEAKS, len(audio)) + 1).astype(int)
    parts = (audio[start:stop] for start, stop in pairwise(edges))
    return [[int(part.min()) >> 8, int(part.max()) >> 8] for part in parts]


def _placed(record: SetRecord) -> Iterator[tuple[float, tuple[int, int]]]:
    """Where segments begin in the source, with their samples."""
    return zip(record.segment_starts_s, record.segments, strict=True)
