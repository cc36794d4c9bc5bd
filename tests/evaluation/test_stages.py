"""The whole chain on fakes whose order is known: audio, embedding, every metric."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from mixdream.errors import InputError
from mixdream.evaluation.embedder import Embedder
from mixdream.evaluation.embedding import analysis_grid, embed_audio, embed_magnitudes
from mixdream.evaluation.evaluate import (
    LIMITS,
    Evaluation,
    Samples,
    disjoint_halves,
    evaluate_embeddings,
    evaluate_rows,
)
from mixdream.evaluation.stages import collapse_stages, pca_mixture
from mixdream.spectrogram.transform import magnitudes

RATE_HZ, SECONDS, KINDS = 8000, 1.2, 20
NUMBER = 160


def kinds_of_music(number: int, seed: int) -> np.ndarray:
    """Clips of 20 kinds, each with its own chord, pulse and hiss, and its own chance in all of them."""
    facts, rng = np.random.default_rng(7), np.random.default_rng(seed)
    tones_hz = facts.uniform(100, 3000, (KINDS, 3))
    per_second, hiss_db = facts.uniform(1, 8, KINDS), facts.uniform(-60, -35, KINDS)
    t = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    clips = []
    for i in range(number):
        kind = i % KINDS
        level = rng.uniform(0.3, 1, 3)
        bent = tones_hz[kind] * rng.normal(1, 0.01, 3)
        chord = (level[:, None] * np.sin(2 * np.pi * bent[:, None] * t + rng.uniform(0, 6, (3, 1)))).sum(0)
        beat = ((t + rng.uniform()) * per_second[kind]) % 1
        hiss = 10 ** ((hiss_db[kind] + rng.normal(0, 1)) / 20) * rng.standard_normal(len(t))
        clips.append(0.2 * chord * np.exp(-3 * beat) + hiss)
    return np.stack(clips)


@pytest.fixture(scope="module")
def rows() -> dict[str, Evaluation]:
    real = embed_audio(kinds_of_music(NUMBER, 0), RATE_HZ, RATE_HZ)
    embedder = Embedder.fit(real)
    reference = Samples(embedder.transform(real), np.arange(NUMBER) // 8)
    pool = kinds_of_music(2 * NUMBER, 1)
    embeddings = embedder.transform(embed_audio(pool, RATE_HZ, RATE_HZ))
    found = {}
    for name, clips in collapse_stages(pool, embeddings, RATE_HZ, NUMBER, np.random.default_rng(0)):
        assert clips.shape == (NUMBER, pool.shape[1])
        fakes = Samples.independent(embedder.transform(embed_audio(clips, RATE_HZ, RATE_HZ)))
        found[name] = evaluate_embeddings(reference, fakes, resamples=40)
    return found


def values(rows: dict[str, Evaluation], name: str) -> list[float]:
    return [evaluation.figures[name].value for evaluation in rows.values()]


def test_stages_come_in_order(rows: dict[str, Evaluation]) -> None:
    assert list(rows) == ["all", "50 %", "25 %", "10 %", "5 %", "one window", "noise"]


@pytest.mark.parametrize("name", ["coverage", "recall", "vendi_ratio"])
def test_what_falls_in_a_collapse(rows: dict[str, Evaluation], name: str) -> None:
    found = values(rows, name)
    assert (np.diff(found[:-1]) <= 0).all()
    assert (np.diff(found[:4]) < -0.02).all()
    assert found[-1] < 0.3  # noise


@pytest.mark.parametrize("name", ["missing", "js", "alike_share", "kernel_distance", "frechet_distance"])
def test_what_rises_in_a_collapse(rows: dict[str, Evaluation], name: str) -> None:
    found = np.diff(values(rows, name)[:-1])
    assert (found[:4] > 0).all()
    assert found[4] >= 0  # from one cluster to one window


def test_ndb_rises_until_every_cluster_differs(rows: dict[str, Evaluation]) -> None:
    found = values(rows, "ndb")
    assert found[0] < 0.15 < 0.5 * found[1]
    assert min(found[2:]) > 0.9 * found[1]


def test_precision_and_density_do_not_see_a_collapse(rows: dict[str, Evaluation]) -> None:
    assert min(values(rows, "precision")[:-1]) > 0.8
    assert min(values(rows, "density")[:-1]) > 0.7
    assert values(rows, "precision")[-1] == 0


def test_intervals_hold_their_values_and_stay_in_range(rows: dict[str, Evaluation]) -> None:
    for evaluation in rows.values():
        assert evaluation.left_out == {}
        assert (evaluation.n_reference, evaluation.n_generated) == (NUMBER, NUMBER)
        assert (evaluation.blocks_reference, evaluation.blocks_generated) == (20, NUMBER)
        for name, (low, high) in LIMITS.items():
            figure = evaluation.figures[name]
            assert low <= figure.low <= figure.value <= figure.high <= high
    assert rows["5 %"].figures["coverage"].high < rows["50 %"].figures["coverage"].low


def test_figures_are_json(rows: dict[str, Evaluation]) -> None:
    figures = {name: dataclasses.asdict(figure) for name, figure in rows["all"].figures.items()}
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_mixture_is_better_than_noise_and_worse_than_real() -> None:
    real = kinds_of_music(120, 3)
    grid = analysis_grid(RATE_HZ, real.shape[1])
    spectrograms = magnitudes(torch.from_numpy(real.astype(np.float32)), grid).numpy()
    drawn = pca_mixture(spectrograms, 120, np.random.default_rng(0))
    assert drawn.shape == spectrograms.shape
    features = embed_magnitudes(spectrograms, grid)
    embedder = Embedder.fit(features)
    noise = np.random.default_rng(0).normal(size=real.shape)
    kinds = {
        "real": embed_audio(kinds_of_music(120, 4), RATE_HZ, RATE_HZ),
        "mixture": embed_magnitudes(drawn, grid),
        "noise": embed_audio(noise, RATE_HZ, RATE_HZ),
    }
    reference = Samples.independent(embedder.transform(features))
    made = {name: Samples.independent(embedder.transform(found)) for name, found in kinds.items()}
    found = evaluate_rows(reference, made, resamples=5)
    distances = values(found, "kernel_distance")
    assert distances == sorted(distances)


def test_rows_have_equally_many_clips() -> None:
    rng = np.random.default_rng(0)
    reference, half = disjoint_halves(Samples(rng.normal(size=(200, 4)), np.arange(200) // 10))
    found = evaluate_rows(
        reference, {"model": Samples.independent(rng.normal(size=(60, 4))), "train": half}, resamples=10
    )
    assert [evaluation.n_generated for evaluation in found.values()] == [60, 60]
    assert found["train"].blocks_generated <= 20
    assert found["train"].clusters is not None


def test_metrics_without_enough_clips_are_left_out_and_say_why() -> None:
    rng = np.random.default_rng(0)
    reference = Samples.independent(rng.normal(size=(100, 30)))
    found = evaluate_embeddings(reference, Samples.independent(rng.normal(size=(10, 30))), resamples=10)
    assert set(found.left_out) == {"frechet_distance", "ndb", "missing", "js", "alike_share"}
    assert "needs at least 60 clips, generated has 10" in found.left_out["frechet_distance"]
    assert found.clusters is None
    assert found.figures["coverage"].value > 0


def test_errors_say_what_to_do() -> None:
    good = Samples.independent(np.random.default_rng(0).normal(size=(50, 3)))
    with pytest.raises(InputError, match="each clip has one"):
        evaluate_embeddings(good, Samples(good.embeddings, np.arange(49)))
    with pytest.raises(InputError, match="not finite"):
        evaluate_embeddings(good, Samples.independent(np.full((50, 3), np.nan)))
    with pytest.raises(InputError, match="at least 30"):
        next(collapse_stages(np.zeros((25, 100)), np.zeros((25, 2)), 8000, 30, np.random.default_rng(0)))
    with pytest.raises(InputError, match="n at least 16"):
        pca_mixture(np.ones((4, 8, 8)), 4, np.random.default_rng(0))
