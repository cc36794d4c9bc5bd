"""Vendi score: how many different clips a set amounts to."""

import numpy as np

from mixdream.evaluation.distances import check_pair, check_samples
from mixdream.evaluation.intervals import Statistic


def vendi_score(samples: np.ndarray) -> float:
    """Effective number of different clips (Friedman & Dieng 2023, eq. 1).

    The exponential of the entropy of the eigenvalues of ``K / n``, where ``K`` holds the cosine similarities:
    1 where all clips are the same, n where no two have anything in common. The embeddings have to be centred
    on the reference, as `mixdream.evaluation.embedder` does, and have d dimensions: no score exceeds d.

    Parameters
    ----------
    samples : np.ndarray, shape (n, d)

    Returns
    -------
    float in [1, min(n, d)]

    Raises
    ------
    InputError
        Fewer than 2 clips.

    Examples
    --------
    >>> round(vendi_score(np.eye(4)), 6), round(vendi_score(np.ones((4, 4))), 6)
    (4.0, 1.0)
    """
    samples = check_samples("samples", samples, 2, "the Vendi score")
    return _score(_directions(samples), np.ones(len(samples)))


def vendi_ratio(reference: np.ndarray, generated: np.ndarray) -> float:
    """Vendi score of the generated clips over that of the reference; near 1 is as varied as the real music.

    A set of noise or of outliers may be above 1: the score does not ask whether clips are good. It rises a
    little with the number of clips, so the sets should be of equal size.
    """
    return vendi_statistic(reference, generated)(np.ones(len(reference)), np.ones(len(generated)))


def vendi_statistic(reference: np.ndarray, generated: np.ndarray) -> Statistic:
    """Return `vendi_ratio` as a function of weights."""
    reference, generated = check_pair(reference, generated, 2, "the Vendi ratio")
    real, fake = _directions(reference), _directions(generated)
    return lambda w, v: _score(fake, v) / _score(real, w)


def _directions(samples: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(samples, axis=1, keepdims=True)
    return samples / np.maximum(norms, np.finfo(float).tiny)


def _score(directions: np.ndarray, weights: np.ndarray) -> float:
    # X X^T / n and X^T X / n have the same eigenvalues but for zeros, and the latter is the smaller one.
    values = np.linalg.eigvalsh((weights[:, None] * directions).T @ directions / weights.sum())
    some = values[values > 1e-12]
    return float(np.exp(-(some * np.log(some)).sum()))
