"""Loops made up at random whose hits and bass notes are known, to learn from."""

from dataclasses import dataclass

import numpy as np
from scipy.fft import next_fast_len

from benchmarks.bars.rhythms import STYLES, Draw, Row
from benchmarks.bars.sounds import Wave
from benchmarks.lines.sounds import RATE_HZ, hit, tone
from mixdream.analysis.lines.struck import STRUCK

_KINDS = {"snare2": "snare", "clap": "snare", "ghost": "snare", "shaker": "hat", "ride": "hat"}
_LOUD = "snare", "snare2", "clap"
_BARS, _STEPS = 2, 16
_HABITS = [habits for _, _, steps, habits in STYLES.values() if steps == _STEPS]


@dataclass(frozen=True)
class MadeUp:
    """One period of a loop of two bars, shape (samples,), and what is struck, shape (len(STRUCK), steps)."""

    audio: Wave
    struck: np.ndarray


def make_up(seed: int) -> MadeUp:
    """Make up a loop, a function of the seed."""
    draw = Draw(seed)
    steps = _BARS * _STEPS
    samples = next_fast_len(round(steps * 15 / draw.ratio(84, 180) * RATE_HZ), real=True)
    step_s = samples / steps / RATE_HZ
    audio, tones = np.zeros((2, samples))
    struck = np.zeros((len(STRUCK), steps), np.float32)
    swing = draw.between(0.05, 0.4) if draw.chance(0.35) else 0.0
    starts = (np.arange(steps) + swing * (np.arange(steps) % 2)) * step_s
    duck = np.ones(len(audio))
    depth = draw.between(0, 0.9) if draw.chance(0.6) else 0.0
    rows = _HABITS[int(draw.rng.integers(len(_HABITS)))](draw) if draw.chance(0.93) else {}
    for skin in ("conga", "low conga"):
        if draw.chance(0.35):
            rows[skin] = _often(draw, draw.between(0.1, 0.6))
    habit = draw.chance(0.5)
    if "snare" in rows and "ghost" not in rows and draw.chance(0.3):
        rows["ghost"] = _often(draw, draw.between(0.1, 0.3))
    snare: tuple[list[Wave], float] | None = None
    for name, usual in rows.items():
        sound = name.removeprefix("low ")
        usually = habit or sound == "ghost"
        row = _now_and_then(draw, usual, steps) if usually else _anywhere(draw, sound, steps)
        takes = [hit(draw, sound) for _ in range(int(draw.one(1, 1, 3)))]
        level = _level(draw, sound)
        if sound in _LOUD:
            snare = takes, level
        elif sound == "ghost" and snare is not None and draw.chance(0.7):  # softly, on the same skin
            takes, level = snare[0], snare[1] * draw.ratio(0.2, 0.6)
        for step in np.flatnonzero(row):
            kind = _KINDS.get(sound, sound)
            if sound == "ghost" and struck[STRUCK.index(kind), step]:
                continue
            gain = level * row[step] * draw.between(0.85, 1.0)
            _add(audio, takes[int(draw.rng.integers(len(takes)))], starts[step], gain)
            if kind in STRUCK:
                struck[STRUCK.index(kind), step] = 1
            if sound == "kick":
                time_s = np.arange(round(0.375 * RATE_HZ)) / RATE_HZ
                dip = 1 - depth * np.exp(-time_s / draw.between(0.05, 0.19))
                places = (round(starts[step] * RATE_HZ) + np.arange(len(dip))) % samples
                duck[places] = np.minimum(duck[places], dip)
    for part, share in (("bass", 0.85), ("chords", 0.6), ("stabs", 0.4), ("arp", 0.4), ("lead", 0.35)):
        if draw.chance(share):
            onsets = _play(draw, tones, part, starts, step_s)
            if part == "bass":
                struck[STRUCK.index("bass")] = onsets
    audio += duck * tones
    if draw.chance(0.4):  # an echo, a room
        wet = np.roll(tones if draw.chance(0.7) else audio, round(draw.one(2, 3, 3, 4) * step_s * RATE_HZ))
        audio += draw.between(0.1, 0.4) * wet
    if draw.chance(0.4):
        fade = np.exp(-np.arange(samples) / RATE_HZ / draw.ratio(0.05, 0.5))
        room = draw.rng.standard_normal(samples) * fade
        room *= draw.between(0.03, 0.3) / np.sqrt(np.square(room).sum())
        audio += np.fft.irfft(np.fft.rfft(audio) * np.fft.rfft(room), samples)
    audio /= np.abs(audio).max() + 1e-9
    audio = np.tanh(audio * draw.between(0.5, 2.5))
    audio += draw.ratio(1e-5, 1e-2) * draw.rng.standard_normal(samples)
    if draw.chance(0.35):  # what comes of a lower rate, or of a codec
        spectrum = np.fft.rfft(audio)
        spectrum[np.fft.rfftfreq(samples, 1 / RATE_HZ) > draw.one(4000, 4000, 8000, 11_000)] = 0
        audio = np.fft.irfft(spectrum, samples)
    return MadeUp(audio, struck)


def _level(draw: Draw, sound: str) -> float:
    if sound == "kick":
        return draw.between(0.5, 1.2)
    lowest, highest = {"ghost": (0.05, 0.3), "conga": (0.03, 0.45)}.get(sound, (0.03, 0.35))
    return draw.ratio(0.08, 0.8) if sound in _LOUD else draw.ratio(lowest, highest)


def _often(draw: Draw, chance: float) -> Row:
    """A bar in which each step is struck that often, shape (steps,)."""
    return (draw.rng.random(_STEPS) < chance).astype(float)


def _now_and_then(draw: Draw, usual: Row, steps: int) -> Row:
    """A row of habit from which some hits are missing, and to which some are added; shape (steps,)."""
    row = usual[np.arange(steps) % len(usual)] * (draw.rng.random(steps) > 0.1)
    return draw.sprinkled(row, 0.03, 0.5)


def _anywhere(draw: Draw, sound: str, steps: int) -> Row:
    """A row of no habit, so that what is struck must be heard; shape (steps,)."""
    most = 0.9 if sound in ("hat", "shaker", "ride") else 0.35
    row = (draw.rng.random(steps) < draw.between(0.08, most)).astype(float)
    return row * np.where(draw.rng.random(steps) < 0.25, 0.4, 1.0)


def _add(audio: Wave, wave: Wave, at_s: float, gain: float) -> None:
    """Add a sound to a loop in place; what reaches over its end sounds at its start."""
    np.add.at(audio, (round(at_s * RATE_HZ) + np.arange(len(wave))) % len(audio), gain * wave)


def _play(draw: Draw, tones: Wave, part: str, starts: np.ndarray, step_s: float) -> np.ndarray:
    """Add a part to a loop; 1 where it strikes a note, shape (steps,)."""
    row = _rhythm(draw, part, len(starts))
    onsets = np.flatnonzero(row)
    if not len(onsets):
        return row
    scale = np.array([0, 2, 3, 5, 7, 8, 10, 12])
    roots = draw.rng.choice([0, 0, 0, 2, 3, 5, 7, 8, 10], 2)
    wander = draw.chance(0.5)
    low_hz = draw.ratio(36, 90)
    octaves = {"bass": 0, "chords": 2, "stabs": 2, "arp": 3, "lead": 3}[part]
    level = {"bass": 0.35, "chords": 0.07, "stabs": 0.1, "arp": 0.1, "lead": 0.14}[part] * draw.ratio(0.5, 2)
    bright, fade_s, drive = draw.between(0.2, 0.9), draw.ratio(0.06, 3.0), draw.between(0.5, 2.5)
    attack_s = draw.ratio(0.002, 0.02 if part != "chords" else 0.3)
    if part == "stabs":  # short and sharp, as drums are
        bright, fade_s, attack_s = draw.between(0.6, 0.97), draw.ratio(0.02, 0.3), draw.ratio(0.001, 0.004)
    gate = draw.between(0.35, 1.0)
    detune = draw.between(0.002, 0.01) if draw.chance(0.3) else 0.0
    sounds: dict[tuple[float, float], Wave] = {}
    for step, following in zip(onsets, [*onsets[1:], onsets[0] + len(starts)], strict=True):
        length_s = min((following - step) * step_s * gate, 3.0) + 0.02
        offset = (
            int(scale[draw.rng.integers(len(scale))])
            if part in ("arp", "lead") or (wander and part == "bass" and draw.chance(0.4))
            else 0
        )
        for third in (0, 3, 7) if part in ("chords", "stabs") else (0,):
            hz = low_hz * 2 ** (octaves + (roots[step // _STEPS] + offset + third) / 12)
            key = round(hz, 2), round(length_s, 2)
            if key not in sounds:
                wave = tone(hz, length_s, bright, fade_s, attack_s, detune)
                sounds[key] = np.tanh(drive * wave) / drive if part == "bass" else wave
            _add(tones, sounds[key], starts[step], level * draw.between(0.8, 1.0))
    return row


def _rhythm(draw: Draw, part: str, steps: int) -> Row:
    """Steps that a part strikes, shape (steps,)."""
    row = np.zeros(steps)
    if part == "chords":
        row[:: int(draw.one(4, 8, 16, 32))] = 1
        return draw.sprinkled(row, draw.between(0.0, 0.15))
    if part == "bass":
        kind = draw.rng.choice(["off", "eighths", "rolling", "sixteenths", "random", "random", "long"])
        if kind == "off":
            row[2::4] = 1
        elif kind == "eighths":
            row[::2] = 1
        elif kind == "rolling":
            row[:] = 1
            row[::4] = 0
        elif kind == "sixteenths":
            row[:] = 1
        elif kind == "long":
            row[:: int(draw.one(8, 16))] = 1
        else:
            row[:] = np.tile(draw.rng.random(_STEPS) < draw.between(0.15, 0.5), _BARS)
            row[0] = draw.one(0, 1)
        return draw.sprinkled(row, 0.06) * (draw.rng.random(steps) < draw.one(1.0, 0.95))
    if draw.chance(0.4) and part != "stabs":
        row[:: int(draw.one(1, 2, 3))] = 1
        return row
    often = draw.between(0.1, 0.4)
    if part == "stabs":
        return np.tile(draw.sprinkled(row[:_STEPS], often), _BARS)
    return draw.sprinkled(row, often)
