"""Scores of conditions out of comparisons in pairs."""

from dataclasses import dataclass

import numpy as np

from mixdream.survey.analysis.jackknife import jackknife_intervals
from mixdream.survey.analysis.proportions import Interval

_STEPS = 2000
_CLOSE = 1e-8


@dataclass(frozen=True)
class Score:
    """Strength of a condition.

    Attributes
    ----------
    score : float
        Natural logarithm of its odds against an average condition; 0 is average.
    interval : Interval or None
        95 %, over listeners.
    """

    score: float
    interval: Interval | None


def bradley_terry(wins: np.ndarray) -> np.ndarray:
    """Fit scores s so that i is preferred to j with probability ``1 / (1 + exp(s_j - s_i))``.

    Bradley & Terry (1952), by the minorise-maximise steps of Hunter (2004). Half a win each way is
    added to each pair that was compared, so that a condition that never lost has a finite score.

    Parameters
    ----------
    wins : np.ndarray, shape (..., conditions, conditions)
        How often the row was preferred to the column; a tie is half a win for both. All conditions must be
        connected by comparisons, see `connected`.

    Returns
    -------
    np.ndarray, shape (..., conditions)
        Sum 0.

    Examples
    --------
    >>> scores = bradley_terry(np.array([[0.0, 29.5], [9.5, 0.0]]))
    >>> round(float(np.exp(scores[0] - scores[1])), 6)
    3.0
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
    links = (wins + wins.T > 0) | np.eye(len(wins), dtype=bool)
    return bool((np.linalg.matrix_power(links.astype(float), len(wins)) > 0).all())


def scores(by_listener: np.ndarray) -> list[Score]:
    """Fit `bradley_terry` to all listeners, with intervals over them by `jackknife_intervals`.

    Parameters
    ----------
    by_listener : np.ndarray, shape (listeners, conditions, conditions)
        Wins of each; together they must be `connected`.
    """
    fitted = bradley_terry(by_listener.sum(axis=0))
    intervals = jackknife_intervals(by_listener, _fit_where_connected)
    return [Score(float(one), interval) for one, interval in zip(fitted, intervals, strict=True)]


def _fit_where_connected(wins: np.ndarray) -> np.ndarray:
    found = np.full(wins.shape[:2], np.nan)
    whole = [connected(one) for one in wins]
    if any(whole):
        found[whole] = bradley_terry(wins[whole])
    return found
