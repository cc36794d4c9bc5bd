"""How often a reading of bars is right where the networks are as sure of it as they are here."""

from itertools import pairwise

import numpy as np
from scipy.special import log_softmax

from mixdream.analysis.beats.bar_net import READINGS, STATES

_TRACK_BEATS = 1024  # of the pulse: what a track has at most, so that a mix is judged track by track
_TEMPO_SCALE, _PLACE_SCALE = 0.87, 3.0


def reading_probability(
    log_probability: np.ndarray, reading: np.ndarray, possible: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Probability that a reading is right, and that its tempo is, from means over whole tracks.

    What is repeated all through a track is no new evidence: where the networks take a rhythm for another one,
    they do so again and again. So all of a track, however long, counts like one observation whose log
    probabilities are the means, scaled so that they come true (temperature scaling: Guo et al. 2017). Tempos
    are told apart with another scale than places in the bar of one tempo (as in a nested logit; a tempo is as
    likely as the best of its places). Both scales are the most likely ones for labelled tracks that the
    networks were not fitted to; see `benchmarks.bars.calibrate`.

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
    tempo_of = np.append(np.repeat(np.arange(len(READINGS)), [4 * beat for beat in READINGS]), len(READINGS))
    place, tempo = np.empty(len(reading)), np.empty(len(reading))
    edges = [0, *(np.flatnonzero(np.diff(reading)) + 1).tolist(), len(reading)]
    for first, last in pairwise(edges):
        here = reading[first]
        means = np.where(possible, _means(log_probability[first:last]), -np.inf)
        best = np.stack([means[:, tempo_of == which].max(axis=1) for which in range(len(READINGS) + 1)])
        of_tempo = log_softmax(_TEMPO_SCALE * best, axis=0)[tempo_of[here]]
        same = tempo_of == tempo_of[here]
        of_place = log_softmax(_PLACE_SCALE * means[:, same], axis=1)[:, same[:here].sum()]
        place[first:last], tempo[first:last] = np.exp(of_tempo + of_place), np.exp(of_tempo)
    return place, tempo


def _means(values: np.ndarray) -> np.ndarray:
    """Means over the `_TRACK_BEATS` around each step, or as many as there are, shape of ``values``."""
    steps = len(values)
    span = min(steps, _TRACK_BEATS)
    total = np.concatenate([np.zeros((1, STATES + 1)), np.cumsum(values, axis=0)])
    start = np.clip(np.arange(steps) - span // 2, 0, steps - span)
    return (total[start + span] - total[start]) / span
