"""Decode: any file FFmpeg reads, as a stream of float samples or whole, however dirty the file."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from mixdream.audio.channels import Mixdown
from mixdream.audio.damage import Damage, Times
from mixdream.audio.file_parts import Part, PartReader, read_error
from mixdream.audio.file_structure import read_structure
from mixdream.audio.open_media import about_tracks, check_file, open_media, plain_layout
from mixdream.audio.resample import to_rate
from mixdream.errors import InputError

BLOCK_SAMPLES = 1 << 16
"""Frames are gathered to about so many samples per channel before numpy sees them."""

DAMAGED_ABOVE = 32.0
"""Samples beyond +-32 (30 dB over full scale) are damage, not music, as NaN and Inf are."""

RATES_HZ = (1000, 768_000)
# Numbered frames with checksums; positions of pages; clocks that jump where streams are joined.
_TIMES = {"flac": Times.EXACT, "ogg": Times.EXACT, "mpegts": Times.SEEN}
_OGG_TOLERANCE_S = 0.03
_PATIENCE = 50  # failures to read in a row after which the rest of a file is given up
_FULL_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0}
_CODES = {"u8": "u1", "s16": "i2", "s32": "i4", "flt": "f4", "dbl": "f8"}
_DTYPES = {name: np.dtype(code) for name, code in _CODES.items()}
_FORMATS = {name + planar for name in _DTYPES for planar in ("", "p")}


class Block(NamedTuple):
    """Samples, shape (n, channels), float32, full scale +-1, and their rate."""

    samples: np.ndarray
    rate_hz: int


@dataclass
class Decoder:
    """Decodes one audio stream of a file; what it learnt on the way is in its attributes afterwards.

    Of several streams that which the container marks as the default is taken, else the one with most data.

    Duration and frame count of the container are never relied on: the file is read to its end. Packets that
    cannot be read or decoded, or that are missing by their times, are skipped and counted; samples that are
    not numbers are set to 0 and counted.

    Parameters
    ----------
    path : Path
        Any audio file, or a video file with a sound track.
    mixdown : Mixdown
        What becomes of the channels, to mono at first; afterwards it knows whether another were better.

    Attributes
    ----------
    rate_hz, source_channels : int
        Of the first frame.
    claimed_s : float or None
        Duration that the container claims, in seconds.
    values, nonfinite_samples : int
        Samples of all channels, and those of them that were not numbers.
    notes : list of str
        What in the file is not as its header says, in words.
    unread_bytes : int
        Of the file that were not read; a few may have no meaning.
    gave_up : bool
        The end of the file could not be reached.
    progress : float
        Part of the file that has been read, in [0, 1].
    """

    path: Path
    mixdown: Mixdown = field(default_factory=lambda: Mixdown(1))
    codec: str = ""
    rate_hz: int = 0
    source_channels: int = 0
    claimed_s: float | None = None
    damage: Damage = field(default_factory=Damage)
    values: int = 0
    nonfinite_samples: int = 0
    notes: list[str] = field(default_factory=list)
    unread_bytes: int = 0
    gave_up: bool = False
    progress: float = 0.0
    _key: tuple[str, str, int] | None = field(default=None, repr=False)
    _names: list[str] = field(default_factory=list, repr=False)

    def blocks(self) -> Iterator[Block]:
        """Decode from the beginning to the end; can be called once.

        InputError where the file is missing, empty, no media or without audio; ReadError where the disk or
        network fails.
        """
        check_file(self.path)
        try:
            structure = read_structure(self.path)
        except OSError as error:
            raise read_error(self.path, error) from None
        self.notes = list(structure.notes)
        size = sum(part.size for part in structure.parts)
        before = 0
        for part in structure.parts:
            yield from self._part(part, before, size)
            before += part.size
        self.damage.settle(self.claimed_s)
        self.progress = 1.0

    def _part(self, part: Part, before: int, size: int) -> Iterator[Block]:
        """Decode a part, which ``before`` bytes of ``size`` precede; a later one may be no media."""
        try:
            reader = PartReader(self.path, part)
        except OSError as error:
            raise read_error(self.path, error) from None
        try:
            with open_media(self.path, reader) as container:
                for block in self._container(container, part.losses):
                    self.progress = min(1.0, (before + reader.furthest) / max(1, size))
                    yield block
        except (InputError, OSError):
            if not reader.error:
                if not before:
                    raise
                reader.furthest = 0  # what was read of this part is no music
        finally:
            reader.close()
        if reader.error:
            raise read_error(self.path, reader.error, before + reader.furthest)
        self.unread_bytes += max(0, part.size - reader.furthest)

    def _container(self, container: "av.container.InputContainer", losses: list[int]) -> Iterator[Block]:
        stream = container.streams.best("audio")
        if not isinstance(stream, av.AudioStream):
            kinds = sorted({str(other.type or "unknown") for other in container.streams})
            what = "audio that cannot be decoded" if "audio" in kinds else f"no audio, only {kinds}"
            raise InputError(f"'{self.path}' has {what}")
        if stream.codec_context is None:
            raise InputError(f"'{self.path}' has audio in a codec that FFmpeg does not know")
        self.notes += [
            text for text in about_tracks(container.streams.audio, stream) if text not in self.notes
        ]
        stream.codec_context.thread_count = 1
        if stream.codec_context.name == "flac":  # its checksums are always right, unlike those of mp3
            stream.codec_context.options = {"err_detect": "crccheck+explode"}
        self._names = plain_layout(stream.codec_context)
        self.codec = self.codec or stream.codec_context.name
        kind = container.format.name
        if container.duration and _TIMES.get(kind) is not Times.SEEN:
            self.claimed_s = (self.claimed_s or 0.0) + container.duration / av.time_base
        self.damage.begin(_TIMES.get(kind, Times.CLAIMED), _OGG_TOLERANCE_S if kind == "ogg" else 0.0)
        waiting: list[av.AudioFrame] = []
        samples = 0
        for frame in self._frames(container, stream, losses):
            key = (frame.format.name, frame.layout.name, frame.sample_rate)
            if waiting and (samples >= BLOCK_SAMPLES or key != self._key):
                yield self._block(waiting)
                waiting, samples = [], 0
            self._key = key
            waiting.append(frame)
            samples += frame.samples
        if waiting:
            yield self._block(waiting)

    def _frames(
        self, container: "av.container.InputContainer", stream: av.AudioStream, losses: list[int]
    ) -> Iterator[av.AudioFrame]:
        """Decode packet by packet, and go on after whatever is wrong with one of them."""
        ahead = deque(losses)
        for packet in self._packets(container, stream):
            while ahead and (packet is None or (packet.pos or 0) >= ahead[0]):
                ahead.popleft()
                self.damage.gap()
            try:
                frames = packet.decode() if packet is not None else stream.codec_context.decode(None)
            except av.EOFError:
                continue
            except av.FFmpegError:
                self.damage.error(packet.size if packet is not None else 0)
                continue
            if packet is not None:
                self.damage.packet(packet.size)
            for frame in frames:
                if not isinstance(frame, av.AudioFrame):
                    continue
                if not RATES_HZ[0] <= frame.sample_rate <= RATES_HZ[1]:
                    raise InputError(
                        f"'{self.path}' claims a rate of {frame.sample_rate} Hz; "
                        f"{RATES_HZ[0]} to {RATES_HZ[1]} Hz can be used"
                    )
                self.rate_hz = self.rate_hz or frame.sample_rate
                self.source_channels = self.source_channels or frame.layout.nb_channels
                self.damage.frame(frame.time, frame.samples / frame.sample_rate)
                yield frame

    def _packets(
        self, container: "av.container.InputContainer", stream: av.AudioStream
    ) -> Iterator["av.Packet | None"]:
        """Read packets to the end of the file, then None to flush the decoder."""
        failures = 0
        demuxer = container.demux(stream)
        while failures < _PATIENCE:
            try:
                packet = next(demuxer)
            except (StopIteration, av.EOFError):
                break
            except av.FFmpegError:
                failures += 1
                self.damage.error()
                demuxer = container.demux(stream)
                continue
            if packet.size == 0:  # the demuxer's own flush
                continue
            failures = 0
            yield packet
        if failures >= _PATIENCE:  # as at an Ogg stream that is joined on with other channels
            self.gave_up = True
            self.damage.give_up(failures)
        yield None

    def _block(self, frames: list[av.AudioFrame]) -> Block:
        """Join frames of one format, make them float and mix their channels."""
        first = frames[0]
        rate_hz, layout = first.sample_rate, first.layout
        if first.format.name not in _FORMATS or (first.format.is_planar and layout.nb_channels >= 8):
            convert = av.AudioResampler(format="flt")  # PyAV 18.1 crashes on the planes of 8 channels
            frames = [made for frame in [*frames, None] for made in convert.resample(frame)]
        kind = frames[0].format
        base = kind.name.removesuffix("p") if kind.is_planar else kind.name
        data = _join(frames, _DTYPES[base], layout.nb_channels)
        self.values += data.size
        if base in _FULL_SCALE:
            data = data.astype(np.float32) * np.float32(1 / _FULL_SCALE[base])
            data -= np.float32(base == "u8")
        else:
            data = self._repair(data)
        names = [channel.name for channel in layout.channels]
        return Block(self.mixdown.mix(data, self._names if "NONE" in names else names), rate_hz)

    def _repair(self, data: np.ndarray) -> np.ndarray:
        """Set what is not a number, or absurdly large, to 0."""
        if not (
            data.max(initial=0) <= DAMAGED_ABOVE and data.min(initial=0) >= -DAMAGED_ABOVE
        ):  # false for NaN
            with np.errstate(invalid="ignore"):
                damaged = ~(np.abs(data) <= DAMAGED_ABOVE)
            self.nonfinite_samples += int(damaged.sum())
            data = np.where(damaged, 0, data)
        return data.astype(np.float32, copy=False)


def _join(frames: list[av.AudioFrame], dtype: np.dtype, channels: int) -> np.ndarray:
    """Samples of frames of one format, shape (channels, n); twice as fast as PyAV's own arrays."""
    planar = frames[0].format.is_planar
    width = 1 if planar else channels
    rows = np.empty((channels if planar else 1, width * sum(frame.samples for frame in frames)), dtype)
    start = 0
    for frame in frames:
        stop = start + width * frame.samples
        for row, plane in zip(rows, frame.planes, strict=False):
            row[start:stop] = np.frombuffer(memoryview(plane), dtype, stop - start)
        start = stop
    return rows if planar else rows.reshape(-1, channels).T


def read_audio(
    path: Path,
    rate_hz: float,
    channels: int = 1,
    last_s: float = math.inf,
    mixdown: Mixdown | None = None,
) -> tuple[np.ndarray, int]:
    """Decode a file whole.

    Parameters
    ----------
    path : Path
    rate_hz : float
        To bring it to; need not be whole.
    channels : {1, 2}
    last_s : float
        Only so many seconds of its end are wanted, or a little more; what lies before is not kept.
    mixdown : Mixdown, optional
        Of another reading of the file; by default the one that loses least.

    Returns
    -------
    audio : np.ndarray, shape (samples, channels), float32
    nonfinite : int
        Samples of the file that were no numbers; they are 0 in the audio.

    Raises
    ------
    InputError
        A file that cannot be read, holds no audio or changes its rate midway.
    """
    decoder = Decoder(path, Mixdown(channels) if mixdown is None else mixdown)
    blocks: deque[Block] = deque()
    kept = 0
    for block in decoder.blocks():
        blocks.append(block)
        kept += len(block.samples)
        while kept - len(blocks[0].samples) > last_s * block.rate_hz:
            kept -= len(blocks.popleft().samples)
    if not blocks:
        raise InputError(f"'{path}' holds no audio")
    if len({block.rate_hz for block in blocks}) > 1:
        raise InputError(f"'{path}' changes its rate midway, from {blocks[0].rate_hz} Hz")
    better = decoder.mixdown.better() if mixdown is None else None
    if better:
        return read_audio(path, rate_hz, channels, last_s, better)
    audio = np.concatenate([block.samples.reshape(len(block.samples), -1) for block in blocks])
    return to_rate(audio, blocks[0].rate_hz, rate_hz), decoder.nonfinite_samples
