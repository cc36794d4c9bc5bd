"""The page of a project: its loops to hear and see, what they are near to, and how they came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixdream.files import write_atomically
from mixdream.pages.media import Sound, data_url, flac_url, frequency_ticks, spectrogram_url
from mixdream.pages.render import render_page


@dataclass(frozen=True)
class SoundSection:
    """Sounds under a heading, with a sentence on what they are."""

    heading: str
    sounds: Sequence[Sound]
    note: str = ""


def sound_of(audio: np.ndarray, rate_hz: int, title: str, note: str, highest_hz: float, bars: int) -> Sound:
    """A loop for the page.

    Parameters
    ----------
    audio : np.ndarray, shape (samples,), full scale is +-1
    highest_hz : float
        Top of the frequency axis of its spectrogram.
    bars : int
        How many it lasts: a line is drawn where each begins.
    """
    highest_hz = min(highest_hz, rate_hz / 2)
    return Sound(
        title,
        flac_url(audio, rate_hz),
        spectrogram_url(audio, rate_hz, highest_hz, loop=True),
        note,
        True,
        frequency_ticks(highest_hz),
        tuple(round(100 * bar / bars, 2) for bar in range(1, bars)),
    )


def write_project_page(
    path: Path,
    title: str,
    sentences: Sequence[str],
    sections: Sequence[SoundSection],
    facts: Mapping[str, str],
    pictures: Mapping[str, Path],
    next_commands: Sequence[str],
) -> None:
    """Write the page, self-contained: it can be mailed and opened from a disk.

    Parameters
    ----------
    sentences : sequence of str
        Verdicts at the top.
    pictures : mapping of caption to PNG file
        Folded away at the end.
    """
    page = render_page(
        "mixdream.pages",
        "project.html",
        title=title,
        sentences=sentences,
        sections=[section for section in sections if section.sounds],
        facts=facts,
        pictures={caption: data_url("image/png", file.read_bytes()) for caption, file in pictures.items()},
        next_commands=next_commands,
    )
    write_atomically(path, page)
