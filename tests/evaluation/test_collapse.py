import numpy as np
import pytest

from mixdream.evaluation.collapse import judge_collapse
from mixdream.evaluation.intervals import Estimate
from mixdream.evaluation.metrics import evaluate_embeddings
from mixdream.evaluation.samples import Samples

KINDS, NUMBER = 20, 300


def clips_of(kinds: int, seed: int, number: int = NUMBER) -> np.ndarray:
    """Points around so many of 20 places."""
    places = np.random.default_rng(7).normal(size=(KINDS, 12))
    rng = np.random.default_rng(seed)
    return places[rng.integers(kinds, size=number)] + 0.3 * rng.normal(size=(number, 12))


def row(**values: float) -> dict[str, Estimate]:
    whole = {"coverage": 0.95, "ndb": 0.05, "missing": 0.02, "js": 0.02, "density": 1.0} | values
    return {name: Estimate(value, value - 0.02, value + 0.02) for name, value in whole.items()}


@pytest.fixture(scope="module")
def reference() -> Samples:
    return Samples.independent(clips_of(KINDS, 0))


@pytest.mark.parametrize(
    ("clips", "collapse"),
    [
        (clips_of(KINDS, 2), "none"),
        (clips_of(10, 2), "partial"),
        (clips_of(5, 2), "partial"),
        (clips_of(1, 2), "full"),
        (clips_of(KINDS, 2)[:1].repeat(NUMBER, 0) + 1e-3 * clips_of(KINDS, 3), "full"),
        (20 * np.random.default_rng(0).normal(size=(NUMBER, 12)), "full"),
    ],
    ids=["all", "half", "a quarter", "one kind", "one clip", "noise"],
)
def test_constructed_stages(reference: Samples, clips: np.ndarray, collapse: str) -> None:
    train = evaluate_embeddings(reference, Samples.independent(clips_of(KINDS, 1)), resamples=40)
    found = evaluate_embeddings(reference, Samples.independent(clips), resamples=40)
    assert judge_collapse(found.figures, train.figures).collapse == collapse


@pytest.mark.parametrize(
    ("values", "collapse"),
    [
        ({}, "none"),
        ({"coverage": 0.8}, "none"),  # a lower coverage alone: NDB says that the shares are right
        ({"ndb": 0.4}, "none"),  # other shares alone, of which none is significantly gone
        ({"coverage": 0.8, "ndb": 0.4}, "partial"),
        ({"coverage": 0.6}, "partial"),
        ({"missing": 0.3}, "partial"),
        ({"missing": 0.95}, "full"),
        ({"coverage": 0.05}, "full"),
    ],
)
def test_the_rule(values: dict[str, float], collapse: str) -> None:
    assert judge_collapse(row(**values), row()).collapse == collapse


def test_the_sentence_says_the_evidence() -> None:
    verdict = judge_collapse(row(coverage=0.4, ndb=0.6, missing=0.5), row())
    assert verdict.sentence.startswith("Partial mode collapse: the clips reach 40 % of your music")
    assert verdict.coverage_kept == pytest.approx(0.4 / 0.95)
    assert verdict.missing_more == pytest.approx(0.48)
    assert verdict.ndb_differs
    assert "untrained" not in verdict.sentence
    assert "untrained, broken or muffled" in judge_collapse(row(coverage=0, density=0.1), row()).sentence


def test_too_few_clips_are_not_judged() -> None:
    few = row()
    del few["ndb"]
    verdict = judge_collapse(few, row())
    assert verdict.collapse == "unknown"
    assert verdict.sentence.endswith("too few clips or real windows for ndb.")
    nothing = judge_collapse(row(), row(coverage=0.0), "real windows through its inversion")
    assert nothing.collapse == "unknown"
    assert "as many real windows through its inversion reach nothing" in nothing.sentence
