"""Variety: how many different clips a set amounts to, and how many pairs of them are alike."""

import numpy as np

from mixdream.evaluation.intervals import Statistic
from mixdream.evaluation.samples import check_pair, squared_distances

ALIKE_QUANTILE = 0.05


def vendi_statistic(reference: np.ndarray, generated: np.ndarray) -> Statistic:
    """Vendi score of the generated clips over that of the reference; near 1 is as varied as the real music.

    The score (Friedman & Dieng 2023, eq. 1) is the exponential of the entropy of the eigenvalues of
    ``K / n``, where ``K`` holds the cosine similarities: 1 where all clips are the same, n where no two have
    anything in common, never more than the number of dims. The embeddings have to be centred on the
    reference, as `mixdream.evaluation.embedder` does. A set of noise or of outliers may be above the
    reference: the score does not ask whether clips are good. It rises a little with the number of clips, so
    the sets should be of equal size; fewer than 2 clips on a side are an InputError.
    """
    reference, generated = check_pair(reference, generated, 2, "the Vendi ratio")
    real, fake = _directions(reference), _directions(generated)
    return lambda w, v: _vendi_score(fake, v) / _vendi_score(real, w)


def _directions(samples: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(samples, axis=1, keepdims=True)
    return samples / np.maximum(norms, np.finfo(float).tiny)


def _vendi_score(directions: np.ndarray, weights: np.ndarray) -> float:
    # X X^T / n and X^T X / n have the same eigenvalues but for zeros, and the latter is the smaller one.
    values = np.linalg.eigvalsh((weights[:, None] * directions).T @ directions / weights.sum())
    positive = values[values > 1e-12]
    return float(np.exp(-(positive * np.log(positive)).sum()))


def alike_statistic(reference: np.ndarray, generated: np.ndarray) -> Statistic:
    """Share of pairs of generated clips that are alike, in [0, 1], see `alike_distance`.

    One over this share is the number of different clips, by the birthday paradox (Arora & Zhang 2017). A clip
    that was drawn twice is not paired with itself; fewer than 20 clips on a side are an InputError.
    """
    reference, generated = check_pair(reference, generated, 20, "the birthday test")
    alike = (squared_distances(generated, generated) <= alike_distance(reference) ** 2).astype(np.float64)
    np.fill_diagonal(alike, 0)
    return lambda w, v: float(v @ alike @ v / (v.sum() ** 2 - np.square(v).sum()))


def alike_distance(reference: np.ndarray) -> float:
    """Distance under which two clips count as the same: one real window in twenty has another one so near.

    That is what a set's own repetitions look like. It replaces the eye of a person, who judges candidates in
    the paper.
    """
    squares = squared_distances(reference, reference)
    np.fill_diagonal(squares, np.inf)
    return float(np.quantile(np.sqrt(squares.min(axis=1)), ALIKE_QUANTILE))
