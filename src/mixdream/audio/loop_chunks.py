"""What a WAV file tells a sampler or DAW of its loop: the ``smpl`` and ``acid`` chunks."""

import struct
from dataclasses import dataclass

MIDDLE_C = 60
"""Root note of audio without a key, what samplers take where nothing is said."""

_BEATS_PER_BAR = 4
_ROOT_NOTE_SET, _STRETCH = 0x02, 0x04  # flags of acid; 0x01, which is not set, would say one-shot


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


def add_loop_chunks(wav: bytes, samples: int, rate_hz: int, loop: LoopInfo) -> bytes:
    """Append the chunks of one loop, forward and endless, over the whole of a WAV file.

    The ``smpl`` chunk is that of the "Multimedia Data Standards Update" of 1994 (Microsoft), in which the end
    of a loop is the last sample that is played; ``acid`` was never published, its layout is the one that
    libsndfile reads. Sonic Foundry's bit for loops that follow the tempo of the project (stretch) is set.
    """
    root = MIDDLE_C if loop.root_note is None else loop.root_note
    smpl = struct.pack("<9I", 0, 0, round(1e9 / rate_hz), root, 0, 0, 0, 1, 0)
    smpl += struct.pack("<6I", 0, 0, 0, samples - 1, 0, 0)
    flags = _STRETCH | (0 if loop.root_note is None else _ROOT_NOTE_SET)
    meter = (_BEATS_PER_BAR, _BEATS_PER_BAR)
    acid = struct.pack("<IHHfIHHf", flags, root, 0x8000, 0.0, loop.beats, *meter, loop.bpm)
    whole = wav + bytes(len(wav) % 2)  # chunks begin at even bytes
    for name, content in ((b"smpl", smpl), (b"acid", acid)):
        whole += name + struct.pack("<I", len(content)) + content
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]
