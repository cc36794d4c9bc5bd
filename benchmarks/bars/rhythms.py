"""Habits of styles: which steps of a bar are struck."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]


class Draw:
    """Random choices that read well."""

    def __init__(self, seed: int, steps: int = 16) -> None:
        self.rng = np.random.default_rng(seed)
        self.steps = steps

    def chance(self, probability: float) -> bool:
        """True that often."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Any number in between."""
        return float(self.rng.uniform(low, high))

    def ratio(self, low: float, high: float) -> float:
        """Any number in between, its logarithm evenly spread."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def one(self, *values: float) -> float:
        """One of these."""
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


def _hats(draw: Draw, dense: float = 0.5) -> dict[str, Row]:
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


def _backbeat(draw: Draw, bars: int) -> Row:
    return draw.row(bars, s4=1, s12=1)


def four_floor(draw: Draw) -> dict[str, Row]:
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


def rock(draw: Draw) -> dict[str, Row]:
    """Snare on two and four, bass drum on one, three and some more."""

    def kick() -> Row:
        return draw.row(1, s0=0.97, s8=0.6, s10=0.35, s6=0.25, s2=0.12, s7=0.12, s14=0.2, s11=0.1, s3=0.1)

    bars = int(draw.one(1, 2, 2, 4))
    rows = {"kick": draw.some(bars, kick), "snare": _backbeat(draw, bars), **_hats(draw, 0.6)}
    if draw.chance(0.3):
        rows["ghost"] = draw.sprinkled(np.zeros(16 * bars), 0.12)
    if draw.chance(0.2):
        rows["clap"] = rows["snare"]
    return rows


def hip_hop(draw: Draw) -> dict[str, Row]:
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


def break_beat(draw: Draw) -> dict[str, Row]:
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


def drum_and_bass(draw: Draw) -> dict[str, Row]:
    """Fast two-step: bass drum on one and three-and, snares on two and four."""

    def kick() -> Row:
        return draw.row(1, s0=0.98, s10=0.85, s2=0.15, s7=0.12, s13=0.12, s15=0.08, s8=0.06, s11=0.1)

    bars = int(draw.one(1, 2, 2, 4))
    rows = {"kick": draw.some(bars, kick), "snare": _backbeat(draw, bars), **_hats(draw, 0.4)}
    if draw.chance(0.4):
        rows["ghost"] = draw.sprinkled(np.zeros(16 * bars), 0.1)
    return rows


def half_time(draw: Draw) -> dict[str, Row]:
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


def one_drop(draw: Draw) -> dict[str, Row]:
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


def dembow(draw: Draw) -> dict[str, Row]:
    """Bass drum on the beats, snare on three, six, ... of three and three and two."""
    snare = np.zeros(16)
    snare[[3, 6, 11, 14]] = 1
    kick = draw.row(1, s0=1, s4=draw.one(0, 1), s8=1, s12=draw.one(0, 1))
    return {"kick": kick, "snare": snare, **_hats(draw, 0.4)}


def without_drums(draw: Draw) -> dict[str, Row]:
    """Ambient, intros: chords and arpeggios, perhaps a bass drum or a shaker."""
    rows: dict[str, Row] = {}
    if draw.chance(0.4):
        rows["kick"] = draw.row(1, s0=1, s8=draw.one(0, 1), s10=0.2)
    if draw.chance(0.4):
        rows.update(_hats(draw, 0.3))
    return rows


def slow_and_dense(draw: Draw) -> dict[str, Row]:
    """Industrial, down-tempo: slow beats with busy sixteenths between them."""
    bars = int(draw.one(1, 2, 4))
    kick = draw.some(
        bars,
        lambda: draw.row(1, s0=0.98, s8=0.7, s4=0.3, s12=0.3, s6=0.25, s10=0.3, s3=0.2, s14=0.2, s11=0.15),
    )
    rows = {"kick": kick, str(draw.rng.choice(["snare", "clap"])): _backbeat(draw, bars), **_hats(draw, 1.0)}
    busy = draw.sprinkled(np.zeros(16), draw.between(0.2, 0.6), draw.between(0.4, 1))
    rows[str(draw.rng.choice(["shaker", "perc", "ghost"]))] = busy
    return rows


def eighths(draw: Draw) -> dict[str, Row]:
    """Bass drum on the eighths of a slow beat."""
    often = draw.one(0.5, 1.0)
    kick = draw.row(1, s0=1, s2=often, s4=1, s6=often, s8=1, s10=often, s12=1, s14=often)
    return {"kick": kick, str(draw.rng.choice(["snare", "clap"])): _backbeat(draw, 1), **_hats(draw, 1.0)}


def marching(draw: Draw) -> dict[str, Row]:
    """Bass drum on all quarters of a fast beat and a snare on three."""
    rows = {"kick": draw.row(1, s0=1, s4=0.9, s8=0.8, s12=0.9), **_hats(draw, 0.5)}
    rows[str(draw.rng.choice(["snare", "clap"]))] = draw.row(1, s8=1)
    return rows


def bass_drum_alone(draw: Draw) -> dict[str, Row]:
    """Techno without snares: bass drum, hats, a line of percussion."""
    rows = {"kick": draw.row(1, s0=1, s4=1, s8=1, s12=1), **_hats(draw)}
    rows["perc"] = draw.some(int(draw.one(1, 2)), lambda: draw.sprinkled(np.zeros(16), 0.2))
    if draw.chance(0.3):
        rows["clap"] = np.concatenate([np.zeros(16 * int(draw.one(0, 1))), draw.row(1, s12=1)])
    return rows


def three_four(draw: Draw) -> dict[str, Row]:
    """A waltz or worse."""
    kick = draw.row(1, s0=1, s6=0.3, s8=0.1, s10=0.15, s4=0.1)
    snare = draw.row(1, s4=0.5, s8=0.8)
    return {"kick": kick, "snare": snare, **_hats(draw)}


def six_eight(draw: Draw) -> dict[str, Row]:
    """Two beats of three eighths: 12 steps."""
    kick = draw.row(1, s0=1, s4=0.3, s10=0.3, s8=0.15, s2=0.1)
    hats = np.zeros(12)
    hats[::2] = 1
    hats[::6] = draw.between(0.6, 1)
    return {"kick": kick, "snare": draw.row(1, s6=0.95), "hat": hats}


def five_four(draw: Draw) -> dict[str, Row]:
    """Three and two, or two and three: 20 steps."""
    kick = draw.row(1, s0=1, s12=0.5, s8=0.3, s6=0.25, s10=0.3)
    return {"kick": kick, "snare": draw.row(1, s4=0.6, s16=0.7, s8=0.3), **_hats(draw)}


def seven(draw: Draw) -> dict[str, Row]:
    """Seven eighths or quarters: 14 or 28 steps."""
    kick = draw.row(1, s0=1, s8=0.6, s6=0.3, s10=0.2)
    return {"kick": kick, "snare": draw.row(1, s4=0.7, s12=0.6, s11=0.2), **_hats(draw)}


Style = tuple[float, tuple[float, float], int, Callable[[Draw], dict[str, Row]]]

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
    "one-drop": (0.05, (58, 95), 16, one_drop),
    "dembow": (0.02, (80, 110), 16, dembow),
    "no drums": (0.10, (62, 150), 16, without_drums),
    "3/4": (0.04, (75, 205), 12, three_four),
    "6/8": (0.035, (58, 205), 12, six_eight),
    "5/4": (0.015, (75, 195), 20, five_four),
    "7/8": (0.01, (75, 195), 14, seven),
}
"""Share, tempos in quarters a minute, sixteenths in a bar, and the habits of each style."""
