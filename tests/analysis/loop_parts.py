"""A loop of two bars at 120 BPM whose parts are known."""

import numpy as np

RATE_HZ = 22_050
BEATS = 8
BEAT = 11_025  # samples
T = np.arange(BEATS * BEAT) / RATE_HZ

BASS_NOTES = (33, 36, 31, 40, 33, 38, 31, 35)  # MIDI, in the middle of each beat


def kicks() -> np.ndarray:
    """A sine that falls to 50 Hz, on every beat."""
    t = T % 0.5
    return np.sin(2 * np.pi * (50 * t - 4 * np.exp(-t / 0.03))) * np.exp(-t / 0.08)


def snares() -> np.ndarray:
    """Noise and a skin, on every second beat."""
    t = (T + 0.5) % 1.0
    hiss = np.random.default_rng(1).standard_normal(len(T))
    return (0.25 * hiss + 0.4 * np.sin(2 * np.pi * 190 * t)) * np.exp(-t / 0.06)


def hats() -> np.ndarray:
    """High noise, in the middle of each beat."""
    t = (T + 0.25) % 0.5
    hiss = np.random.default_rng(0).standard_normal(len(T))
    return 0.3 * np.diff(hiss, append=hiss[0]) * np.exp(-t / 0.02)


def bass() -> np.ndarray:
    """A note between all kicks, with overtones."""
    hz = 440 * 2 ** ((np.array(BASS_NOTES)[(T // 0.5).astype(int)] - 69) / 12)
    t = (T + 0.25) % 0.5
    wave = np.sum([0.6**n * np.sin(2 * np.pi * (n + 1) * hz * t) for n in range(6)], axis=0)
    return 0.35 * wave * np.minimum(1, t / 0.01) * np.clip((0.24 - t) / 0.02, 0, 1)


def chord() -> np.ndarray:
    """A major, throughout."""
    return 0.2 * np.sum([np.sin(2 * np.pi * hz * T) for hz in (440.0, 554.5, 659.5)], axis=0)


def stabs() -> np.ndarray:
    """E and its fifth, short, on the last sixteenth of each bar's first beat."""
    t = (T - 0.375) % 2.0
    return 0.4 * np.sum([np.sin(2 * np.pi * hz * t) for hz in (659.3, 987.8)], axis=0) * np.exp(-t / 0.08)
