"""Music made up at random whose beats and bars are known: what the networks that read bars learn from.

Rhythms are drawn from habits of styles, sounds from ranges of their parameters; the patterns and kits of
`tests.analysis.beats.patterns` are not among them but by chance.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.bars.rhythms import STYLES, Draw, Row
from benchmarks.bars.sounds import RATE_HZ, Wave, add, hit, note


@dataclass(frozen=True)
class Music:
    """Audio of shape (samples, 1), int16; true beats and their place in the bar; quarters in a bar.

    Quarters are 0 where the metre is compound or odd: such bars are not in 4/4 whatever they are counted in.
    """

    style: str
    bpm: float
    audio: np.ndarray
    beat_s: np.ndarray
    in_bar: np.ndarray
    quarters: int


def make_up(seed: int, seconds: float = 48.0) -> Music:
    """Make up music, a function of the seed."""
    draw = Draw(seed)
    names = list(STYLES)
    shares = np.array([STYLES[name][0] for name in names])
    name = names[int(draw.rng.choice(len(names), p=shares / shares.sum()))]
    _, (slowest, fastest), steps, habits = STYLES[name]
    draw.steps = steps
    bpm = draw.ratio(slowest, fastest)
    rows = habits(draw)
    step_s = 15 / bpm
    bar_s = steps * step_s
    swing = draw.between(0.1, 0.4) if draw.chance(0.6 if name == "hip-hop" else 0.12) else 0.0
    cut_s = float(draw.one(0.0, draw.between(0, bar_s), draw.between(0, bar_s), -draw.between(0, 1.0)))
    bars = int((seconds + max(cut_s, 0)) / bar_s) + 2
    audio = _play(draw, rows, name, bars, steps, step_s, swing)
    start = round(cut_s * RATE_HZ)
    audio = audio[start:] if start >= 0 else np.concatenate([np.zeros(-start), audio])
    audio = audio[: round(seconds * RATE_HZ)]
    audio = np.tanh(audio / max(np.abs(audio).max(), 1e-9) * draw.between(0.8, 2.5))
    audio = np.rint(audio / max(np.abs(audio).max(), 1e-9) * draw.between(6_000, 30_000)).astype(np.int16)
    quarters = steps // 4 if steps % 4 == 0 and name != "6/8" else 0
    beats = np.arange(int(bars * bar_s * bpm / 60))
    beat_s = beats * 60 / bpm - cut_s
    inside = (beat_s >= 0) & (beat_s < seconds)
    in_bar = (beats % max(quarters, 1))[inside]
    return Music(name, bpm, audio[:, None], beat_s[inside], in_bar, quarters)


def _play(
    draw: Draw, rows: dict[str, Row], name: str, bars: int, steps: int, step_s: float, swing: float
) -> Wave:
    """Drums, bass, chords and arpeggios in sections of four, eight or sixteen bars."""
    audio = np.zeros(round((bars + 2) * steps * step_s * RATE_HZ) + 5 * RATE_HZ)
    jitter_s = draw.one(0.0, 0.0, 0.002, 0.005, 0.008)
    phrase = int(draw.one(4, 8, 8, 16)) if steps == 16 else int(draw.one(2, 4, 8))
    parts = ["bass", "chords", "arp", "lead"]
    likely = (0.9, 1.0, 0.8, 0.5) if name == "no drums" else (0.8, 0.6, 0.4, 0.3)
    tonal = {part for part, share in zip(parts, likely, strict=True) if draw.chance(share)}
    everything = set(rows) | tonal
    sections = _sections(draw, bars, phrase, everything, name)
    sidechain = np.ones(len(audio))
    tones = np.zeros(len(audio))
    for part in tonal:
        _play_tones(draw, tones, part, sections, bars, steps, step_s)
    for sound, row in rows.items():
        takes = [hit(draw, sound) for _ in range(1 if sound == "stab" else int(draw.one(1, 3)))]
        level = {"kick": draw.between(0.6, 1.2), "stab": 0.3}.get(sound)
        if level is None:
            level = draw.ratio(0.2, 0.8) if sound in ("snare", "clap", "snare2") else draw.ratio(0.06, 0.35)
        if sound == "ghost":
            level = draw.ratio(0.08, 0.3)
        for bar in range(bars):
            if sound not in sections[bar]:
                continue
            pattern = _bar(draw, row, bar, steps, sound, (bar + 1) % phrase == 0)
            for step in np.flatnonzero(pattern).tolist():
                late = swing if step % 2 else 0.0
                at_s = (bar * steps + step + late) * step_s + jitter_s * draw.rng.standard_normal()
                gain = level * pattern[step] * draw.between(0.85, 1.0)
                add(audio, takes[int(draw.rng.integers(len(takes)))], max(at_s, 0.0), gain)
                if sound == "kick":
                    first = round(max(at_s, 0) * RATE_HZ)
                    dip = 1 - np.exp(-np.arange(2000) / 900)
                    sidechain[first : first + 2000] = np.minimum(
                        sidechain[first : first + 2000], dip[: len(sidechain) - first]
                    )
    crash = hit(draw, "crash")
    for bar in range(1, bars):
        if sections[bar] != sections[bar - 1] and draw.chance(0.5):
            add(audio, crash, bar * steps * step_s, draw.between(0.2, 0.6))
    if draw.chance(0.4):
        tones *= draw.between(0, 0.5) + (1 - draw.between(0, 0.5)) * sidechain
    mixed = audio + tones * draw.ratio(0.3, 1.5)
    if draw.chance(0.3):  # an echo, often three sixteenths later
        delay = round(draw.one(2, 3, 3, 4, 6) * step_s * RATE_HZ)
        wet = tones if draw.chance(0.7) else audio
        gain = draw.between(0.15, 0.5)
        for repeat in (1, 2, 3):
            mixed[delay * repeat :] += gain**repeat * wet[: len(wet) - delay * repeat]
    if draw.chance(0.4):
        length = round(draw.between(0.2, 1.5) * RATE_HZ)
        response = draw.rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 5))
        response *= draw.between(0.03, 0.25) / np.sqrt(np.square(response).sum())
        size = 1 << (len(mixed) + length).bit_length()
        wet = np.fft.irfft(np.fft.rfft(mixed, size) * np.fft.rfft(response, size), size)[: len(mixed)]
        mixed = mixed + wet
    peak = np.abs(mixed).max() + 1e-9
    return mixed + peak * draw.ratio(1e-5, 1e-2) * draw.rng.standard_normal(len(mixed))


def _sections(draw: Draw, bars: int, phrase: int, everything: set[str], name: str) -> list[frozenset[str]]:
    """Which parts play in each bar."""
    sections: list[frozenset[str]] = []
    plays = set(everything)
    offset = int(draw.rng.integers(phrase)) if draw.chance(0.5) else 0
    for bar in range(bars):
        if (bar + offset) % phrase == 0 or bar == 0:
            kind = draw.rng.random()
            plays = set(everything)
            if kind < 0.35:
                plays -= set(draw.rng.choice(sorted(everything), min(2, len(everything)), replace=False))
            elif kind < 0.45:
                plays -= {"kick", "snare", "clap", "snare2", "ghost", "rim"}
            elif kind < 0.5 and bar == 0:
                plays &= {"kick", "hat", "shaker", "ride", "open"}
        sections.append(frozenset(plays))
    return sections


def _bar(draw: Draw, row: Row, bar: int, steps: int, sound: str, fill: bool) -> Row:
    """Steps of a bar, perhaps with a fill at its end."""
    at = np.arange(bar * steps, (bar + 1) * steps) % len(row)
    pattern = row[at].copy()
    if draw.chance(0.04):
        pattern[int(draw.rng.integers(steps))] = draw.one(0, 0, 0.7)
    if fill and draw.chance(0.5):
        length = int(draw.one(2, 4, 4, 8))
        if sound == "kick" and draw.chance(0.5):
            pattern[-length:] = 0
        elif sound in ("snare", "clap", "snare2") and draw.chance(0.6):
            pattern[-length:] = draw.rng.random(length) < draw.between(0.3, 1.0)
        elif sound in ("hat", "ride", "shaker") and draw.chance(0.3):
            pattern[-length:] = 0
    return pattern


def _play_tones(
    draw: Draw,
    audio: Wave,
    part: str,
    sections: list[frozenset[str]],
    bars: int,
    steps: int,
    step_s: float,
) -> None:
    """Bass, chords, arpeggio or lead over a progression."""
    bars_a_root = int(draw.one(1, 1, 2, 2, 4))
    length = int(draw.one(2, 4, 4))
    roots = draw.rng.choice([0, 0, 2, 3, 5, 7, 8, 10], length)
    if draw.chance(0.15):
        roots[:] = 0
    key_hz = draw.ratio(36, 70)
    minor = draw.chance(0.6)
    scale = np.array([0, 2, 3, 5, 7, 8, 10, 12] if minor else [0, 2, 4, 5, 7, 9, 11, 12])
    bright = draw.between(0.2, 0.85)
    decay_s = draw.ratio(0.08, 3.0)
    level = {"bass": 0.35, "chords": 0.08, "arp": 0.12, "lead": 0.15}[part] * draw.ratio(0.5, 2)
    if part == "bass":
        kind = draw.rng.choice(["whole", "off", "eighths", "random", "random", "sixteenths"])
        row = np.zeros(steps)
        if kind == "whole":
            row[0] = 1
        elif kind == "off":
            row[2::4] = 1
        elif kind == "eighths":
            row[::2] = 1
        elif kind == "sixteenths":
            row[:] = 1
            row[::4] = draw.one(0, 1)
        else:
            row = draw.sprinkled(row, draw.between(0.1, 0.45))
            row[0] = row[0] if draw.chance(0.2) else 1
    elif part == "chords":
        row = np.zeros(steps)
        row[0] = 1
        if draw.chance(0.15):  # off-beat stabs
            row[:] = 0
            row[2::4] = 1
        if draw.chance(0.5):
            row = draw.sprinkled(row, draw.between(0.05, 0.3))
            row[0] = draw.one(0, 1, 1)
    else:
        row = np.zeros(steps * int(draw.one(1, 1, 2)))
        if part == "arp":
            row[:: int(draw.one(1, 1, 2, 3))] = 1
        else:
            row = draw.sprinkled(row, draw.between(0.1, 0.35))
        if not row.any():
            row[0] = 1
    degrees = draw.rng.integers(0, len(scale), len(row))
    early = int(draw.one(1, 2)) if draw.chance(0.12) else 0  # steps before the bar that a root comes in
    cache: dict[tuple[float, int], Wave] = {}
    for bar in range(bars):
        if part not in sections[bar]:
            continue
        at = np.arange(bar * steps, (bar + 1) * steps) % len(row)
        hits = np.flatnonzero(row[at]).tolist()
        for step, following in zip(hits, [*hits, steps][1:], strict=True):
            samples = round(min((following - step) * step_s * 0.97, 3.0) * RATE_HZ)
            at_bar = bar + (step + early >= steps)
            root = key_hz * 2 ** (roots[(at_bar // bars_a_root) % length] / 12)
            if part == "bass":
                ratios = [1.0 if draw.chance(0.85) else 2.0]
            elif part == "chords":
                ratios = [4.0, 4 * 2 ** ((3 if minor else 4) / 12), 4 * 2 ** (7 / 12)]
            else:
                ratios = [8 * 2 ** (scale[degrees[at[step]]] / 12)]
            for ratio in ratios:
                key = (round(root * ratio, 3), samples)
                if key not in cache:
                    cache[key] = note(key[0], samples, bright, decay_s)
                add(audio, cache[key], (bar * steps + step) * step_s, level)
