"""Precision, recall, density and coverage: which clips are like real ones, which real ones are reached."""

import numpy as np

from mixdream.evaluation.intervals import Statistic
from mixdream.evaluation.samples import check_pair, squared_distances

NEIGHBOURS = 5


def coverage_statistics(reference: np.ndarray, generated: np.ndarray) -> dict[str, Statistic]:
    """Compare the regions that two sets fill: unions of balls that reach to the k-th neighbour, k = 5.

    The embeddings have shapes (n, dims) and (m, dims), n and m at least 7.

    ``precision``: share of generated clips inside a ball of the reference; ``recall``: share of the reference
    inside a ball of the generated clips (Kynkaanniemi et al. 2019, eq. 1 and 2). ``density``: balls of the
    reference around a generated clip, over k; ``coverage``: share of the reference's balls with a generated
    clip inside (Naeem et al. 2020, section 3.2). Precision and density do not see a collapse, coverage does.
    Recall trusts the generated clips' own balls, so a few outliers raise it: look at coverage.

    Coverage rises with the number of clips: n and m should be equal. For the same distribution and n = m it
    is ``1 - (n-1)...(n-k) / ((2n-1)...(2n-k))``, 0.97 (the same).

    All are in [0, 1] but density, >= 0, which is about 1 for the same distribution. The balls stay those of
    the whole sets: a clip drawn twice is no neighbour of itself.
    """
    reference, generated = check_pair(reference, generated, NEIGHBOURS + 2, "coverage")
    distances = squared_distances(reference, generated)
    in_real = (distances <= squared_radii(reference)[:, None]).astype(np.float64)
    in_fake = (distances <= squared_radii(generated)).astype(np.float64)
    return {
        "precision": lambda w, v: _share(in_real.T, v, w),
        "recall": lambda w, v: _share(in_fake, w, v),
        "density": lambda w, v: float(w @ in_real @ v / (NEIGHBOURS * v.sum())),
        "coverage": lambda w, v: _share(in_real, w, v),
    }


def squared_radii(samples: np.ndarray) -> np.ndarray:
    """Squared distance of each row to its 5th nearest neighbour, itself not counted."""
    distances = squared_distances(samples, samples)
    np.fill_diagonal(distances, np.inf)
    return np.partition(distances, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1]


def _share(inside: np.ndarray, of_rows: np.ndarray, of_columns: np.ndarray) -> float:
    """Share of rows with at least one column that was drawn."""
    return float(of_rows @ (inside @ of_columns > 0) / of_rows.sum())
