"""Beat tracking: from audio to beats, downbeats and tempo, and how far they are to be trusted.

Onsets in three bands (`onsets`) give a tempo path (`tempo`), dynamic programming along it gives half beats
(`half_beats`), and a hidden Markov model says which of them are beats and downbeats (`downbeats`).
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from scipy.ndimage import uniform_filter1d

from mixdream.analysis.beats.beats import Beats, TempoBlock
from mixdream.analysis.beats.downbeats import find_bars
from mixdream.analysis.beats.half_beats import LATE_FRAMES, follow_pulse
from mixdream.analysis.beats.hints import NO_HINTS, SEAM_BEATS, Hints, bars_from
from mixdream.analysis.beats.onsets import FRAMES_PER_S, even_out, in_three, measure_onsets
from mixdream.analysis.beats.tempo import BLOCK_S, SLOWEST_BPM, tempo_path

SURE = 0.6
"""Confidence from which on beats are sure."""

_REPORT_S = 10.0  # length of the tempo blocks that are reported
_EDGE_S = 0.03
_AROUND = 32  # beats over which it is counted how often a beat is struck
_FADE = 0.99  # per beat without evidence, between parts that have some


def track_beats(
    read: Callable[[int, int], Iterable[np.ndarray]],
    segments: Sequence[tuple[int, int]],
    segment_starts_s: Sequence[float],
    rate_hz: int,
    hints: Hints = NO_HINTS,
) -> tuple[Beats, tuple[TempoBlock, ...]]:
    """Track the beats of a set; each segment by itself, since the beat does not go on across a cut.

    The blocks of tempo cover the segments that have beats.

    Parameters
    ----------
    read : callable
        Gives the audio from one kept sample to another, in blocks of shape (n, channels), int16.
    segments : sequence of (start, stop), in kept samples
    segment_starts_s : sequence of float, in seconds of the source
    hints : Hints
        What is known: it decides, and how clear the pulse is says whether beats are sure.
    """
    samples, bars, confidences, blocks = [], [], [], []
    for (start, stop), source_s in zip(segments, segment_starts_s, strict=True):
        time_s, in_bar, confidence = _track(read(start, stop), start, rate_hz, hints)
        # An attack on the first sample may be measured a moment before it; one at the very end is not heard.
        inside = (time_s > -_EDGE_S) & (time_s < (stop - start) / rate_hz - _EDGE_S)
        time_s, in_bar, confidence = np.maximum(time_s[inside], 0), in_bar[inside], confidence[inside]
        samples.append(start + time_s * rate_hz)
        bars.append(in_bar)
        confidences.append(confidence)
        blocks += _tempo_blocks(time_s, confidence, (stop - start) / rate_hz, source_s)
    sure = np.concatenate(confidences) >= SURE
    return Beats(np.concatenate(samples), np.concatenate(bars), sure), tuple(blocks)


def _track(
    blocks: Iterable[np.ndarray], start: int, rate_hz: int, hints: Hints
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Beats of one segment: seconds from its start, place in the bar, confidence; each of shape (N,)."""
    measured = measure_onsets(blocks, rate_hz)
    evened = even_out(measured.strength)
    onsets = even_out(in_three(measured.strength))
    bpm, clarity = tempo_path(onsets)
    known = None
    if hints.tempos:
        bpm = hints.tempo_at(start + (np.arange(len(bpm)) + 0.5) * BLOCK_S * rate_hz, bpm)
        # One octave throughout: a tempo that drifts past the pulse's slowest must not halve it midway.
        known = 2.0 ** np.clip(np.floor(np.log2(np.median(bpm) / SLOWEST_BPM)), -1, 1)
        bpm = bpm / known
        clarity = np.ones(len(bpm))
    downbeats = (np.array(hints.downbeats) - start) / rate_hz * FRAMES_PER_S - LATE_FRAMES
    pieces = follow_pulse(onsets, bpm)
    if not pieces:
        return np.zeros(0), np.zeros(0, np.int8), np.zeros(0)
    times, in_bar, confidences = [], [], []
    for number, half_beats in enumerate(pieces):
        bars = bars_from(half_beats, downbeats, find_bars(half_beats, measured, evened, known))
        frames = bars.frame
        block = np.clip((frames / (BLOCK_S * FRAMES_PER_S)).astype(int), 0, len(clarity) - 1)
        pulse = _carried(clarity[block] * _struck(frames, onsets))
        confidence = np.minimum(pulse, bars.certainty)
        if number > 0:
            confidence[:SEAM_BEATS] = 0
        if number < len(pieces) - 1:
            confidence[-SEAM_BEATS:] = 0
        times.append((frames + LATE_FRAMES) / FRAMES_PER_S)
        in_bar.append(bars.in_bar)
        confidences.append(confidence)
    return np.concatenate(times), np.concatenate(in_bar), np.concatenate(confidences)


def _struck(frames: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """How surely the pulse is struck around each beat, in [0, 1].

    Of the strongest attacks within 48 ms, weighted by their strength, a quarter lies within 12 ms by chance.
    """
    attacks = onsets[1:].sum(axis=0)
    nearest = np.rint(frames).astype(int)
    around = attacks[np.clip(nearest[:, None] + np.arange(-6, 7), 0, len(attacks) - 1)]
    miss = np.abs(nearest - frames + around.argmax(axis=1) - 6)
    weight = around.max(axis=1)
    hits = uniform_filter1d(weight * (miss < 1.5), _AROUND) / np.maximum(
        uniform_filter1d(weight, _AROUND), 1e-6
    )
    return np.clip((hits - 0.3) / 0.3, 0, 1)


def _carried(confidence: np.ndarray) -> np.ndarray:
    """Between two parts that are sure of one pulse, it is nearly as sure as in the lesser of them."""
    beats = np.arange(len(confidence))
    faded = []
    for direction in (1, -1):
        # The largest of what came before, each faded by its distance, without a loop.
        scaled = np.log(np.maximum(confidence[::direction], 1e-9)) - beats * np.log(_FADE)
        faded.append(np.exp(np.maximum.accumulate(scaled) + beats * np.log(_FADE))[::direction])
    return np.minimum(*faded)


def _tempo_blocks(
    time_s: np.ndarray, confidence: np.ndarray, length_s: float, source_s: float
) -> list[TempoBlock]:
    """Tempo of each ten seconds of a segment that starts at ``source_s``."""
    if len(time_s) < 2:
        return []
    period_s = np.diff(time_s, append=2 * time_s[-1] - time_s[-2])
    edges = np.linspace(0, length_s, max(1, round(length_s / _REPORT_S)) + 1)
    blocks = []
    for start_s, stop_s in pairwise(edges.tolist()):
        first, last = np.searchsorted(time_s, (start_s, stop_s)).tolist()
        if first < last:
            block = TempoBlock(
                start_s=round(source_s + start_s, 3),
                stop_s=round(source_s + stop_s, 3),
                bpm=round(60 / float(np.median(period_s[first:last])), 3),
                confidence=round(float(confidence[first:last].mean()), 3),
                sure=bool(np.mean(confidence[first:last] >= SURE) >= 0.5),
            )
            blocks.append(block)
    return blocks
