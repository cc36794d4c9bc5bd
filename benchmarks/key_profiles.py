"""Fit what keys sound like (`mixdream.analysis.key_finder`) to two bars at a time of music made up.

Run ``python -m benchmarks.key_profiles OUT.json [--tracks 200]``. Drums and sounds are those of the built-in
sets; key, scale, chords, patterns, levels and tuning are drawn. For each track there are two rows of plain
chords: without them the keys of music that has nothing else are mistaken for their relatives.

The weights in the package are one of three draws of such music by a forerunner of this script, which cannot
be drawn again. No draw of this script is as good (docs/experiments.md): so it writes where it is told, and
what it writes is to be measured with ``benchmarks.keys`` before it takes the place of those.
"""

import argparse
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
from joblib import Parallel, delayed
from scipy.optimize import minimize

from mixdream.analysis.key_finder import KeyProfiles, chroma_by_register
from mixdream.analysis.notes import note_levels
from mixdream.demo.drums import DRUMS
from mixdream.demo.effects import master
from mixdream.demo.score import SCALES, TONICS, Part, Section, Track
from mixdream.demo.specs import SET_SPECS
from mixdream.demo.synth import RATE_HZ
from mixdream.demo.track import render_track

TRACKS = [track for spec in SET_SPECS.values() for track in spec.tracks]
MINOR = ("minor", "dorian", "phrygian")
BARS = 2

_SCALES = {"minor": 0.45, "major": 0.25, "dorian": 0.15, "phrygian": 0.15}
_BASSES = ("sub_bass", "groove_bass", "rolling_bass", "acid", "reese")
_CHORDS = ("pad", "organ_stab", "electric_piano", "supersaw", "pluck")
_MELODIES = ("pluck", "bell", "supersaw", "acid", "electric_piano")
_BASS_STEPS = ("0", "0007", "0047", "00246")
_VOICES = ((0, 2, 4), (0, 2, 4, 6), (0, 4, 7), (0, 4), (0, 2, 4, 8))
_PROGRESSIONS = {
    "major": ((0, 3, 4, 0), (0, 4, 5, 3), (0, 3, 0, 4), (1, 4, 0, 0), (0, 5, 3, 4)),
    "minor": ((0, 3, 4, 0), (0, 5, 2, 6), (0, 3, 0, 6), (0, 6, 5, 6), (0, 5, 3, 4)),
}
_TUNING_SEMITONES = 0.4
_PENALTY = 0.02
_PLAIN = 2  # rows of plain chords for each track
_HZ = 8000


def excerpts(track: Track, rng: np.random.Generator, tuning: float = 0.0) -> Iterator[np.ndarray]:
    """Every two bars of a track at 8 kHz, shape (samples,), so many semitones higher by varispeed."""
    audio, _ = render_track(track, rng)
    speed = 2 ** (tuning / 12)
    mono = soxr.resample(master(audio).mean(axis=0), RATE_HZ * speed, _HZ)
    bar = track.bar_s / speed * _HZ
    for start in range(0, track.bars - 1, BARS):
        yield mono[round(start * bar) :][: round(BARS * bar)]


def key_of(track: Track) -> tuple[int, bool]:
    """Tonic and whether the third is minor."""
    tonic, scale = track.key.split()
    return TONICS.index(tonic), scale in MINOR


def made_up(rng: np.random.Generator) -> Track:
    """Draw a track of 16 bars in four sections."""
    base = TRACKS[rng.integers(len(TRACKS))]
    chords = [0, *rng.integers(0, 7, 3)] if rng.random() < 0.8 else [*rng.integers(0, 7, 4)]
    if rng.random() < 0.4:
        chords = [chords[0], chords[0], chords[2], chords[2]]
    if rng.random() < 0.25:
        chords = [0]
    drums = {name: part for name, part in base.parts.items() if part.sound in DRUMS and name != "roll"}
    tuned = {
        "bass": _part(rng, _BASSES, _BASS_STEPS[rng.integers(4)], (0.15, 0.7), (1, 3)),
        "chords": _part(rng, _CHORDS, "0", (0.08, 0.3), (3, 5), _VOICES[rng.integers(5)]),
        "melody": _part(rng, _MELODIES, "024749136", (0.1, 0.6), (3, 6)),
        "other": _part(rng, _MELODIES, "024749136", (0.1, 0.6), (3, 6)),
    }
    sections = []
    for _ in range(4):
        playing = [name for name in tuned if rng.random() < 0.6] or [str(rng.choice(list(tuned)))]
        if rng.random() < 0.8:
            playing += [name for name in drums if rng.random() < 0.7]
        sweep_hz = (rng.uniform(400, 8000), rng.uniform(400, 8000)) if rng.random() < 0.25 else None
        sections.append(Section("groove", 4, " ".join(playing), sweep_hz))
    return Track(
        title="made up",
        genre="",
        bpm=float(rng.integers(85, 176)),
        key=f"{rng.choice(TONICS)} {rng.choice(list(_SCALES), p=list(_SCALES.values()))}",
        chords=tuple(map(int, chords)),
        parts=drums | tuned,
        sections=tuple(sections),
        swing=rng.uniform(0, 0.1),
        duck=rng.uniform(0.2, 0.8),
    )


def plain_chords(rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, bool]]:
    """Four triads over their roots, shape (samples,), of tones with overtones, and their key."""
    scale, tonic = str(rng.choice(list(_PROGRESSIONS))), int(rng.integers(12))
    fall, octave, leading = rng.uniform(1, 2.5), int(rng.integers(2)), rng.random() < 0.5
    cents = 100 * rng.uniform(-_TUNING_SEMITONES, _TUNING_SEMITONES)
    time_s = np.arange(round(rng.uniform(0.4, 0.9) * _HZ)) / _HZ
    chords = []
    for root in _PROGRESSIONS[scale][rng.integers(5)]:
        steps = [SCALES[scale][(root + third) % 7] + 12 * ((root + third) // 7) for third in (0, 2, 4)]
        if scale == "minor" and root == 4 and leading:
            steps[1] += 1
        notes = [48 + tonic + 12 * octave + step for step in steps] + [36 + tonic + steps[0] % 12]
        pitches_hz = [440 * 2 ** ((note - 69 + cents / 100) / 12) for note in notes]
        chords.append(
            sum(
                np.sin(2 * np.pi * k * hz * time_s + rng.uniform(0, 6)) / k**fall
                for hz in pitches_hz
                for k in range(1, 7)
            )
        )
    return np.concatenate(chords), (tonic, scale == "minor")


def _part(
    rng: np.random.Generator,
    sounds: tuple[str, ...],
    steps: str,
    density: tuple[float, float],
    octaves: tuple[int, int],
    voices: tuple[int, ...] = (0,),
) -> Part:
    often = rng.uniform(*density)
    patterns = tuple(_pattern(rng, steps, often) for _ in range(2))
    gain_db = -8 + 3.5 * rng.standard_normal()
    return Part(str(rng.choice(sounds)), patterns, gain_db, int(rng.integers(*octaves)), voices, reverb=0.2)


def _pattern(rng: np.random.Generator, steps: str, often: float) -> str:
    """A bar of notes, held or short; there is always one."""
    pattern = steps[0]
    for step in range(1, 16):
        if rng.random() < often * (1.3 if step % 4 == 0 else 1):
            pattern += str(rng.choice(list(steps)))
        else:
            pattern += "-" if pattern[-1] == "-" else str(rng.choice(["-", "_"]))
    return pattern


def fit(chromas: np.ndarray, keys: list[tuple[int, bool]]) -> KeyProfiles:
    """Fit weights to chromas, shape (N, 3, 12), by cross-entropy with a penalty on their squares."""
    count, registers, _ = chromas.shape
    seen = np.stack([np.roll(chromas, -tonic, axis=2) for tonic in range(12)], axis=1)
    right = np.array([tonic + 12 * minor for tonic, minor in keys])

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = flat[:-2].reshape(2, registers, 12), flat[-2:]
        scores = (np.einsum("mrp,ntrp->nmt", weights, seen) + bias[:, None]).reshape(count, 24)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        cost = -np.log(odds[np.arange(count), right]).mean() + _PENALTY / 2 * np.square(weights).sum()
        odds[np.arange(count), right] -= 1
        slope = odds.reshape(count, 2, 12) / count
        by_weight = np.einsum("nmt,ntrp->mrp", slope, seen) + _PENALTY * weights
        return float(cost), np.concatenate([by_weight.ravel(), slope.sum(axis=(0, 2))])

    found = minimize(loss, np.zeros(2 * registers * 12 + 2), jac=True, method="L-BFGS-B").x
    return KeyProfiles(found[:-2].reshape(2, registers, 12), found[-2:])


def heard_in(seed: int) -> list[tuple[np.ndarray, tuple[int, bool]]]:
    """Chromas of a track made up and of plain chords, and their keys."""
    rng = np.random.default_rng([7, seed])
    chords = [plain_chords(rng) for _ in range(_PLAIN)]
    track = made_up(rng)
    tuning = rng.uniform(-_TUNING_SEMITONES, _TUNING_SEMITONES)
    sounds = [(audio, key_of(track)) for audio in excerpts(track, rng, tuning)] + chords
    heard = [(note_levels(audio, _HZ, loop=True), key) for audio, key in sounds]
    return [(chroma_by_register(notes[0]), key) for notes, key in heard if notes]


def main() -> None:
    """Make music up, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tracks", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=-1)
    chosen = parser.parse_args()
    made = Parallel(n_jobs=chosen.jobs)(delayed(heard_in)(seed) for seed in range(chosen.tracks))
    chromas, keys = zip(*itertools.chain.from_iterable(made), strict=True)
    profiles = fit(np.array(chromas), list(keys))
    lines = {"weights": profiles.weights.round(3).tolist(), "bias": profiles.bias.round(3).tolist()}
    chosen.out.write_text(json.dumps(lines).replace("], [", "],\n[") + "\n", "utf-8")
    print(f"fitted to {len(keys)} excerpts of {chosen.tracks} tracks, written to {chosen.out}")


if __name__ == "__main__":
    main()
