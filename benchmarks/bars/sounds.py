"""Sounds of drum machines that there never were, and notes, at 8 kHz."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from benchmarks.bars.rhythms import Draw

RATE_HZ = 8000

Wave = NDArray[np.float64]


def note(hz: float, samples: int, bright: float, decay_s: float) -> Wave:
    """A note with overtones, each so much weaker than the one before, that dies away."""
    time_s = np.arange(samples) / RATE_HZ
    wave = np.zeros(samples)
    for n in range(1, 9):
        if n * hz < 3900:
            wave += bright ** (n - 1) * np.sin(2 * np.pi * n * hz * time_s)
    ends = np.minimum(time_s / 0.004, (samples / RATE_HZ - time_s) / 0.01)
    return wave * np.clip(ends, 0, 1) * np.exp(-time_s / decay_s)


def hit(draw: Draw, sound: str) -> Wave:
    """One sound of a drum machine that there never was."""
    length = {"crash": 2.5, "open": 0.5, "ride": 0.7, "kick": 0.7, "stab": 0.4}.get(sound, 0.4)
    time_s = np.arange(round(length * RATE_HZ)) / RATE_HZ
    noise = draw.rng.standard_normal(len(time_s))
    if sound == "kick":
        low, sweep = draw.between(38, 75), draw.ratio(1.5, 8)
        fall_s = draw.ratio(0.008, 0.06)
        phase = 2 * np.pi * low * (time_s + (sweep - 1) * fall_s * (1 - np.exp(-time_s / fall_s)))
        wave = np.tanh(draw.between(0.8, 3) * np.sin(phase)) * np.exp(-time_s / draw.ratio(0.05, 0.35))
        return wave + draw.between(0, 0.4) * noise * np.exp(-time_s / draw.ratio(0.001, 0.008))
    if sound == "stab":
        root = draw.between(150, 400)
        return note(root, len(time_s), 0.6, 0.08) + note(root * 1.19, len(time_s), 0.6, 0.08)
    if sound in ("snare", "snare2", "ghost", "clap", "rim"):
        low = draw.ratio(300, 2200)
        hiss = sosfilt(
            butter(1, (low, min(low * draw.between(1.5, 5), 3950)), "band", fs=RATE_HZ, output="sos"), noise
        )
        hiss *= np.exp(-time_s / draw.ratio(0.02, 0.18)) / np.abs(hiss).max()
        if sound == "clap":
            for burst in (0.009, 0.018):
                hiss += np.roll(hiss, round(burst * RATE_HZ)) * 0.8
            return hiss / np.abs(hiss).max()
        tone_hz = draw.between(140, 300) if sound != "rim" else draw.between(400, 1800)
        tone = np.sin(2 * np.pi * tone_hz * time_s) * np.exp(-time_s / draw.ratio(0.015, 0.09))
        return hiss * (0.3 if sound == "rim" else 1) + draw.between(0, 1.3) * tone
    if sound == "perc":
        hz = draw.ratio(150, 2500)
        return np.sin(2 * np.pi * hz * time_s) * np.exp(
            -time_s / draw.ratio(0.02, 0.12)
        ) + 0.1 * noise * np.exp(-time_s / 0.01)
    fall_s = {
        "hat": draw.ratio(0.008, 0.05),
        "open": draw.ratio(0.07, 0.3),
        "ride": draw.ratio(0.08, 0.4),
        "crash": draw.ratio(0.4, 1.2),
    }.get(sound, draw.ratio(0.01, 0.06))
    hiss = lfilter([1, -draw.between(0.6, 0.98)], [1], noise)
    if draw.chance(0.4):
        partials = draw.rng.uniform(1500, 3900, 6)
        hiss = hiss + np.abs(hiss).max() * 0.3 * np.sin(2 * np.pi * partials[:, None] * time_s).sum(0)
    wave = hiss / np.abs(hiss).max() * np.exp(-time_s / fall_s)
    if sound == "shaker":
        wave *= np.clip(time_s / 0.02, 0, 1)
    return wave


def add(audio: Wave, wave: Wave, at_s: float, gain: float) -> None:
    """Add a sound to audio in place."""
    first = round(at_s * RATE_HZ)
    last = min(first + len(wave), len(audio))
    audio[first:last] += gain * wave[: last - first]
