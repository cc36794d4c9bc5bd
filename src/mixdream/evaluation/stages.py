"""Staged collapse: fake generators whose rank is known, to see that the metrics put them in order."""

import io
from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.figure import Figure
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from mixdream.corpus.windows import spread
from mixdream.errors import InputError
from mixdream.evaluation.embedding import (
    analysis_grid,
    analysis_magnitudes,
    embed_magnitudes,
    mixed,
    without_blur,
)
from mixdream.evaluation.intervals import Estimate
from mixdream.evaluation.measure import Yardstick
from mixdream.evaluation.metrics import METRICS, Evaluation, evaluate_embeddings
from mixdream.evaluation.samples import Samples
from mixdream.progress import Report, silent

SHARES = (1.0, 0.5, 0.25, 0.1, 0.05)
CLUSTERS = 20  # the smallest share is one of them
SHOWN = (
    "coverage", "missing", "ndb", "js", "vendi_ratio", "kernel_distance", "precision", "alike_share"
)  # fmt: skip
"""Metrics in the figure."""

_RESAMPLES = 50  # the stages are there for their order
_JITTER_S, _JITTER_DB, _HISS_DB = 0.05, 3.0, -40.0
_COMPONENTS, _MODES = 64, 8
_MOST_CELLS = 2**26  # of spectrograms that the mixture learns from, 256 MiB; 4 s at 8 kHz are 2**16
_DRAWN = 32  # at a time


def measure_stages(yardstick: Yardstick, other: np.ndarray, report: Report = silent) -> dict[str, Evaluation]:
    """Evaluate fake generators, from the best to the worst; none where there is too little music.

    ``all``: other real windows. ``50 %`` to ``5 %``: real windows, but from only so many of 20 clusters:
    partial mode collapse, with perfect clips. ``one window`` of these, with other gain, shift and hiss.
    ``PCA + mixture``: `pca_mixture` of the reference. ``noise``: white. A metric that does not put these in
    order says nothing about a model either.

    ``other``, shape (m, samples), mono, are windows of the same music that are not in the reference: the
    stages are drawn from them. Each has as many clips as the collections have.
    """
    space, rate_hz = yardstick.space, yardstick.reference.rate_hz
    rng = np.random.default_rng(yardstick.seed)
    stages: dict[str, Evaluation] = {}

    def evaluate(name: str, samples: Samples) -> None:
        stages[name] = evaluate_embeddings(space.reference, samples, yardstick.seed, _RESAMPLES)
        report(len(stages) / (len(SHARES) + 3), f"collapse stage '{name}'")

    try:
        embeddings = space.place(other).embeddings
        for name, clips in collapse_stages(other, embeddings, rate_hz, yardstick.number, rng):
            evaluate(name, space.place(clips))
            if name == "one window":
                grid = analysis_grid(rate_hz, yardstick.samples)
                rows = spread(
                    len(yardstick.real), max(2 * _COMPONENTS, _MOST_CELLS // grid.bins // grid.frames)
                )
                real = np.stack(list(mixed(yardstick.real[rows])))
                spectrograms, _ = analysis_magnitudes(real, rate_hz)
                drawn = pca_mixture(spectrograms.numpy(), yardstick.number, rng)
                features = without_blur(embed_magnitudes(drawn, grid))
                evaluate("PCA + mixture", Samples.independent(space.embedder.transform(features)))
    except InputError:
        return {}
    return stages


def collapse_stages(
    windows: np.ndarray, embeddings: np.ndarray, rate_hz: int, number: int, rng: np.random.Generator
) -> Iterator[tuple[str, np.ndarray]]:
    """Draw the clips of all stages but the mixture, each of shape (number, samples), see `measure_stages`.

    ``windows`` have shape (N, samples), their ``embeddings`` (N, dims). Where the clusters of a stage have
    fewer than ``number``, windows come more than once.
    """
    least = max(number, CLUSTERS)
    if len(windows) < least:
        raise InputError(f"{len(windows)} windows for stages of {number} clips: at least {least} are needed")
    seed = int(rng.integers(2**31))
    cluster = KMeans(CLUSTERS, n_init=3, random_state=seed).fit(embeddings).labels_
    order = rng.permutation(CLUSTERS)
    # The same order for all: what a stage has lost, those after it have lost too.
    for share in SHARES:
        rows = np.flatnonzero(np.isin(cluster, order[: round(share * CLUSTERS)]))
        chosen = rng.choice(rows, number, replace=len(rows) < number)
        yield "all" if share == 1 else f"{100 * share:.0f} %", windows[chosen]
    yield "one window", _jittered(windows[chosen[0]], rate_hz, number, rng)
    yield "noise", rng.normal(0, 0.1, (number, windows.shape[1]))


def _jittered(window: np.ndarray, rate_hz: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Repeat a window with a gain of +-3 dB, a circular shift of up to 50 ms and hiss 40 dB below it."""
    shifts = rng.integers(-round(_JITTER_S * rate_hz), round(_JITTER_S * rate_hz) + 1, number)
    gains = 10 ** (rng.uniform(-_JITTER_DB, _JITTER_DB, number) / 20)
    hiss = rng.normal(0, 10 ** (_HISS_DB / 20) * float(np.std(window)), (number, len(window)))
    return gains[:, None] * (np.stack([np.roll(window, shift) for shift in shifts]) + hiss)


def pca_mixture(spectrograms: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """Draw spectrograms from the simplest model there is: a Gaussian mixture of principal components.

    Log magnitudes, down to 80 dB below the loudest, 64 components, 8 modes with diagonal covariances: what
    any network has to beat (full mixtures beat the GANs in Richardson & Weiss 2018).

    It learns from linear magnitudes, shape (n, bins, frames), n at least 16, and draws as many as asked for.
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
    drawn = mixture.sample(number)[0]
    made = np.empty((number, *spectrograms.shape[1:]), np.float32)
    for first in range(0, number, _DRAWN):
        part = pca.inverse_transform(drawn[first : first + _DRAWN]).clip(np.log(1e-4), 0)
        made[first : first + _DRAWN] = loudest * np.exp(part).reshape(-1, *made.shape[1:])
    return made


def draw_stages(
    stages: Mapping[str, Mapping[str, Estimate]], models: Mapping[str, Mapping[str, Estimate]]
) -> bytes:
    """Draw each metric over the stages, and each model as a line across with its interval; a PNG."""
    figure = Figure(figsize=(12, 6.4), layout="constrained")
    axes = figure.subplots(2, 4).ravel()
    for axis, metric in zip(axes, SHOWN, strict=True):
        points = [(i, row[metric].value) for i, row in enumerate(stages.values()) if metric in row]
        axis.plot([i for i, _ in points], [value for _, value in points], "o-", color="0.35", markersize=4)
        for i, (name, figures) in enumerate(models.items()):
            if metric in figures:
                estimate, colour = figures[metric], f"C{i}"
                axis.axhline(estimate.value, color=colour, label=name)
                axis.axhspan(estimate.low, estimate.high, color=colour, alpha=0.18, linewidth=0)
        axis.set_title(METRICS[metric].name, fontsize=10)
        axis.set_xticks(range(len(stages)), list(stages), rotation=60, ha="right", fontsize=8)
    handles, names = axes[0].get_legend_handles_labels()
    if handles:
        legend = figure.legend(handles, names, loc="outside upper center", ncols=4, frameon=False)
        for text in legend.get_texts():
            text.set_parse_math(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()
