"""Rendering: a performance as audio, block by block; memory does not grow with its length."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from mixdream.progress import Report, silent
from mixdream.studio.play.play_state import RATE_HZ, Pitch
from mixdream.studio.takes.automation import FADE_S, Cut
from mixdream.studio.takes.performance import Line, Performance, Sound, lines_of

LAUNCH_S = 0.001
"""Time in which a loop that begins out of silence comes: as the page plays it."""

PlayedAudio = Callable[[str, int, Pitch], np.ndarray]
"""One period of a loop, shape (2, bars * bar_samples), by its id, the samples of a bar and its pitch."""

_BLOCK = RATE_HZ  # about
_FADE = FADE_S * RATE_HZ


def render(performance: Performance, played: PlayedAudio, report: Report = silent) -> Iterator[np.ndarray]:
    """Yield a performance in blocks of about a second, shape (2, n), not limited."""
    lines = lines_of(performance)
    cuts = {
        name: (Cut("high", line.low_cut_hz), Cut("low", line.high_cut_hz)) for name, line in lines.items()
    }
    blocks = max(1, round(performance.samples / _BLOCK))
    edges = [performance.samples * block // blocks for block in range(blocks + 1)]
    for start, stop in pairwise(edges):
        mixed = np.zeros((2, stop - start))
        for name, line in lines.items():
            mixed += _heard(line, cuts[name], start, stop, played)
        yield mixed
        report(stop / performance.samples, f"{stop // RATE_HZ} s of {performance.samples // RATE_HZ} s")


def _heard(line: Line, cuts: tuple[Cut, Cut], start: int, stop: int, played: PlayedAudio) -> np.ndarray:
    """What is heard of a line in a block."""
    audio = np.zeros((2, stop - start))
    for sound in line.sounds:
        end = sound.stop_at + math.ceil(_FADE)
        if sound.at < stop and end > start:
            inside = slice(max(sound.at, start) - start, min(end, stop) - start)
            audio[:, inside] += _sounding(sound, start + inside.start, start + inside.stop, played)
    for cut in cuts:
        audio = cut.filter(audio, start)
    gain = line.volume.values(start, stop - start) * line.open.values(start, stop - start)
    return audio * gain


def _sounding(sound: Sound, start: int, stop: int, played: PlayedAudio) -> np.ndarray:
    """A loop from a sample to another, faded at its ends."""
    period = played(sound.loop, sound.bar_samples, sound.pitch)
    at = np.arange(start, stop)
    audio = period.take(sound.offset + at - sound.at, axis=1, mode="wrap")
    coming = (at - sound.at) / (_FADE if sound.continues else LAUNCH_S * RATE_HZ)
    going = 1 - (at - sound.stop_at) / _FADE
    return audio * np.clip(np.minimum(coming, going), 0, 1)
