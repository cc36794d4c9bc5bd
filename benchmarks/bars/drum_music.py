"""Music made up at random whose beats and bars are known: what the network that reads bars learns from.

Rhythms are drawn from habits of styles, sounds from ranges of their parameters; nothing is shared with the
patterns and kits of `tests.analysis.beats.patterns`, and a bass drum and snare as there are drawn anew.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

RATE_HZ = 8000

Wave = NDArray[np.float64]
Row = NDArray[np.float64]
Style = tuple[float, tuple[float, float], int, Callable[["_Draw"], dict[str, Row]]]


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


class _Draw:
    """Random choices that read well."""

    def __init__(self, seed: int, steps: int = 16) -> None:
        self.rng = np.random.default_rng(seed)
        self.steps = steps

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def ratio(self, low: float, high: float) -> float:
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def one(self, *values: float) -> float:
        return values[int(self.rng.integers(len(values)))]

    def row(self, bars: int, **at: float) -> Row:
        """Strengths of steps, shape (bars * steps,): keyword ``s4=0.9`` is a chance of 0.9 at step 4."""
        row = np.zeros(bars * self.steps)
        for bar in range(bars):
            for name, chance in at.items():
                if self.chance(chance):
                    row[bar * self.steps + int(name[1:])] = 1.0
        return row

    def sprinkled(self, row: Row, chance: float, strength: float = 1.0, only: slice = slice(None)) -> Row:
        """The same with more hits where there is none."""
        more = np.zeros(len(row), bool)
        more[only] = self.rng.random(len(more[only])) < chance
        return np.where((row == 0) & more, strength, row)

    def some(self, bars: int, make: Callable[[], Row]) -> Row:
        """A row of one or two bars whose last bar may differ."""
        first = make()
        rows = [first] * bars
        if bars > 1 and self.chance(0.6):
            rows[-1] = make()
        return np.concatenate(rows)


def _hats(draw: _Draw, dense: float = 0.5) -> dict[str, Row]:
    """Hats, rides and shakers on quarters, off beats, eighths or sixteenths."""
    steps = draw.steps
    rows: dict[str, Row] = {}
    kind = draw.rng.choice(
        ["off", "eighths", "sixteenths", "quarters", "random", "none"],
        p=np.array([0.2, 0.32, 0.36 * dense + 0.02, 0.06, 0.14, 0.06]) / (0.80 + 0.36 * dense),
    )
    row = np.zeros(steps)
    if kind == "off":
        row[2::4] = 1
    elif kind == "eighths":
        row[::2] = 1
        if draw.chance(0.3):
            row[::4] = 0.5
    elif kind == "sixteenths":
        row[:] = draw.between(0.2, 0.8)
        row[::2] = draw.between(0.4, 1.0)
        if draw.chance(0.5):
            row[2::4] = 1
    elif kind == "quarters":
        row[::4] = 1
    elif kind == "random":
        row[::2] = 0.8
        row = draw.sprinkled(row, 0.3, 0.6) * (draw.rng.random(steps) < 0.85)
    rows[str(draw.rng.choice(["hat", "hat", "ride", "shaker"]))] = row
    if draw.chance(0.4):
        opened = np.zeros(2 * steps)
        if draw.chance(0.6):
            opened[2::4] = 1
        else:
            opened[draw.rng.integers(0, 2 * steps, 2)] = 1
        rows["open"] = opened
    if draw.chance(0.3):
        rows["perc"] = np.tile(draw.sprinkled(np.zeros(steps), draw.between(0.1, 0.3), 0.7), 1)
    return rows


def _backbeat(draw: _Draw, bars: int) -> Row:
    row = draw.row(bars, s4=1, s12=1)
    return row


def four_floor(draw: _Draw) -> dict[str, Row]:
    """Bass drum on all quarters; house, techno, trance."""
    bars = int(draw.one(1, 2, 4))
    kick = np.tile(draw.row(1, s0=1, s4=1, s8=1, s12=1), bars)
    if draw.chance(0.4):
        kick[-draw.steps :] = draw.sprinkled(kick[-draw.steps :], 0.15, 0.8, slice(8, 16))
    rows = {"kick": kick, **_hats(draw)}
    if draw.chance(0.7):
        back = str(draw.rng.choice(["snare", "clap", "rim"]))
        rows[back] = _backbeat(draw, bars)
        if draw.chance(0.3):
            rows[back] = draw.sprinkled(rows[back], 0.08, 0.5)
        if draw.chance(0.1):
            rows[back][4::16] = 0
    return rows


def rock(draw: _Draw) -> dict[str, Row]:
    """Snare on two and four, bass drum on one, three and some more."""

    def kick() -> Row:
        row = draw.row(1, s0=0.97, s8=0.6, s10=0.35, s6=0.25, s2=0.12, s7=0.12, s14=0.2, s11=0.1, s3=0.1)
        return row

    bars = int(draw.one(1, 2, 2, 4))
    rows = {"kick": draw.some(bars, kick), "snare": _backbeat(draw, bars), **_hats(draw, 0.6)}
    if draw.chance(0.3):
        rows["ghost"] = draw.sprinkled(np.zeros(16 * bars), 0.12)
    if draw.chance(0.2):
        rows["clap"] = rows["snare"]
    return rows


def hip_hop(draw: _Draw) -> dict[str, Row]:
    """Slow and swung; bass drums a sixteenth beside the beat."""

    def kick() -> Row:
        return draw.row(
            1, s0=0.97, s7=0.45, s9=0.4, s10=0.45, s2=0.25, s3=0.2, s11=0.15, s8=0.15, s14=0.15, s15=0.15
        )

    bars = int(draw.one(1, 2, 2, 4))
    rows = {"kick": draw.some(bars, kick), "snare": _backbeat(draw, bars), **_hats(draw, 0.7)}
    if draw.chance(0.4):
        rows["ghost"] = draw.sprinkled(np.zeros(16 * bars), 0.1)
    return rows


def break_beat(draw: _Draw) -> dict[str, Row]:
    """Broken bass drums, snares on two and four with ghosts around them, now and then moved."""

    def kick() -> Row:
        return draw.row(1, s0=0.96, s10=0.75, s2=0.35, s6=0.2, s11=0.2, s3=0.1, s14=0.1, s8=0.1, s13=0.12)

    bars = int(draw.one(1, 2, 4))
    snare = _backbeat(draw, bars)
    if bars > 1 and draw.chance(0.4):
        snare[-4] = 0
        snare[-int(draw.one(2, 3))] = 1
    rows = {"kick": draw.some(bars, kick), "snare": snare, **_hats(draw, 0.4)}
    if draw.chance(0.6):
        ghost = np.zeros(16 * bars)
        for step, chance in ((7, 0.6), (9, 0.5), (15, 0.35), (1, 0.15), (14, 0.2), (6, 0.15)):
            ghost[step::16] = draw.chance(chance) * draw.between(0.5, 1)
        rows["ghost" if draw.chance(0.6) else "snare2"] = ghost
    return rows


def drum_and_bass(draw: _Draw) -> dict[str, Row]:
    """Fast two-step: bass drum on one and three-and, snares on two and four."""

    def kick() -> Row:
        return draw.row(1, s0=0.98, s10=0.85, s2=0.15, s7=0.12, s13=0.12, s15=0.08, s8=0.06, s11=0.1)

    bars = int(draw.one(1, 2, 2, 4))
    rows = {"kick": draw.some(bars, kick), "snare": _backbeat(draw, bars), **_hats(draw, 0.4)}
    if draw.chance(0.4):
        rows["ghost"] = draw.sprinkled(np.zeros(16 * bars), 0.1)
    return rows


def half_time(draw: _Draw) -> dict[str, Row]:
    """Snare on three alone: dubstep, trap, half-time drum and bass."""

    def kick() -> Row:
        return draw.row(
            1, s0=0.98, s10=0.3, s6=0.3, s12=0.2, s14=0.25, s3=0.15, s2=0.1, s11=0.15, s7=0.1, s4=0.1
        )

    bars = int(draw.one(1, 2, 2, 4))
    rows = {"kick": draw.some(bars, kick), "snare": draw.row(bars, s8=1), **_hats(draw, 0.3)}
    if draw.chance(0.3):
        rows["clap"] = rows["snare"]
    if draw.chance(0.3) and "hat" in rows:
        rolled = np.tile(rows["hat"], 2)
        rolled[-3:] = 0.8
        rows["hat"] = rolled
    if draw.chance(0.25):
        rows["ghost"] = draw.sprinkled(np.zeros(16 * bars), 0.08)
    return rows


def one_drop(draw: _Draw) -> dict[str, Row]:
    """Bass drum and snare on three, or on all four with a rim shot: reggae."""
    rows = {"snare": draw.row(1, s8=1), **_hats(draw, 0.3)}
    rows["kick"] = draw.row(1, s8=1) if draw.chance(0.7) else draw.row(1, s0=1, s4=1, s8=1, s12=1)
    skank = np.zeros(16)
    skank[4::8] = 1  # chords on two and four
    if draw.chance(0.4):
        skank = np.zeros(16)
        skank[2::4] = 1
    rows["stab"] = skank
    return rows


def dembow(draw: _Draw) -> dict[str, Row]:
    """Bass drum on the beats, snare on three, six, ... of three and three and two."""
    snare = np.zeros(16)
    snare[[3, 6, 11, 14]] = 1
    kick = draw.row(1, s0=1, s4=draw.one(0, 1), s8=1, s12=draw.one(0, 1))
    return {"kick": kick, "snare": snare, **_hats(draw, 0.4)}


def without_drums(draw: _Draw) -> dict[str, Row]:
    """Ambient, intros: chords and arpeggios, perhaps a bass drum or a shaker."""
    rows = {}
    if draw.chance(0.5):
        rows["kick"] = draw.row(1, s0=1, s8=draw.one(0, 1), s10=0.2)
    if draw.chance(0.4):
        rows.update(_hats(draw, 0.3))
    return rows


def slow_and_dense(draw: _Draw) -> dict[str, Row]:
    """Industrial, down-tempo: slow beats with busy sixteenths between them."""
    bars = int(draw.one(1, 2, 4))
    kick = draw.some(
        bars, lambda: draw.row(1, s0=0.98, s8=0.7, s4=0.3, s12=0.3, s6=0.25, s10=0.3, s3=0.2, s14=0.2, s11=0.15)
    )
    rows = {"kick": kick, str(draw.rng.choice(["snare", "clap"])): _backbeat(draw, bars), **_hats(draw, 1.0)}
    busy = draw.sprinkled(np.zeros(16), draw.between(0.2, 0.6), draw.between(0.4, 1))
    rows[str(draw.rng.choice(["shaker", "perc", "ghost"]))] = busy
    return rows


def eighths(draw: _Draw) -> dict[str, Row]:
    """Bass drum on the eighths of a slow beat."""
    often = draw.one(0.5, 1.0)
    kick = draw.row(1, s0=1, s2=often, s4=1, s6=often, s8=1, s10=often, s12=1, s14=often)
    return {"kick": kick, str(draw.rng.choice(["snare", "clap"])): _backbeat(draw, 1), **_hats(draw, 1.0)}


def marching(draw: _Draw) -> dict[str, Row]:
    """Bass drum on all quarters of a fast beat and a snare on three."""
    rows = {"kick": draw.row(1, s0=1, s4=0.9, s8=0.8, s12=0.9), **_hats(draw, 0.5)}
    rows[str(draw.rng.choice(["snare", "clap"]))] = draw.row(1, s8=1)
    return rows


def bass_drum_alone(draw: _Draw) -> dict[str, Row]:
    """Techno without snares: bass drum, hats, a line of percussion."""
    rows = {"kick": draw.row(1, s0=1, s4=1, s8=1, s12=1), **_hats(draw)}
    rows["perc"] = draw.some(int(draw.one(1, 2)), lambda: draw.sprinkled(np.zeros(16), 0.2))
    if draw.chance(0.3):
        rows["clap"] = np.concatenate([np.zeros(16 * int(draw.one(0, 1))), draw.row(1, s12=1)])
    return rows


def three_four(draw: _Draw) -> dict[str, Row]:
    """A waltz or worse."""
    kick = draw.row(1, s0=1, s6=0.3, s8=0.1, s10=0.15, s4=0.1)
    snare = draw.row(1, s4=0.5, s8=0.8)
    return {"kick": kick, "snare": snare, **_hats(draw)}


def six_eight(draw: _Draw) -> dict[str, Row]:
    """Two beats of three eighths: 12 steps."""
    kick = draw.row(1, s0=1, s4=0.3, s10=0.3, s8=0.15, s2=0.1)
    hats = np.zeros(12)
    hats[::2] = 1
    hats[::6] = draw.between(0.6, 1)
    return {"kick": kick, "snare": draw.row(1, s6=0.95), "hat": hats}


def five_four(draw: _Draw) -> dict[str, Row]:
    """Three and two, or two and three: 20 steps."""
    kick = draw.row(1, s0=1, s12=0.5, s8=0.3, s6=0.25, s10=0.3)
    return {"kick": kick, "snare": draw.row(1, s4=0.6, s16=0.7, s8=0.3), **_hats(draw)}


def seven(draw: _Draw) -> dict[str, Row]:
    """Seven eighths or quarters: 14 or 28 steps."""
    kick = draw.row(1, s0=1, s8=0.6, s6=0.3, s10=0.2)
    return {"kick": kick, "snare": draw.row(1, s4=0.7, s12=0.6, s11=0.2), **_hats(draw)}


STYLES: dict[str, Style] = {
    "four to the floor": (0.20, (76, 205), 16, four_floor),
    "rock": (0.10, (62, 135), 16, rock),
    "slow and dense": (0.07, (66, 104), 16, slow_and_dense),
    "eighths": (0.03, (66, 96), 16, eighths),
    "marching": (0.02, (130, 185), 16, marching),
    "bass drum alone": (0.06, (86, 190), 16, bass_drum_alone),
    "hip-hop": (0.10, (66, 112), 16, hip_hop),
    "break beat": (0.14, (84, 200), 16, break_beat),
    "drum and bass": (0.12, (150, 200), 16, drum_and_bass),
    "half-time": (0.14, (124, 182), 16, half_time),
    "one-drop": (0.03, (58, 95), 16, one_drop),
    "dembow": (0.02, (80, 110), 16, dembow),
    "no drums": (0.03, (80, 140), 16, without_drums),
    "3/4": (0.04, (75, 205), 12, three_four),
    "6/8": (0.035, (58, 205), 12, six_eight),
    "5/4": (0.015, (75, 195), 20, five_four),
    "7/8": (0.01, (75, 195), 14, seven),
}
"""Share, tempos in quarters a minute, sixteenths in a bar, and the habits of each style."""


def make_up(seed: int, seconds: float = 48.0) -> Music:
    """Make up music, a function of the seed."""
    draw = _Draw(seed)
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
    draw: _Draw, rows: dict[str, Row], name: str, bars: int, steps: int, step_s: float, swing: float
) -> Wave:
    """Drums, bass, chords and arpeggios in sections of four, eight or sixteen bars."""
    audio = np.zeros(round((bars + 2) * steps * step_s * RATE_HZ) + 5 * RATE_HZ)
    jitter_s = draw.one(0.0, 0.0, 0.002, 0.005, 0.008)
    phrase = int(draw.one(4, 8, 8, 16)) if steps == 16 else int(draw.one(2, 4, 8))
    parts = ["bass", "chords", "arp", "lead"]
    tonal = {part for part, share in zip(parts, (0.8, 0.6, 0.4, 0.3), strict=True) if draw.chance(share)}
    everything = set(rows) | tonal
    sections = _sections(draw, bars, phrase, everything, name)
    sidechain = np.ones(len(audio))
    tones = np.zeros(len(audio))
    for part in tonal:
        _play_tones(draw, tones, part, sections, bars, steps, step_s)
    for sound, row in rows.items():
        takes = [_hit(draw, sound) for _ in range(1 if sound == "stab" else int(draw.one(1, 3)))]
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
                _add(audio, takes[int(draw.rng.integers(len(takes)))], max(at_s, 0.0), gain)
                if sound == "kick":
                    first = round(max(at_s, 0) * RATE_HZ)
                    dip = 1 - np.exp(-np.arange(2000) / 900)
                    sidechain[first : first + 2000] = np.minimum(
                        sidechain[first : first + 2000], dip[: len(sidechain) - first]
                    )
    crash = _hit(draw, "crash")
    for bar in range(1, bars):
        if sections[bar] != sections[bar - 1] and draw.chance(0.5):
            _add(audio, crash, bar * steps * step_s, draw.between(0.2, 0.6))
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


def _sections(draw: _Draw, bars: int, phrase: int, everything: set[str], name: str) -> list[frozenset[str]]:
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


def _bar(draw: _Draw, row: Row, bar: int, steps: int, sound: str, fill: bool) -> Row:
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
    draw: _Draw,
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
                    cache[key] = _note(key[0], samples, bright, decay_s)
                _add(audio, cache[key], (bar * steps + step) * step_s, level)


def _note(hz: float, samples: int, bright: float, decay_s: float) -> Wave:
    time_s = np.arange(samples) / RATE_HZ
    wave = np.zeros(samples)
    for n in range(1, 9):
        if n * hz < 3900:
            wave += bright ** (n - 1) * np.sin(2 * np.pi * n * hz * time_s)
    ends = np.minimum(time_s / 0.004, (samples / RATE_HZ - time_s) / 0.01)
    return wave * np.clip(ends, 0, 1) * np.exp(-time_s / decay_s)


def _hit(draw: _Draw, sound: str) -> Wave:
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
        return _note(root, len(time_s), 0.6, 0.08) + _note(root * 1.19, len(time_s), 0.6, 0.08)
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
        return np.sin(2 * np.pi * hz * time_s) * np.exp(-time_s / draw.ratio(0.02, 0.12)) + 0.1 * noise * np.exp(
            -time_s / 0.01
        )
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


def _add(audio: Wave, wave: Wave, at_s: float, gain: float) -> None:
    first = round(at_s * RATE_HZ)
    last = min(first + len(wave), len(audio))
    audio[first:last] += gain * wave[: last - first]
