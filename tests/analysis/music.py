"""Loops whose physics is known: eight beats that begin on the first sample."""

import numpy as np

RATE_HZ = 8000
BEATS = 8
SAMPLES = 32_768
BPM = BEATS * 60 * RATE_HZ / SAMPLES


def place(sound: np.ndarray, beats: list[float]) -> np.ndarray:
    """A sound at these beats; what passes the end goes on at the start."""
    loop = np.zeros(SAMPLES)
    for beat in beats:
        np.add.at(loop, (round(beat * SAMPLES / BEATS) + np.arange(len(sound))) % SAMPLES, sound)
    return loop


def kick() -> np.ndarray:
    t = np.arange(2400) / RATE_HZ
    return np.sin(2 * np.pi * 55 * t * (1 + np.exp(-40 * t))) * np.exp(-t / 0.08)


def hat(seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(300) * np.exp(-np.arange(300) / 60)


def chord() -> np.ndarray:
    """Three tones of whole cycles."""
    n = np.arange(SAMPLES)
    tones = [np.sin(2 * np.pi * cycles * n / SAMPLES + cycles) for cycles in (901, 1135, 1350)]
    return 0.15 * np.sum(tones, axis=0)


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(SAMPLES)


FOUR_TO_THE_FLOOR = place(kick(), [0, 1, 2, 3, 4, 5, 6, 7])
OFF_BEAT_HATS = place(hat(), [b + 0.5 for b in range(BEATS)])
GROOVE = FOUR_TO_THE_FLOOR + OFF_BEAT_HATS + chord() + 0.003 * noise()
