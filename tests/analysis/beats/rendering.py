"""Drum patterns with bass and chords rendered at 8 kHz, whose beats and bars are known."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

RATE_HZ = 8000
_STEPS = 4  # of a quarter note

Wave = NDArray[np.float64]


@dataclass(frozen=True)
class Pattern:
    """Bars of a drum machine: each row has a character a sixteenth, ``x`` a hit, ``o`` a soft one.

    Attributes
    ----------
    rows : dict of sound to steps
        Each of whole bars; shorter rows repeat.
    quarters : float
        In a bar: 4 for 4/4, 3 for 3/4 and 6/8, 5 for 5/4.
    swing : float
        How late every second sixteenth is, as a part of a sixteenth.
    bass : str
        Steps of the bass, as in ``rows``; empty for a note a bar.
    """

    genre: str
    rows: dict[str, str]
    quarters: float = 4
    swing: float = 0.0
    bass: str = ""


@dataclass(frozen=True)
class Kit:
    """How the drums of one machine sound.

    Attributes
    ----------
    kick_hz : (low, high)
    kick_s, snare_s, hat_s : time in which each falls to 1/e
    snare_hz : band of its noise
    snare_tone : gain of its skin against its noise
    hat_hz : from which its noise is
    levels : dict of sound to gain
    """

    kick_hz: tuple[float, float]
    kick_s: float
    snare_hz: tuple[float, float]
    snare_s: float
    snare_tone: float
    hat_hz: float
    hat_s: float
    bass_gain: float
    chord_gain: float
    levels: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendering:
    """Audio of shape (samples, 1), int16, and what is true of it."""

    genre: str
    bpm: float
    audio: np.ndarray
    beat_s: np.ndarray
    in_bar: np.ndarray
    quarters: float


def render(pattern: Pattern, kit: Kit, bpm: float, seed: int, seconds: float = 48.0) -> Rendering:
    """Play a pattern with an intro or none, fills, a break, and a bass whose note changes with the bar.

    The recording begins anywhere in the first bar, or before it.
    """
    rng = np.random.default_rng(seed)
    step_s = 60 / bpm / _STEPS
    steps = round(pattern.quarters * _STEPS)
    bar_s = steps * step_s
    cut_s = float(rng.choice([0.0, rng.uniform(0, bar_s), -rng.uniform(0, 1.0)]))
    bars = int((seconds + cut_s) / bar_s) + 2
    audio = np.zeros(round((bars + 2) * bar_s * RATE_HZ) + 4 * RATE_HZ)
    sounds = _sounds(kit, rng)
    arrangement = _arrange(bars, bar_s, rng)
    jitter_s = rng.choice([0.0, 0.002, 0.004])
    phrase = int(rng.choice([4, 8]))
    for bar in range(bars):
        fill = _fill(steps, rng) if (bar + 1) % phrase == 0 and rng.random() < 0.7 else {}
        for name, row in pattern.rows.items():
            if name in arrangement[bar]:
                _play_row(
                    audio, sounds[name], row, bar, steps, step_s, pattern.swing, jitter_s, rng, fill.get(name)
                )
        if bar and arrangement[bar] != arrangement[bar - 1] and rng.random() < 0.6:
            _add(audio, sounds["crash"][0], bar * bar_s, 0.7)
    _play_bass(audio, pattern, kit, arrangement, bars, step_s, rng)
    start = round(cut_s * RATE_HZ)
    audio = audio[start:] if start >= 0 else np.concatenate([np.zeros(-start), audio])
    audio = audio[: round(seconds * RATE_HZ), None]
    audio = np.tanh(audio / np.abs(audio).max() * rng.uniform(1.0, 2.0))
    beats = np.arange(round(bars * pattern.quarters))
    beat_s = beats * 60 / bpm - cut_s
    inside = (beat_s >= 0) & (beat_s < seconds)
    in_bar = (beats % round(pattern.quarters))[inside]
    return Rendering(
        pattern.genre,
        bpm,
        np.rint(audio / np.abs(audio).max() * 28_000).astype(np.int16),
        beat_s[inside],
        in_bar,
        pattern.quarters,
    )


def _arrange(bars: int, bar_s: float, rng: np.random.Generator) -> list[frozenset[str]]:
    """Which sounds play in each bar: an intro, all of it, a break of some bars."""
    everything = {"kick", "snare", "hat", "open", "ride", "ghost", "bass", "chord"}
    if rng.random() < 0.35:
        everything -= {"chord"}
    intro = int(rng.choice([0, 0, 2, 4]))
    absent = rng.choice(["kick", "bass", "chord", "snare"], 2, replace=False)
    first_break = intro + 4 * int(rng.integers(2, 4))
    broken = int(rng.choice([0, 2, 4])) if bars > first_break + 8 else 0
    gone = {"kick", "snare"} if rng.random() < 0.4 else {"kick", "bass"}
    parts = []
    for bar in range(bars):
        plays = everything - set(absent.tolist()) if bar < intro else everything
        if first_break <= bar < first_break + broken:
            plays = everything - gone
        parts.append(frozenset(plays))
    return parts


def _fill(steps: int, rng: np.random.Generator) -> dict[str, str]:
    """Changes to the last beat or two of a bar: drum roll or a gap of the bass drum."""
    length = int(rng.choice([2, 4, 8]))
    kind = rng.integers(3)
    if kind == 0:
        return {"snare": "." * (steps - length) + "".join(rng.choice(["x", "o", "."], length))}
    if kind == 1:
        return {"kick": "~" * (steps - length) + "." * length}
    return {
        "snare": "~" * (steps - length) + "x" * length,
        "hat": "~" * (steps - length) + "." * length,
    }


def _play_row(
    audio: Wave,
    hit: list[Wave],
    row: str,
    bar: int,
    steps: int,
    step_s: float,
    swing: float,
    jitter_s: float,
    rng: np.random.Generator,
    fill: str | None,
) -> None:
    offset = bar * steps
    for step in range(steps):
        kind = row[(offset + step) % len(row)]
        if fill is not None and fill[step] not in "~":
            kind = fill[step] if fill[step] != "." or "~" in fill else kind
        if kind == ".":
            continue
        late = swing if step % 2 else 0.0
        at_s = (offset + step + late) * step_s + jitter_s * rng.standard_normal()
        gain = (1.0 if kind == "x" else 0.35) * rng.uniform(0.8, 1.0)
        _add(audio, hit[int(rng.integers(len(hit)))], max(at_s, 0), gain)


def _play_bass(
    audio: Wave,
    pattern: Pattern,
    kit: Kit,
    arrangement: list[frozenset[str]],
    bars: int,
    step_s: float,
    rng: np.random.Generator,
) -> None:
    """Bass and chords on a progression of one root a bar or two."""
    steps = round(pattern.quarters * _STEPS)
    bars_a_root = int(rng.choice([1, 1, 2]))
    progression = rng.choice([0, 3, 5, 7, 8, 10], 4)
    key = rng.uniform(40, 58)
    row = pattern.bass or "x" + "." * (steps - 1)
    for bar in range(bars):
        root_hz = key * 2 ** (progression[(bar // bars_a_root) % 4] / 12)
        if "bass" in arrangement[bar] and kit.bass_gain:
            hits = [step for step in range(steps) if row[(bar * steps + step) % len(row)] != "."]
            for step, following in zip(hits, [*hits[1:], steps], strict=True):
                length_s = min((following - step) * step_s * 0.95, 2.0)
                wave = _note(root_hz, length_s, 0.3) * kit.bass_gain
                _add(audio, wave, (bar * steps + step) * step_s, 1.0)
        if "chord" in arrangement[bar] and kit.chord_gain:
            for ratio in (4, 4 * 2 ** (3 / 12), 4 * 2 ** (7 / 12)):
                wave = _note(root_hz * ratio, steps * step_s * 0.98, 0.6) * kit.chord_gain
                _add(audio, wave, bar * steps * step_s, 1.0)


def _note(hz: float, seconds: float, bright: float) -> Wave:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(
        (bright ** (n - 1) / n * np.sin(2 * np.pi * n * hz * time_s) for n in range(1, 7)),
        np.zeros(len(time_s)),
    )
    ends = np.minimum(time_s, seconds - time_s)
    return wave * np.clip(ends / 0.01, 0, 1) * np.exp(-time_s / 1.5)


def _sounds(kit: Kit, rng: np.random.Generator) -> dict[str, list[Wave]]:
    """Four takes of each sound."""
    level = {"kick": 1.0, "snare": 0.7, "hat": 0.25, "open": 0.3, "ride": 0.25, "ghost": 0.2, "crash": 0.5}
    level |= kit.levels

    def takes(name: str, length_s: float) -> list[Wave]:
        time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
        return [level[name] * _hit(name, kit, time_s, rng) for _ in range(4)]

    lengths = {"kick": 0.5, "snare": 0.4, "hat": 0.12, "open": 0.4, "ride": 0.6, "ghost": 0.2, "crash": 2.0}
    return {name: takes(name, length_s) for name, length_s in lengths.items()}


def _hit(name: str, kit: Kit, time_s: Wave, rng: np.random.Generator) -> Wave:
    noise = rng.standard_normal(len(time_s))
    if name == "kick":
        low, high = kit.kick_hz
        phase = 2 * np.pi * (low * time_s + (high - low) * 0.03 * (1 - np.exp(-time_s / 0.03)))
        return np.sin(phase) * np.exp(-time_s / kit.kick_s) + 0.15 * noise * np.exp(-time_s / 0.003)
    if name in ("snare", "ghost"):
        sos = butter(2, kit.snare_hz, "band", fs=RATE_HZ, output="sos")
        tone = np.sin(2 * np.pi * 190 * time_s) * np.exp(-time_s / 0.05)
        hiss = sosfilt(sos, noise)
        hiss *= np.exp(-time_s / kit.snare_s) / np.abs(hiss).max()
        return hiss + kit.snare_tone * tone
    sos = butter(2, kit.hat_hz, "high", fs=RATE_HZ, output="sos")
    fall_s = {"hat": kit.hat_s, "open": 0.12, "ride": 0.2, "crash": 0.6}[name]
    hiss = sosfilt(sos, noise)
    return hiss / np.abs(hiss).max() * np.exp(-time_s / fall_s)


def _add(audio: Wave, wave: Wave, at_s: float, gain: float) -> None:
    first = round(at_s * RATE_HZ)
    last = min(first + len(wave), len(audio))
    audio[first:last] += gain * wave[: last - first]
