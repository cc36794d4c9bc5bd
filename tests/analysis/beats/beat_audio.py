"""Audio with known beats: the demo sets at any tempo, and drums placed to a part of a sample."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from unittest.mock import patch

import numpy as np
import soxr

from mixdream.analysis.beats.beats import Beats, TempoBlock
from mixdream.analysis.beats.hints import NO_HINTS, Hints
from mixdream.analysis.beats.tracking import track_beats
from mixdream.demo.sets import RATE_HZ, GroundTruth, render_set
from mixdream.demo.specs import SET_SPECS
from tests.demo.rendered import rendered_set


def track(
    audio: np.ndarray, rate_hz: int = 8000, hints: Hints = NO_HINTS
) -> tuple[Beats, tuple[TempoBlock, ...]]:
    """Beats of audio in one piece, shape (samples, channels), int16; read in blocks of odd length."""
    return track_beats(
        lambda start, stop: (audio[i : min(i + 77_777, stop)] for i in range(start, stop, 77_777)),
        [(0, len(audio))],
        [0.0],
        rate_hz,
        hints,
    )


@cache
def tracked_set(name: str) -> tuple[Beats, tuple[TempoBlock, ...]]:
    """Beats of a demo set at its own tempo, at 8 kHz."""
    return track(demo_set(name)[0])


@cache
def demo_set(
    name: str, bpm: float | None = None, seed: int = 0, rate_hz: int = 8000
) -> tuple[np.ndarray, GroundTruth]:
    """A demo set, at another tempo than its own if wanted; stereo only at other rates than 8 kHz."""
    if bpm is None and seed == 0:
        audio, truth = rendered_set(name)
    else:
        spec = SET_SPECS[name]
        tracks = tuple(replace(track, bpm=bpm or track.bpm) for track in spec.tracks)
        with patch.dict(SET_SPECS, {name: replace(spec, tracks=tracks)}):
            audio, truth = render_set(name, seed)
    frames = soxr.resample(audio.mean(axis=0) if rate_hz == 8000 else audio.T, RATE_HZ, rate_hz)
    frames = frames.reshape(len(frames), -1)
    return np.rint(np.clip(frames, -1, 1) * 32767).astype(np.int16), truth


def drums(
    beat_times_s: Sequence[float] | np.ndarray, seconds: float, *, sixteenths: bool = False, seed: int = 0
) -> np.ndarray:
    """Bass drum on each beat, clap on the second and fourth, another bass note in each bar; 8 kHz, mono."""
    rng = np.random.default_rng(seed)
    beats = np.asarray(beat_times_s)
    audio = np.zeros(round((seconds + 3) * 8000))

    def hit(
        at_s: float, wave: np.ndarray | None, length_s: float, hz: float, decay_s: float, gain: float
    ) -> None:
        first = int(np.ceil(at_s * 8000))
        t = np.arange(first, first + round(length_s * 8000)) / 8000 - at_s
        sound = np.sin(2 * np.pi * hz * t) if wave is None else wave[: len(t)]
        audio[first : first + len(t)] += gain * sound * np.exp(-t / decay_s)

    for i, at_s in enumerate(beats):
        step_s = float(np.diff(beats)[min(i, len(beats) - 2)])
        hit(at_s, None, 0.2, 60, 0.05, 0.5)
        hit(at_s, None, 0.05, 1400, 0.004, 0.25)
        if i % 2:
            hit(at_s, rng.standard_normal(1600), 0.2, 0, 0.05, 0.25)
        if i % 4 == 0:
            hit(at_s, None, min(4 * step_s, 2.5), 110 * 2 ** (rng.integers(12) / 12), 2.0, 0.2)
        if sixteenths:
            for part in (0.25, 0.5, 0.75):
                hit(at_s + part * step_s, rng.standard_normal(400), 0.03, 0, 0.008, 0.15)
    audio = audio[: round(seconds * 8000), None]
    return np.rint(audio / np.abs(audio).max() * 30_000).astype(np.int16)
