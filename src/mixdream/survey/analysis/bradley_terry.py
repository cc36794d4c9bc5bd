"""Scores of conditions out of comparisons in pairs."""

import numpy as np
from scipy.sparse.csgraph import connected_components

from mixdream.survey.analysis.intervals import Interval, jackknife_intervals

_STEPS = 2000
_CLOSE = 1e-8


def bradley_terry(wins: np.ndarray) -> np.ndarray:
    """Fit scores s so that i is preferred to j with probability ``1 / (1 + exp(s_j - s_i))``.

    Bradley & Terry (1952), by the minorise-maximise steps of Hunter (2004). ``wins``, shape (..., n, n), says
    how often the row was preferred to the column; a tie is half a win for both, and all must be `connected`.
    Half a win each way is added to each pair that was compared, so that a condition that never lost has a
    finite score. Scores, shape (..., n), are log odds against an average condition; sum 0.
    """
    compared = wins + np.swapaxes(wins, -1, -2) > 0
    wins = wins + 0.5 * compared
    number = wins + np.swapaxes(wins, -1, -2)
    won = wins.sum(axis=-1)
    strength = np.ones_like(won)
    for _ in range(_STEPS):
        new = won / (number / (strength[..., :, None] + strength[..., None, :])).sum(axis=-1)
        new /= np.exp(np.log(new).mean(axis=-1, keepdims=True))
        done = np.abs(np.log(new) - np.log(strength)).max() < _CLOSE
        strength = new
        if done:
            break
    return np.log(strength)


def connected(wins: np.ndarray) -> bool:
    """Whether every condition can be compared with every other, if by way of others.

    >>> connected(np.eye(2))
    False
    """
    return bool(connected_components(wins, directed=False, return_labels=False) == 1)


def score_intervals(by_listener: np.ndarray) -> list[Interval | None]:
    """95 % intervals of `bradley_terry` over listeners, from the wins of each: shape (listeners, n, n)."""
    return jackknife_intervals(by_listener, _fit_where_connected)


def _fit_where_connected(wins: np.ndarray) -> np.ndarray:
    scores = np.full(wins.shape[:2], np.nan)
    whole = [connected(matrix) for matrix in wins]
    if any(whole):
        scores[whole] = bradley_terry(wins[whole])
    return scores
