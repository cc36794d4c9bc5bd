"""Staged collapse: fake generators whose rank is known, to see that the metrics put them in order."""

from collections.abc import Iterator

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from mixdream.errors import InputError

SHARES = (1.0, 0.5, 0.25, 0.1, 0.05)
CLUSTERS = 20  # the smallest share is one of them

_JITTER_S = 0.05
_JITTER_DB = 3.0
_HISS_DB = -40.0
_COMPONENTS = 64
_MODES = 8


def collapse_stages(
    windows: np.ndarray, embeddings: np.ndarray, rate_hz: int, number: int, rng: np.random.Generator
) -> Iterator[tuple[str, np.ndarray]]:
    """Make the clips of fake generators, from the best to the worst.

    ``all``: other real windows. ``50 %`` to ``5 %``: real windows, but from only so many of 20 clusters:
    partial mode collapse, with perfect clips. ``one window`` of these, with other gain, shift and hiss.
    ``noise``: white. A metric that does not put these in order says nothing about a model either.

    Parameters
    ----------
    windows : np.ndarray, shape (N, samples)
        Real audio that is not in the reference; dense, so that a twentieth of it still has ``number``
        windows. Where a stage has not, windows come more than once.
    embeddings : np.ndarray, shape (N, dims)
        Theirs, by `mixdream.evaluation.embedder.Embedder`.
    rate_hz : int
    number : int
        Clips to make at each stage.
    rng : np.random.Generator

    Yields
    ------
    str, np.ndarray of shape (number, samples)
    """
    least = max(number, CLUSTERS)
    if len(windows) != len(embeddings) or len(windows) < least:
        raise InputError(
            f"{len(windows)} windows and {len(embeddings)} embeddings for stages of {number} clips: both "
            f"must be equally many, at least {least}"
        )
    seed = int(rng.integers(2**31))
    cluster = KMeans(CLUSTERS, n_init=3, random_state=seed).fit(embeddings).labels_
    order = rng.permutation(CLUSTERS)
    # The same order for all: what a stage has lost, those after it have lost too.
    for share in SHARES:
        rows = np.flatnonzero(np.isin(cluster, order[: round(share * CLUSTERS)]))
        chosen = rng.choice(rows, number, replace=len(rows) < number)
        yield "all" if share == 1 else f"{share:.0%}".replace("%", " %"), windows[chosen]
    yield "one window", jittered(windows[chosen[0]], rate_hz, number, rng)
    yield "noise", rng.normal(0, 0.1, (number, windows.shape[1]))


def jittered(window: np.ndarray, rate_hz: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Repeat one window with a gain of +-3 dB, a circular shift of up to 50 ms and hiss 40 dB below it."""
    shifts = rng.integers(-round(_JITTER_S * rate_hz), round(_JITTER_S * rate_hz) + 1, number)
    gains = 10 ** (rng.uniform(-_JITTER_DB, _JITTER_DB, number) / 20)
    hiss = rng.normal(0, 10 ** (_HISS_DB / 20) * float(np.std(window)), (number, len(window)))
    return gains[:, None] * (np.stack([np.roll(window, shift) for shift in shifts]) + hiss)


def pca_mixture(spectrograms: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """Draw spectrograms from the simplest model there is: a Gaussian mixture of principal components.

    Log magnitudes, down to 80 dB below the loudest, 64 components, 8 modes with diagonal covariances: what
    any network has to beat (full mixtures beat the GANs in Richardson & Weiss 2018).

    Parameters
    ----------
    spectrograms : np.ndarray, shape (n, bins, frames), >= 0
        Linear magnitudes to learn from, of one grid.
    number : int
    rng : np.random.Generator

    Returns
    -------
    np.ndarray, shape (number, bins, frames), float32
        Linear magnitudes.
    """
    if spectrograms.ndim != 3 or len(spectrograms) < 2 * _MODES:
        raise InputError(
            f"spectrograms of shape {spectrograms.shape}: a mixture of {_MODES} needs (n, bins, frames) with "
            f"n at least {2 * _MODES}"
        )
    loudest = float(spectrograms.max())
    if not loudest > 0:
        raise InputError("all spectrograms are silent: there is nothing to learn from")
    log = np.log(np.maximum(spectrograms / loudest, 1e-4)).astype(np.float32).reshape(len(spectrograms), -1)
    components = min(_COMPONENTS, len(log) - 1)
    pca = PCA(components, svd_solver="randomized", random_state=int(rng.integers(2**31))).fit(log)
    seed = int(rng.integers(2**31))
    mixture = GaussianMixture(_MODES, covariance_type="diag", random_state=seed).fit(pca.transform(log))
    drawn = pca.inverse_transform(mixture.sample(number)[0]).clip(np.log(1e-4), 0)
    return (loudest * np.exp(drawn)).astype(np.float32).reshape(number, *spectrograms.shape[1:])
