"""Placing: each metric over the stages of a collapse on the user's own music, and where a model lies."""

import io
from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.figure import Figure

from mixdream.errors import InputError
from mixdream.evaluation.embedder import Embedder
from mixdream.evaluation.embedding import analysis_grid, embed_audio, embed_magnitudes
from mixdream.evaluation.evaluate import Evaluation, Samples, evaluate_embeddings
from mixdream.evaluation.intervals import Estimate
from mixdream.evaluation.stages import collapse_stages, pca_mixture
from mixdream.progress import Report, silent
from mixdream.spectrogram.transform import magnitudes

SHOWN = {
    "coverage": "coverage",
    "missing": "missing share",
    "ndb": "NDB / K",
    "js": "JS divergence (bits)",
    "vendi_ratio": "Vendi ratio",
    "kernel_distance": "kernel distance x 1000",
    "precision": "precision",
    "alike_share": "share of pairs alike",
}
"""Metrics in the figure, with the words on their axes."""

_RESAMPLES = 50  # the stages are there for their order
MIXTURE = "PCA + mixture"


def measure_stages(
    real: np.ndarray,
    other: np.ndarray,
    rate_hz: int,
    embedder: Embedder,
    reference: Samples,
    number: int,
    seed: int,
    report: Report = silent,
) -> dict[str, Evaluation]:
    """Evaluate fake generators whose rank is known, see `mixdream.evaluation.stages`.

    Parameters
    ----------
    real : np.ndarray, shape (n, samples)
        Audio of the reference, which the mixture learns from.
    other : np.ndarray, shape (m, samples)
        Other windows of the same music, which the stages are cut from.
    rate_hz : int
    embedder : Embedder
    reference : Samples
        Embeddings of ``real``.
    number : int
        Clips at each stage: as many as the model has.
    seed : int
    report : callable

    Returns
    -------
    dict of str to Evaluation
        Stages in order; empty where there is too little music to make them.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, Evaluation] = {}

    def evaluate(name: str, features: np.ndarray) -> None:
        samples = Samples.independent(embedder.transform(features))
        found[name] = evaluate_embeddings(reference, samples, seed, _RESAMPLES)
        report(len(found) / 8, f"collapse stage '{name}'")

    try:
        places = embedder.transform(embed_audio(other, rate_hz, rate_hz))
        for name, clips in collapse_stages(other, places, rate_hz, number, rng):
            evaluate(name, embed_audio(clips, rate_hz, rate_hz))
            if name == "one window":
                grid = analysis_grid(rate_hz, real.shape[1])
                spectrograms = magnitudes(torch.from_numpy(real), grid).numpy()
                evaluate(MIXTURE, embed_magnitudes(pca_mixture(spectrograms, number, rng), grid))
    except InputError:
        return {}
    return found


def draw_stages(
    stages: Mapping[str, Mapping[str, Estimate]], rows: Mapping[str, Mapping[str, Estimate]]
) -> bytes:
    """Draw each metric over the stages, and each model as a line across with its interval; a PNG.

    Parameters
    ----------
    stages, rows : mapping of name to figures
    """
    figure = Figure(figsize=(12, 6.4), layout="constrained")
    axes = figure.subplots(2, 4).ravel()
    x = np.arange(len(stages))
    for axis, (metric, label) in zip(axes, SHOWN.items(), strict=True):
        some = [(i, figures[metric]) for i, figures in enumerate(stages.values()) if metric in figures]
        axis.plot([i for i, _ in some], [one.value for _, one in some], "o-", color="0.35", markersize=4)
        for i, (name, figures) in enumerate(rows.items()):
            if metric in figures:
                one, colour = figures[metric], f"C{i}"
                axis.axhline(one.value, color=colour, label=name)
                axis.axhspan(one.low, one.high, color=colour, alpha=0.18, linewidth=0)
        axis.set_title(label, fontsize=10)
        axis.set_xticks(x, list(stages), rotation=60, ha="right", fontsize=8)
    handles, names = axes[0].get_legend_handles_labels()
    if handles:
        legend = figure.legend(handles, names, loc="outside upper center", ncols=4, frameon=False)
        for text in legend.get_texts():
            text.set_parse_math(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()
