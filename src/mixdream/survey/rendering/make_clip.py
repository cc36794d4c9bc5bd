"""Making one clip of a listening test: its sound, its level, its file."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from mixdream.audio.level import loudness_lufs, set_level
from mixdream.corpus.sources import source_text
from mixdream.files import write_atomically
from mixdream.spectrogram.grid import NAMED_GRIDS
from mixdream.survey.design.design import Design
from mixdream.survey.rendering.clips import RATE_HZ, Clip
from mixdream.survey.rendering.headphones import headphone_tones
from mixdream.survey.rendering.sources import Source, read_source
from mixdream.survey.rendering.tones import tones
from mixdream.survey.rendering.treatments import anchor, low_passed, through_grid

_FADE_S = 0.005


def make_clip(
    clip: Clip, source: Source | None, channels: int, opposite: int, design: Design, path: Path, lufs: float
) -> dict[str, Any]:
    """Make a clip unless its file is there, at a level or below it; what ``clips.json`` says about it.

    Without a source it is tones: to be counted, or with a place of the ``opposite`` one to be compared.
    """
    if not path.is_file():
        audio = _faded(_audio(clip, source, channels, opposite, design)).T
        audio, _ = set_level(audio, RATE_HZ, target_lufs=lufs, most_limiting_db=0.0)
        buffer = io.BytesIO()
        soundfile.write(buffer, audio.T, RATE_HZ, format="FLAC", subtype="PCM_16")
        write_atomically(path, buffer.getvalue())
    with path.open("rb") as file:  # soundfile takes no name that is not UTF-8
        audio, _ = soundfile.read(file, always_2d=True)
    made_lufs = loudness_lufs(audio.T, RATE_HZ)
    return {
        "source": source_text(Path(source.path.name)) if source else f"tones, {clip.item}",
        "sha256": source.sha256 if source else None,
        "seconds": len(audio) / RATE_HZ,
        "loudness_lufs": None if made_lufs is None else round(made_lufs, 2),
    }


def _audio(clip: Clip, source: Source | None, channels: int, opposite: int, design: Design) -> np.ndarray:
    """Audio of a clip at its own level, shape (samples, channels)."""
    seed = int(clip.id, 16) >> 1  # seeds are of 63 bits
    if opposite:
        return headphone_tones(int(clip.item), opposite, RATE_HZ)
    if source is None:
        mono = tones(int(clip.item), RATE_HZ, np.random.default_rng(seed))
        return np.repeat(mono[:, None], channels, axis=1)
    condition = design.conditions[clip.condition]
    audio = read_source(source.path, channels, RATE_HZ)
    if condition.through:
        audio = through_grid(audio[:, 0], RATE_HZ, NAMED_GRIDS[condition.through], seed)[:, None]
    if condition.lowpass_hz:
        return low_passed(audio, RATE_HZ, condition.lowpass_hz)
    return anchor(audio, RATE_HZ) if condition.anchor else audio


def _faded(audio: np.ndarray) -> np.ndarray:
    """Audio, shape (samples, channels), that begins and ends at zero."""
    samples = round(_FADE_S * RATE_HZ)
    ramp = np.sin(np.pi / 2 * np.arange(samples) / samples)[:, None] ** 2
    audio = audio.copy()
    audio[:samples] *= ramp
    audio[-samples:] *= ramp[::-1]
    return audio
