"""Downbeats: where in the bar each moment of a pulse is."""

from dataclasses import dataclass

import numpy as np

from mixdream.analysis.beats.bar_net import READINGS, STATES, bar_evidence
from mixdream.analysis.beats.calibration import reading_probability
from mixdream.analysis.beats.onsets import Onsets
from mixdream.analysis.beats.slots import SLOTS, slot_features, slots_of

_JUMP = 1e-14  # chance a beat of the pulse that the bar begins anew at any place
_TRUST = 1 / 128  # the networks tell of all that is around a slot: so many count as one
_OTHER_METRE = 0.1  # chance that music is in another metre than 4/4
_STRICT = 50  # power of the probability of a path: from 0.99 on it is sure
_RIGHT = 7  # the same of the probability that a reading is right: from 0.93 on


@dataclass(frozen=True)
class Bars:
    """Beats of a stretch with one pulse.

    Attributes
    ----------
    frame : np.ndarray, shape (N,), float64, rising
    in_bar : np.ndarray, shape (N,), int8
        0 on downbeats, then 1, 2, 3.
    certainty : np.ndarray, shape (N,), in [0, 1]
        Of this reading of the bar: 0.6 or more where its posterior probability is 0.99 and the probability
        that such readings are right is 0.93.
    tempo_certainty : np.ndarray, shape (N,), in [0, 1]
        The same of the tempo alone.
    """

    frame: np.ndarray
    in_bar: np.ndarray
    certainty: np.ndarray
    tempo_certainty: np.ndarray


def find_bars(
    half_beats: np.ndarray, measured: Onsets, evened: np.ndarray, tempo: float | None = None
) -> Bars:
    """Read bars into a pulse: a hidden Markov model whose states are the places in a bar.

    The pulse may be off by half a beat or less, since notes off the beat can be the strongest, and it may be
    of twice or half the tempo: so it is read in slots, 16, 32 or 64 of which make a bar.

    Parameters
    ----------
    half_beats : np.ndarray, shape (H,), in frames
    evened : np.ndarray, shape (6, T)
        Onset strength by `mixdream.analysis.beats.onsets.even_out`.
    tempo : {0.5, 1, 2}, optional
        Of the music against that of the pulse, where it is known.
    """
    frames = slots_of(half_beats)
    evidence = bar_evidence(slot_features(frames, measured, evened))
    state, *certainties = _read(evidence, tempo)
    place, beat = state - _FIRST[state], _BEAT[state]
    on_beat = place % beat == 0
    in_bar = (place // beat)[on_beat].astype(np.int8)
    return Bars(frames[on_beat], in_bar, *(certainty[on_beat] for certainty in certainties))


_BEAT = np.repeat(READINGS, [4 * beat for beat in READINGS])
"""Slots in a beat of each state in 4/4, shape (STATES,)."""

_FIRST = np.repeat(4 * (np.cumsum(READINGS) - READINGS), [4 * beat for beat in READINGS])
"""The state of the downbeat of the same reading."""


def _after(slots: int) -> np.ndarray:
    """The state so many slots later, shape (STATES,)."""
    return _FIRST + (np.arange(STATES) - _FIRST + slots) % (4 * _BEAT)


def _read(evidence: np.ndarray, tempo: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """State of each slot in 4/4, how certain it is, and how certain its tempo is.

    All in steps of a beat of the pulse.
    """
    slots = evidence.shape[1]
    steps = -(-slots // SLOTS)
    blocks = np.pad(evidence, ((0, 0), (0, steps * SLOTS - slots))).reshape(STATES + 1, steps, SLOTS)
    summed = np.stack([blocks[[*_after(i), STATES], :, i].T for i in range(SLOTS)]).sum(axis=0)
    start = np.append((1 - _OTHER_METRE) / len(READINGS) / (4 * _BEAT), _OTHER_METRE)
    if tempo is not None:
        start = np.where(np.append(_BEAT, 0) == SLOTS / tempo, tempo / (4 * SLOTS), 0)
    path, *posteriors = _decode(summed, start)
    # A reading is named by its state at the first step.
    by_reading = np.empty_like(summed)
    reading = np.empty_like(path)
    for turn in range(4 * max(READINGS) // SLOTS):
        later = slice(turn, None, 4 * max(READINGS) // SLOTS)
        by_reading[later] = summed[later, [*_after(turn * SLOTS), STATES]]
        reading[later] = _after(-turn * SLOTS)[path[later]]
    right = reading_probability(by_reading / SLOTS, reading, start > 0)
    certainties = [np.minimum(p**_STRICT, q**_RIGHT) for p, q in zip(posteriors, right, strict=True)]
    step, inside = np.divmod(np.arange(slots), SLOTS)
    place = path[step] - _FIRST[path[step]]
    state = _FIRST[path[step]] + (place + inside) % (4 * _BEAT[path[step]])
    return state, certainties[0][step], certainties[1][step]


def _decode(summed: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Most likely path through the states in 4/4, its posterior probability and that of its tempo.

    In another metre the path goes on as if in 4/4; its probability is what is left for 4/4.
    """
    likelihood = np.exp(_TRUST * (summed - summed.max(axis=1, keepdims=True)))
    following = np.append(_after(SLOTS), STATES)
    preceding = np.argsort(following)
    posterior = _posterior(likelihood, preceding, following, start)
    path = _best_path(likelihood[:, :STATES], preceding[:STATES], start[:STATES])
    certainty = posterior[np.arange(len(path)), path]
    tempo_certainty = (posterior[:, :STATES] * (_FIRST[path][:, None] == _FIRST)).sum(axis=1)
    return path, certainty, tempo_certainty


def _posterior(
    likelihood: np.ndarray, preceding: np.ndarray, following: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Probability of each state at each step, shape (steps, states), by the forward-backward algorithm."""
    forward, backward = np.empty_like(likelihood), np.ones_like(likelihood)
    belief = start
    for i, likely in enumerate(likelihood):
        belief = likely * ((1 - _JUMP) * belief[preceding] + _JUMP * start if i else belief)
        belief /= belief.sum()
        forward[i] = belief
    belief = np.ones_like(start)
    for i in range(len(likelihood) - 1, 0, -1):
        belief = belief * likelihood[i]
        belief = (1 - _JUMP) * belief[following] + _JUMP * (belief @ start)
        belief /= belief.sum()
        backward[i - 1] = belief
    posterior = forward * backward
    return posterior / posterior.sum(axis=1, keepdims=True)


def _best_path(likelihood: np.ndarray, preceding: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The most likely states, shape (steps,), by the Viterbi algorithm."""
    steps = len(likelihood)
    came_from = np.empty(likelihood.shape, np.int16)
    score = start * likelihood[0]
    for i in range(1, steps):
        score = score / score.max()
        best = int(score.argmax())
        going_on, anew = (1 - _JUMP) * score[preceding], _JUMP * start
        came_from[i] = np.where(going_on >= anew, preceding, best)
        score = likelihood[i] * np.maximum(going_on, anew)
    path = np.empty(steps, int)
    path[-1] = score.argmax()
    for i in range(steps - 1, 0, -1):
        path[i - 1] = came_from[i, path[i]]
    return path
