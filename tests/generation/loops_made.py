"""Loops as files, as `mixdream generate` writes them, of known music."""

from pathlib import Path

import numpy as np

from mixdream.audio.loop_chunks import MIDDLE_C, LoopInfo
from mixdream.audio.write import AudioFormat
from mixdream.generation.clips import write_files
from mixdream.generation.wish import Wish
from tests.analysis import loop_parts as parts

RATE_HZ = parts.RATE_HZ


def write_loop_file(
    folder: Path, *, form: AudioFormat = "wav", channels: int = 1, key: str | None = None
) -> Path:
    """Two bars at 120 BPM: drums, a bass and a chord that is further to the left."""
    drums = parts.kicks() + parts.snares() + parts.hats()
    groove, chord = 0.3 * (drums + parts.bass() + parts.stabs()), 0.3 * parts.chord()
    audio = groove + chord if channels == 1 else np.stack([groove + chord, groove + 0.5 * chord])
    about = {
        "run": "my-run",
        "run_folder": None,
        "checkpoint": "step-000000001",
        "seed": 7,
        "bpm": 120.0,
        "bars": 2,
        "beats": 8,
        "key": key,
        "seam": {"ratio": 0.5, "quantile": 0.5},
        "nearest": None,
    }
    name = "_".join(["my-run_7_120bpm", *([key] if key else [])])
    info = LoopInfo(120.0, 8, MIDDLE_C + 6 if key else None)
    return Path(write_files(folder, name, audio, Wish(rate_hz=RATE_HZ, form=form), about, info)["file"])
