"""Loops as they are played: whole bars of an exact number of samples, in stereo."""

import io
import os
import threading
from functools import lru_cache

import numpy as np
import soundfile

from mixdream.errors import InputError
from mixdream.spectrogram.stretch import stretch_loop
from mixdream.studio.play.play_state import RATE_HZ, Pitch
from mixdream.studio.play.shelf import Shelf

IN_MEMORY = 64
"""Played loops that are remembered: two bars of 126 BPM are 1.3 MB."""

UNHEARD = 1e-3
"""Part of a tempo up to which pitch follows it even where it is kept, 1.7 cents.

So loops at their own tempo, whose bars are no whole samples, are not stretched for nothing.
"""


class Played:
    """Played loops of a shelf, which remembers the latest ones."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._at_work = threading.Semaphore(os.cpu_count() or 1)
        self.audio = lru_cache(IN_MEMORY)(self._audio)

    def wav(self, loop_id: str, bar_samples: int, pitch: Pitch) -> bytes:
        """Played loop as a WAV file of 32-bit floating-point samples."""
        file = io.BytesIO()
        audio = self.audio(loop_id, bar_samples, pitch, self._shelf.get(loop_id).version)
        soundfile.write(file, audio.T, RATE_HZ, "FLOAT", format="WAV")
        return file.getvalue()

    def _audio(self, loop_id: str, bar_samples: int, pitch: Pitch, _version: str = "") -> np.ndarray:
        """One period, shape (2, bars * bar_samples), float32, see `play_loop`."""
        shelved = self._shelf.get(loop_id)
        with self._at_work:  # a change of tempo asks for all pads at once
            audio, rate_hz = self._shelf.audio(loop_id)
            return play_loop(audio, rate_hz, shelved.facts.bars * bar_samples, pitch)


def play_loop(audio: np.ndarray, rate_hz: int, samples: int, pitch: Pitch) -> np.ndarray:
    """Bring one period of a loop, shape (2, any), to a length at 44.1 kHz: float32, shape (2, samples).

    Its pitch follows, or is kept as `mixdream.generation.export.move_loop` keeps it.
    """
    if not audio.size:
        raise InputError("a loop without samples cannot be played")
    own = audio.shape[-1] * RATE_HZ / rate_hz
    follows = pitch == "follow" or abs(samples / own - 1) <= UNHEARD
    at_pitch = samples if follows else own
    return stretch_loop(audio, samples, at_pitch, rate_hz).astype(np.float32)
