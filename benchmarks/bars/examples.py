"""Examples for the network that reads bars: features of slots, and the state that each is truly in."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixdream.analysis.beats.half_beats import LATE_FRAMES, follow_pulse
from mixdream.analysis.beats.onsets import FRAMES_PER_S, even_out, in_three, measure_onsets
from mixdream.analysis.beats.slots import slot_features, slots_of
from mixdream.analysis.beats.tempo import tempo_path

READINGS = (4, 8, 16)
OTHER = 112
UNKNOWN = -100
_FEWEST = 64
_NEAR = 0.04


@dataclass(frozen=True)
class Example:
    features: np.ndarray  # (19, S) float32
    state: np.ndarray  # (S,) int64


def first_state(reading: int) -> int:
    return 4 * (reading - READINGS[0])


def examples(audio: np.ndarray, beat_s: np.ndarray, in_bar: np.ndarray, quarters: int, sure=None) -> Iterator[Example]:
    measured = measure_onsets([audio], 8000)
    evened = even_out(measured.strength)
    onsets = even_out(in_three(measured.strength))
    bpm, _ = tempo_path(onsets)
    for half_beats in follow_pulse(onsets, bpm):
        frames = slots_of(half_beats)
        if len(frames) < _FEWEST:
            continue
        features = slot_features(frames, measured, evened)
        yield Example(features, states(frames, beat_s, in_bar, quarters, sure))


def states(frames, beat_s, in_bar, quarters, sure=None):
    time_s = (frames + LATE_FRAMES) / FRAMES_PER_S
    state = np.full(len(frames), OTHER)
    if quarters != 4:
        return state
    if sure is None:
        sure = np.ones(len(beat_s), bool)
    # per true beat: slots to the next
    at = np.interp(beat_s, time_s, np.arange(len(frames)), left=np.nan, right=np.nan)
    steps = np.diff(at)
    state[:] = UNKNOWN
    slot_steps = np.arange(len(frames))
    usable = np.isfinite(steps) & sure[:-1] & sure[1:] & (np.diff(in_bar) % 4 == 1)
    if not usable.any():
        return state
    for i in np.flatnonzero(usable).tolist():
        first, last = at[i], at[i + 1]
        near = [r for r in READINGS if abs((last - first) / r - 1) < _NEAR + 0.1 / r]
        here = np.arange(int(np.ceil(first - 0.5)), int(np.ceil(last - 0.5)))
        here = here[(here >= 0) & (here < len(frames))]
        if not near or abs(first - round(first)) > 0.3:
            state[here] = OTHER
            continue
        r = near[0]
        state[here] = first_state(r) + (in_bar[i] * r + (here - round(first))) % (4 * r)
    # carry to both ends
    known = np.flatnonzero(state != UNKNOWN)
    if sure.all():
        for edge, direction in ((known[0], -1), (known[-1], 1)):
            s = state[edge]
            rest = np.arange(edge + direction, -1 if direction < 0 else len(frames), direction)
            if s == OTHER:
                state[rest] = OTHER
            else:
                r = next(r for r in READINGS[::-1] if s >= first_state(r))
                state[rest] = first_state(r) + (s - first_state(r) + rest - edge) % (4 * r)
    return state
