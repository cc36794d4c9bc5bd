"""A project with a run that was trained for an epoch, and loops of known audio."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from mixdream.audio.loop_chunks import LoopInfo
from mixdream.generation.clips import write_files
from mixdream.generation.wish import Wish
from mixdream.project import Project
from mixdream.runs.run import Run
from mixdream.studio.play.play_state import RATE_HZ

BAR = 84_000  # samples, 126 BPM


def project_with(folder: Path, run: Run) -> Project:
    """A project whose run is a copy of this one."""
    shutil.copytree(run.folder, folder / "runs" / "dream")
    return Project(folder)


def write_known(folder: Path, name: str, audio: np.ndarray, bpm: float = 126.0, **about: Any) -> str:
    """Write a loop as if a model had made it; return its id."""
    beats = round(audio.shape[-1] / RATE_HZ * bpm / 60)
    said = {"bpm": bpm, "bars": beats // 4, "beats": beats, "seed": 7, "run": "mixdream", "run_folder": None}
    said |= {"checkpoint": "step-1", "key": None, "camelot": None, "silent": False}
    write_files(folder, name, audio, Wish(rate_hz=RATE_HZ), said | about, LoopInfo(bpm, beats))
    return name


def impulses(*at: int, samples: int = BAR) -> np.ndarray:
    """Silence with peaks of a half, shape (samples,)."""
    audio = np.zeros(samples)
    audio[list(at)] = 0.5
    return audio
