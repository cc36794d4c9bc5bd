"""How often a reading of bars is right where the networks are as sure of it as they are here."""

from itertools import pairwise

import numpy as np
from scipy.special import log_softmax

from mixdream.analysis.beats.bar_net import READINGS, STATES

_TRACK_BEATS = 1024  # of the pulse: what a track has at most, so that a mix is judged track by track
_TEMPO_SCALE, _PLACE_SCALE = 0.87, 3.0
_TEMPO = np.append(np.repeat(np.arange(len(READINGS)), [4 * beat for beat in READINGS]), len(READINGS))
"""Which tempo each reading has, shape (STATES + 1,)."""


def reading_probability(
    log_probability: np.ndarray, reading: np.ndarray, possible: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Probability that a reading is right, and that its tempo is, from means over whole tracks.

    What is repeated all through a track is no new evidence: where the networks take a rhythm for another one,
    they do so again and again. So all of a track, however long, counts like one observation; see
    `scaled_log_probability`, whose scales are the most likely ones for labelled tracks that the networks were
    not fitted to (`benchmarks.bars.calibrate`).

    Parameters
    ----------
    log_probability : np.ndarray, shape (steps, STATES + 1)
        Of each reading at each step, which is a beat of the pulse; a reading is named by the state that it
        has at step 0. The last is another metre.
    reading : np.ndarray, shape (steps,), int
        The reading to judge; evidence is averaged no further than it stays the same.
    possible : np.ndarray, shape (STATES + 1,), bool
        False for readings that are ruled out because the tempo is known.

    Returns
    -------
    place, tempo : np.ndarray, shape (steps,), in [0, 1]
        Probability of the reading, and of its tempo.
    """
    place, tempo = np.empty(len(reading)), np.empty(len(reading))
    edges = [0, *(np.flatnonzero(np.diff(reading)) + 1).tolist(), len(reading)]
    for first, last in pairwise(edges):
        here = reading[first]
        means = np.where(possible, _means(log_probability[first:last]), -np.inf)
        of_tempo, of_place = scaled_log_probability(means, here, _TEMPO_SCALE, _PLACE_SCALE)
        place[first:last], tempo[first:last] = np.exp(of_tempo + of_place), np.exp(of_tempo)
    return place, tempo


def scaled_log_probability(
    means: np.ndarray, reading: int, tempo_scale: float, place_scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Log probability that the tempo of a reading is right, and its place in the bar if the tempo is.

    Means are scaled so that they come true (temperature scaling: Guo et al. 2017), with one scale for tempos
    and one for the places in the bar of one tempo (as in a nested logit; a tempo is as likely as the best of
    its places).

    Parameters
    ----------
    means : np.ndarray, shape (steps, STATES + 1)
        Mean log probability of each reading; -inf where it is ruled out.
    reading : int
        The reading to judge.
    tempo_scale, place_scale : float

    Returns
    -------
    of_tempo, of_place : np.ndarray, shape (steps,)
        The sum is the log probability of the reading.
    """
    best = np.stack([means[:, which == _TEMPO].max(axis=1) for which in range(len(READINGS) + 1)])
    of_tempo = log_softmax(tempo_scale * best, axis=0)[_TEMPO[reading]]
    same = _TEMPO[reading] == _TEMPO
    return of_tempo, log_softmax(place_scale * means[:, same], axis=1)[:, same[:reading].sum()]


def _means(values: np.ndarray) -> np.ndarray:
    """Means over the `_TRACK_BEATS` around each step, or as many as there are, shape of ``values``."""
    steps = len(values)
    span = min(steps, _TRACK_BEATS)
    total = np.concatenate([np.zeros((1, STATES + 1)), np.cumsum(values, axis=0)])
    start = np.clip(np.arange(steps) - span // 2, 0, steps - span)
    return (total[start + span] - total[start]) / span
