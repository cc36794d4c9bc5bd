"""Examples for the networks that read bars: what is heard at each slot, and the state it is truly in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.analysis.beats.real_tracks import real_tracks

from benchmarks.bars.made_up import RATE_HZ, make_up
from mixdream.analysis.beats.bar_net import READINGS, STATES
from mixdream.analysis.beats.half_beats import LATE_FRAMES, follow_pulse
from mixdream.analysis.beats.onsets import FRAMES_PER_S, even_out, in_three, measure_onsets
from mixdream.analysis.beats.slots import slot_features, slots_of
from mixdream.analysis.beats.tempo import tempo_path
from mixdream.audio.decode import read_audio

UNKNOWN = -100
"""State of slots whose truth nobody knows."""

_FEWEST_SLOTS = 64
_SAME_TEMPO = 0.05  # a beat is so much longer or shorter, as a ratio, where the pulse is the music's
_ON_SLOT = 0.3  # of a slot


@dataclass(frozen=True)
class Example:
    """A stretch with one pulse: features, shape (FEATURES, slots), float16; states, shape (slots,), int16."""

    features: np.ndarray
    state: np.ndarray


def made_up_examples(seed: int) -> list[Example]:
    """Examples of one piece of music that is made up."""
    music = make_up(seed)
    return list(_examples(music.audio, music.beat_s, music.in_bar, music.quarters))


def real_examples(folder: Path, files: set[str]) -> list[Example]:
    """Examples of those tracks of a folder of music whose bars are labelled."""
    examples: list[Example] = []
    for track in real_tracks():
        if track.file not in files:
            continue
        audio, _ = read_audio(folder / track.file, RATE_HZ)
        pcm = np.rint(np.clip(audio, -1, 1) * 32767).astype(np.int16)[: round(track.to_s * RATE_HZ)]
        inside = track.beat_s >= track.from_s
        beats, in_bar = track.beat_s[inside], track.in_bar[inside]
        examples += _examples(pcm, beats, in_bar, round(track.quarters))
    return examples


def _examples(audio: np.ndarray, beat_s: np.ndarray, in_bar: np.ndarray, quarters: int) -> Iterator[Example]:
    measured = measure_onsets([audio], RATE_HZ)
    evened, onsets = even_out(measured.strength), even_out(in_three(measured.strength))
    bpm, _ = tempo_path(onsets)
    for half_beats in follow_pulse(onsets, bpm):
        frames = slots_of(half_beats)
        if len(frames) >= _FEWEST_SLOTS:
            features = slot_features(frames, measured, evened).astype(np.float16)
            yield Example(features, true_states(frames, beat_s, in_bar, quarters))


def true_states(frames: np.ndarray, beat_s: np.ndarray, in_bar: np.ndarray, quarters: int) -> np.ndarray:
    """State of each slot, shape (slots,), int16; `STATES` where music and pulse have nothing in common.

    Parameters
    ----------
    frames : np.ndarray, shape (slots,)
    beat_s, in_bar : np.ndarray, shape (beats,)
        True beats.
    quarters : int
        In a bar; where they are not four all is in another metre.
    """
    count = len(frames)
    if quarters != 4:
        return np.full(count, STATES, np.int16)
    state = np.full(count, UNKNOWN, np.int16)
    at = np.interp(beat_s, (frames + LATE_FRAMES) / FRAMES_PER_S, np.arange(count), np.nan, np.nan)
    for first, last, place in zip(at[:-1], at[1:], in_bar[:-1], strict=True):
        if not np.isfinite(last - first):
            continue
        here = np.arange(int(np.ceil(first - 0.5)), int(np.ceil(last - 0.5)))
        here = here[(here >= 0) & (here < count)]
        near = [beat for beat in READINGS if abs((last - first) / beat - 1) < _SAME_TEMPO]
        if not near or abs(first - round(first)) > _ON_SLOT:
            state[here] = STATES
        else:
            state[here] = _state(near[0], place * near[0] + here - round(first))
    known = np.flatnonzero(state != UNKNOWN)
    if len(known):
        _carry(state, known[0], np.arange(known[0]))
        _carry(state, known[-1], np.arange(known[-1] + 1, count))
    return state


def _state(beat: int, place: np.ndarray) -> np.ndarray:
    """State of places in the bar, in slots, that need not be in the first bar."""
    return 4 * (beat - READINGS[0]) + place % (4 * beat)


def _carry(state: np.ndarray, known: int, slots: np.ndarray) -> None:
    """Count bars on from a slot whose state is known to others."""
    if state[known] == STATES:
        state[slots] = STATES
        return
    beat = max(beat for beat in READINGS if state[known] >= 4 * (beat - READINGS[0]))
    state[slots] = _state(beat, state[known] - 4 * (beat - READINGS[0]) + slots - known)
