"""Ingest: one source file becomes the int16 audio of one set, in two passes over bounded memory."""

import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np

from mixdream.analysis.beats.tracking import track_beats
from mixdream.audio.channels import Mixdown
from mixdream.audio.decode import Decoder
from mixdream.audio.loudness import LoudnessMeter
from mixdream.audio.resample import Resampler
from mixdream.corpus.beat_tracking import kept_blocks
from mixdream.corpus.cuts import cut
from mixdream.corpus.silence import Silence, SilenceFinder
from mixdream.corpus.source_check import check_damage, check_length, source_warnings
from mixdream.corpus.store import SetRecord, SourceFile, audio_header, sha256_of
from mixdream.files import naming

SILENCE_S = 2.0
"""Digital silence longer than this is dropped."""

_SMALLEST_DC = 0.5 / 32768  # what int16 cannot hold need not be removed
_CHUNK = 1 << 18


@dataclass
class _Levels:
    """What the first pass gathers, per channel."""

    samples: int
    total: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def add(self, block: np.ndarray) -> None:
        """Take in more samples, shape (n, channels)."""
        self.samples += len(block)
        rows = np.ascontiguousarray(block.T)  # numpy goes along rows several times as fast as down columns
        self.total += rows.sum(axis=1, dtype=np.float64)
        self.low = np.minimum(self.low, rows.min(axis=1))
        self.high = np.maximum(self.high, rows.max(axis=1))

    def dc(self, silences: list[Silence]) -> np.ndarray:
        """Mean of what is not digital silence; 0 where it is too small to matter."""
        length = self.samples - sum(span.stop - span.start for span in silences)
        rest = self.total - sum(((span.stop - span.start) * span.value for span in silences), np.zeros(1))
        mean = rest / max(1, length)
        return np.where(np.abs(mean) >= _SMALLEST_DC, mean, 0.0)


def ingest(
    path: Path,
    file: SourceFile,
    target: Path,
    beats: Path,
    rate_hz: int,
    channels: int,
    report: Callable[[float], None] = lambda share: None,
) -> SetRecord:
    """Decode a source, clean it and write it as a .npy file of int16; then find its beats.

    The first pass decodes and resamples into a nameless temporary file beside ``target`` and measures,
    once more where the first mix of the channels cancelled; the second removes DC, applies one gain where the
    peak is over full scale, drops digital silence and the surroundings of damage, and writes.

    Parameters
    ----------
    file : SourceFile
        What the index says of the file at ``path``.
    target, beats : Path
        Files to write; they are on the disk, fsynced, when the function returns.
    rate_hz, channels : int
        Of the corpus.
    report : callable
        Called with the share done, in [0, 1].

    Raises
    ------
    InputError
        Where the source cannot become a set; the message is the reason.
    OSError
        Where the folder of ``target`` cannot be written.
    """
    with naming(target), tempfile.TemporaryFile(dir=target.parent) as raw:
        decoder, levels, silences = _decode(path, Mixdown(channels), raw, rate_hz, report)
        better = decoder.mixdown.better()
        if better:
            raw.seek(0)
            raw.truncate()
            decoder, levels, silences = _decode(path, better, raw, rate_hz)
        segments, dropped = cut(silences, decoder.damage.spots, levels.samples, rate_hz)
        check_length(decoder, segments, levels.samples, rate_hz)
        dc = levels.dc(silences)
        peak = float(max((levels.high - dc).max(), (dc - levels.low).max()))
        gain = 1 / peak if peak > 1 else 1.0
        written = _Writer(target, sum(stop - start for start, stop in segments), rate_hz, channels)
        with written:
            for start, stop in segments:
                for chunk in _chunks(raw, start, stop, channels):
                    written.write((chunk - dc.astype(np.float32)) * np.float32(gain))
    report(0.97)
    starts = np.cumsum([0, *(stop - start for start, stop in segments)]).tolist()
    kept, kept_starts_s = tuple(pairwise(starts)), tuple(start / rate_hz for start, _ in segments)
    tracked, tempo = track_beats(partial(kept_blocks, target, channels), kept, kept_starts_s, rate_hz)
    tracked.write(beats)
    loudness = written.meter.integrated_lufs()
    return SetRecord(
        **file.model_dump(),
        audio_sha256=written.digest.hexdigest(),
        beats_sha256=sha256_of(beats),
        codec=decoder.codec,
        source_rate_hz=decoder.rate_hz,
        source_channels=decoder.source_channels,
        rate_hz=rate_hz,
        seconds=levels.samples / rate_hz,
        samples=starts[-1],
        segments=kept,
        segment_starts_s=kept_starts_s,
        dropped=dropped,
        gain_db=20 * math.log10(gain),
        peak=peak,
        dc=tuple(dc.tolist()),
        rms_dbfs=written.rms_dbfs(),
        loudness_lufs=loudness if math.isfinite(loudness) else None,
        corrupt_packets=decoder.damage.corrupt_packets,
        nonfinite_samples=decoder.nonfinite_samples,
        warnings=tuple(source_warnings(decoder, gain)),
        tempo=tempo,
    )


def _decode(
    path: Path,
    mixdown: Mixdown,
    raw: IO[bytes],
    rate_hz: int,
    report: Callable[[float], None] = lambda share: None,
) -> tuple[Decoder, _Levels, list[Silence]]:
    """Decode and resample into a file, float32; what was learnt, and where nothing sounds."""
    channels = mixdown.channels
    decoder = Decoder(path, mixdown)
    levels = _Levels(0, *(np.zeros(channels) for _ in range(3)))
    silence = SilenceFinder(int(SILENCE_S * rate_hz) + 1)
    for block in _resampled(decoder, rate_hz, channels):
        levels.add(block)
        silence.push(block)
        raw.write(block.data)
        report(0.95 * decoder.progress)
    check_damage(decoder)
    return decoder, levels, silence.finish()


def _resampled(decoder: Decoder, rate_hz: int, channels: int) -> Iterator[np.ndarray]:
    resampler = Resampler(rate_hz, channels)
    for block in decoder.blocks():
        made = resampler.push(block.samples, block.rate_hz)
        if len(made):
            yield np.ascontiguousarray(made)
    rest = resampler.finish()
    if len(rest):
        yield np.ascontiguousarray(rest)


def _chunks(raw: IO[bytes], start: int, stop: int, channels: int) -> Iterator[np.ndarray]:
    """Read a span of the temporary file, shape (n, channels) a time."""
    raw.seek(4 * channels * start)
    for position in range(start, stop, _CHUNK):
        data = raw.read(4 * channels * min(_CHUNK, stop - position))
        yield np.frombuffer(data, np.float32).reshape(-1, channels)


class _Writer:
    """Writes the .npy file and measures what is written; plain writes, since mapped pages count as memory."""

    def __init__(self, target: Path, samples: int, rate_hz: int, channels: int) -> None:
        self.target = target
        self.shape = (samples, channels)
        self.digest = hashlib.sha256()
        self.meter = LoudnessMeter(rate_hz, channels)
        self.energy = 0.0

    def __enter__(self) -> None:
        self.file = self.target.open("wb")
        self._put(audio_header(*self.shape))

    def write(self, samples: np.ndarray) -> None:
        """Quantise and append, shape (n, channels); full scale is 32768."""
        steps = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")
        self._put(steps.tobytes())
        kept = steps / np.float32(32768)
        self.energy += float(np.square(kept, dtype=np.float64).sum())
        self.meter.push(kept)

    def rms_dbfs(self) -> float:
        """Level of everything written; a full-scale square wave has 0 dBFS."""
        return 10 * math.log10(max(self.energy / math.prod(self.shape), 1e-12))

    def _put(self, data: bytes) -> None:
        self.digest.update(data)
        self.file.write(data)

    def __exit__(self, *_error: object) -> None:
        with self.file:
            self.file.flush()
            os.fsync(self.file.fileno())
