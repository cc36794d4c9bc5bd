"""Speed of beat tracking beside ``librosa.beat.beat_track``: five minutes at 8 kHz, one thread, in turns."""

import time

import librosa
import numpy as np
import torch
from tests.analysis.beats.beat_audio import track

from benchmarks.table import Row, print_table

RATE_HZ = 8000
MINUTES = 5
_TURNS = 3


def rows() -> list[Row]:
    """The best of some turns each; the first, which compiles, does not count."""
    time_s = np.arange(MINUTES * 60 * RATE_HZ) / RATE_HZ
    beat_s = time_s % 0.5
    audio = 0.6 * np.sin(2 * np.pi * 55 * beat_s) * np.exp(-beat_s / 0.08)
    audio += 0.02 * np.random.default_rng(0).standard_normal(len(time_s))
    audio, steps = audio.astype(np.float32), (32767 * audio).astype(np.int16)[:, None]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    ours_s, theirs_s = [], []
    for _ in range(1 + _TURNS):
        began = time.perf_counter()
        track(steps)
        ours_s.append(time.perf_counter() - began)
        began = time.perf_counter()
        librosa.beat.beat_track(y=audio, sr=RATE_HZ)
        theirs_s.append(time.perf_counter() - began)
    torch.set_num_threads(threads)
    ours, theirs = (MINUTES * 60 / min(spent[1:]) for spent in (ours_s, theirs_s))
    return [
        Row(
            "beats, downbeats and what is sure of them",
            f"{ours:.0f}x real time",
            f"{theirs:.0f}x (`librosa.beat.beat_track`: beats of one tempo)",
            ours / theirs,
        )
    ]


if __name__ == "__main__":
    print_table(rows())
