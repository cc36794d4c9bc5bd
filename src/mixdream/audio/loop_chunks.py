"""What a WAV file tells a sampler or DAW of its loop: the ``smpl`` and ``acid`` chunks."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mixdream.errors import InputError

MIDDLE_C = 60
"""Root note of audio without a key, what samplers take where nothing is said."""

_BEATS_PER_BAR = 4
_ROOT_NOTE_SET, _STRETCH = 0x02, 0x04  # flags of acid; 0x01, which is not set, would say one-shot
_SMPL = struct.Struct("<9I")
_SMPL_LOOP = struct.Struct("<6I")
_ACID = struct.Struct("<IHHfIHHf")


@dataclass(frozen=True)
class LoopInfo:
    """What the chunks say.

    Parameters
    ----------
    bpm : float
        Tempo in quarter notes per minute.
    beats : int
        Quarter notes in the loop; the meter is 4/4.
    root_note : int in [0, 127], optional
        MIDI note that the audio sounds at when it is played unchanged; None where it has no key.
    """

    bpm: float
    beats: int
    root_note: int | None = None


def add_loop_chunks(wav: bytes, loop: LoopInfo) -> bytes:
    """Append the chunks of one loop, forward and endless, over the whole file.

    The ``smpl`` chunk is that of the "Multimedia Data Standards Update" of 1994 (Microsoft), in which the end
    of a loop is the last sample that is played; ``acid`` was never published, its layout is the one that
    libsndfile reads. Sonic Foundry's bit for loops that follow the tempo of the project (stretch) is set.

    Parameters
    ----------
    wav : bytes
        A whole WAV file.
    loop : LoopInfo

    Returns
    -------
    bytes
        The file with the chunks at its end, its length fields right.

    Raises
    ------
    InputError
        Not a WAV file, or one without audio.
    """
    rate_hz, samples = _audio(wav)
    root = MIDDLE_C if loop.root_note is None else loop.root_note
    smpl = _SMPL.pack(0, 0, round(1e9 / rate_hz), root, 0, 0, 0, 1, 0)
    smpl += _SMPL_LOOP.pack(0, 0, 0, samples - 1, 0, 0)
    flags = _STRETCH | (0 if loop.root_note is None else _ROOT_NOTE_SET)
    acid = _ACID.pack(flags, root, 0x8000, 0.0, loop.beats, _BEATS_PER_BAR, _BEATS_PER_BAR, loop.bpm)
    whole = wav + bytes(len(wav) % 2)  # chunks begin at even bytes
    for name, content in ((b"smpl", smpl), (b"acid", acid)):
        whole += name + struct.pack("<I", len(content)) + content
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def read_loop_chunks(wav: bytes) -> LoopInfo | None:
    """Read what `add_loop_chunks` wrote; None where one of the chunks is missing.

    Raises
    ------
    InputError
        Not a WAV file, chunks cut short, or a loop that is not the whole file.
    """
    chunks = dict(_chunks(wav))
    if b"smpl" not in chunks or b"acid" not in chunks:
        return None
    smpl, acid = chunks[b"smpl"], chunks[b"acid"]
    if len(smpl) < _SMPL.size + _SMPL_LOOP.size or len(acid) < _ACID.size:
        raise InputError("the WAV file's loop chunks are cut short: write the loop again")
    loops = _SMPL.unpack_from(smpl)[7]
    _, kind, start, end, _, plays = _SMPL_LOOP.unpack_from(smpl, _SMPL.size)
    _, samples = _audio(wav)
    if (loops, kind, start, end, plays) != (1, 0, 0, samples - 1, 0):
        raise InputError(
            f"the WAV file's loop goes from sample {start} to {end} of {samples}: only one endless forward "
            "loop over the whole file is read"
        )
    flags, root, _, _, beats, _, _, bpm = _ACID.unpack_from(acid)
    if not (beats > 0 and math.isfinite(bpm) and bpm > 0 and root <= 127):
        raise InputError(f"the WAV file's loop has {beats} beats at {bpm} BPM, root note {root}: damaged")
    return LoopInfo(bpm, beats, root if flags & _ROOT_NOTE_SET else None)


def _audio(wav: bytes) -> tuple[int, int]:
    """Rate in Hz and samples per channel of a WAV file."""
    chunks = dict(_chunks(wav))
    form = chunks.get(b"fmt ", b"")
    if len(form) < 16 or b"data" not in chunks:
        raise InputError("the WAV file has no audio: its chunks 'fmt ' or 'data' are missing")
    rate_hz, _, bytes_per_sample = struct.unpack_from("<IIH", form, 4)
    if rate_hz == 0 or bytes_per_sample == 0 or len(chunks[b"data"]) < bytes_per_sample:
        raise InputError("the WAV file has no audio: its rate or its length is 0")
    return rate_hz, len(chunks[b"data"]) // bytes_per_sample


def _chunks(wav: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of the chunks, those that reach over the end cut there."""
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise InputError(f"not a WAV file: it begins with {wav[:12]!r}")
    place = 12
    while place + 8 <= len(wav):
        (size,) = struct.unpack_from("<I", wav, place + 4)
        yield wav[place : place + 4], wav[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
