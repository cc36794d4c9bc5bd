"""Scores of conditions out of comparisons in pairs."""

from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from mixdream.survey.analysis.crossed import figure_intervals
from mixdream.survey.analysis.intervals import jackknife

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


def score_rows(
    listener: np.ndarray, pair: np.ndarray, item: np.ndarray, won: np.ndarray
) -> list[dict[str, Any]]:
    """Scores of `bradley_terry`, each with its intervals, from single answers; none where not `connected`.

    ``pair``, shape (answers, 2), has the numbers of the conditions compared, ``item`` in the same order the
    music of their clips, shape (answers, 1) where it is one; ``won`` says how often the first was preferred:
    1, 0 or 1/2. Over listeners the variance is the jackknife's, over clips it is that of the first order.
    """
    who, conditions = np.unique(listener, return_inverse=True)[1], int(pair.max()) + 1
    by_listener = np.zeros((who.max() + 1, conditions, conditions))
    np.add.at(by_listener, (who, *pair.T), won)
    np.add.at(by_listener, (who, *pair.T[::-1]), 1 - won)
    if not connected(by_listener.sum(axis=0)):
        return []
    scores = bradley_terry(by_listener.sum(axis=0))
    sign = np.eye(conditions)[pair[:, 0]] - np.eye(conditions)[pair[:, 1]]
    expected = 1 / (1 + np.exp(-sign @ scores))
    information = (sign.T * expected * (1 - expected)) @ sign
    moved = np.linalg.pinv(information) @ sign.T * (won - expected)
    where = listener, item, pair[:, : item.shape[1]]
    return [
        {"score": score} | figure_intervals(score, variance, residual, *where)
        for score, variance, residual in zip(
            scores.tolist(), jackknife(by_listener, _fit_where_connected), moved, strict=True
        )
    ]


def _fit_where_connected(wins: np.ndarray) -> np.ndarray:
    scores = np.full(wins.shape[:2], np.nan)
    whole = [connected(matrix) for matrix in wins]
    if any(whole):
        scores[whole] = bradley_terry(wins[whole])
    return scores
