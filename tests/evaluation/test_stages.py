"""The whole chain on fakes whose order is known: audio, embedding, every metric."""

import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.evaluation.embedder import Space
from mixdream.evaluation.embedding import (
    analysis_magnitudes,
    embed_audio,
    embed_magnitudes,
    without_blur,
)
from mixdream.evaluation.metrics import METRICS, Evaluation, compare_pair, evaluate_embeddings
from mixdream.evaluation.samples import Samples
from mixdream.evaluation.stages import collapse_stages, pca_mixture

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
    space = Space.fit(
        lambda clips: without_blur(embed_audio(clips, RATE_HZ)),
        kinds_of_music(NUMBER, 0),
        np.arange(NUMBER) // 8,
    )
    pool = kinds_of_music(2 * NUMBER, 1)
    embeddings = space.place(pool).embeddings
    found = {}
    for name, clips in collapse_stages(pool, embeddings, RATE_HZ, NUMBER, np.random.default_rng(0)):
        assert clips.shape == (NUMBER, pool.shape[1])
        found[name] = evaluate_embeddings(space.reference, space.place(clips), resamples=40)
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
        assert (evaluation.n, evaluation.blocks) == (NUMBER, NUMBER)
        for name, metric in METRICS.items():
            figure, (low, high) = evaluation.figures[name], metric.limits
            assert low <= figure.low <= figure.value <= figure.high <= high
    assert rows["5 %"].figures["coverage"].high < rows["50 %"].figures["coverage"].low


def test_mixture_is_better_than_noise_and_worse_than_real() -> None:
    real = kinds_of_music(80, 3)
    spectrograms, grid = analysis_magnitudes(real, RATE_HZ)
    space = Space.fit(lambda images: embed_magnitudes(images, grid), spectrograms.numpy(), np.arange(80))
    others = {
        "real": analysis_magnitudes(kinds_of_music(80, 4), RATE_HZ)[0].numpy(),
        "mixture": pca_mixture(spectrograms.numpy(), 80, np.random.default_rng(0)),
        "noise": analysis_magnitudes(np.random.default_rng(0).normal(size=real.shape), RATE_HZ)[0].numpy(),
    }
    evaluations = {
        name: evaluate_embeddings(space.reference, space.place(images), resamples=5)
        for name, images in others.items()
    }
    distances = values(evaluations, "kernel_distance")
    assert distances == sorted(distances)


def test_metrics_without_enough_clips_are_left_out_and_say_why() -> None:
    rng = np.random.default_rng(0)
    reference = Samples.independent(rng.normal(size=(100, 30)))
    found = evaluate_embeddings(reference, Samples.independent(rng.normal(size=(10, 30))), resamples=10)
    assert set(found.left_out) == {"frechet_distance", "ndb", "missing", "js", "alike_share"}
    assert "needs at least 60 clips, generated has 10" in found.left_out["frechet_distance"]
    assert found.figures["coverage"].value > 0


def test_paired_intervals_are_narrower_where_the_music_varies() -> None:
    """Two models that differ by a little, on a reference whose minutes differ a lot."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(12, 6))
    reference = Samples(np.repeat(centres, 10, 0) + 0.5 * rng.normal(size=(120, 6)), np.arange(120) // 10)
    near = Samples.independent(centres[rng.integers(12, size=100)] + 0.5 * rng.normal(size=(100, 6)))
    far = Samples.independent(near.embeddings + 1.0)
    assert compare_pair(reference, near, far)["kernel_distance"].excludes_zero
    same = compare_pair(reference, near, near)["coverage"]
    assert same.value == 0 and not same.excludes_zero
    with pytest.raises(InputError, match="100 and 50 clips"):
        compare_pair(reference, near, Samples.independent(far.embeddings[:50]))


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
