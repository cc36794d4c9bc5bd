import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.evaluation.coverage import NEIGHBOURS, coverage_statistics, squared_radii


def coverage(reference: np.ndarray, generated: np.ndarray) -> dict[str, float]:
    once = np.ones(len(reference)), np.ones(len(generated))
    return {name: statistic(*once) for name, statistic in coverage_statistics(reference, generated).items()}


def expected_coverage(n: int, m: int) -> float:
    steps = np.arange(1, NEIGHBOURS + 1)
    return float(1 - np.prod((n - steps) / (n + m - steps)))


@pytest.mark.parametrize(("n", "m"), [(400, 400), (400, 100)])
def test_same_distribution_has_the_closed_form(n: int, m: int) -> None:
    rng = np.random.default_rng(0)
    found = [coverage(rng.normal(size=(n, 8)), rng.normal(size=(m, 8))) for _ in range(10)]
    assert np.mean([f["coverage"] for f in found]) == pytest.approx(expected_coverage(n, m), abs=0.02)
    assert np.mean([f["density"] for f in found]) == pytest.approx(1, abs=0.05)


def test_a_dropped_cluster_shows_in_coverage_and_recall_only() -> None:
    rng = np.random.default_rng(0)
    centres = 20 * rng.normal(size=(4, 8))
    reference = centres[np.arange(400) % 4] + rng.normal(size=(400, 8))
    generated = centres[np.arange(400) % 3] + rng.normal(size=(400, 8))
    found = coverage(reference, generated)
    assert found["coverage"] == pytest.approx(0.75, abs=0.03)
    assert 0.65 < found["recall"] < 0.78  # among equals, recall is about 0.95
    assert found["precision"] > 0.9
    assert found["density"] > 0.9


def test_collapse_onto_one_clip() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(300, 8))
    found = coverage(reference, reference[:1] + 1e-3 * rng.normal(size=(300, 8)))
    assert found["precision"] == 1
    assert found["recall"] < 0.01
    assert found["coverage"] < 0.1


def test_far_away_is_nothing() -> None:
    a = np.random.default_rng(0).normal(size=(200, 4))
    assert set(coverage(a, a + 100).values()) == {0}


def test_radii_on_a_line() -> None:
    samples = np.arange(20.0)[:, None]
    assert squared_radii(samples)[[0, 10]].tolist() == [25, 9]


def test_weights_are_numbers_of_clips() -> None:
    rng = np.random.default_rng(0)
    reference, generated = rng.normal(size=(2, 60, 4))
    found = coverage_statistics(reference, generated)
    kept = np.repeat([1.0, 0.0], 30)
    inside = ((reference[:, None] - generated) ** 2).sum(2) <= squared_radii(reference)[:, None]
    assert found["coverage"](np.ones(60), kept) == inside[:, :30].any(1).mean()
    assert found["precision"](kept, np.ones(60)) == inside[:30].any(0).mean()
    assert found["density"](np.ones(60), kept) == pytest.approx(inside[:, :30].sum() / (NEIGHBOURS * 30))


def test_errors_say_what_to_do() -> None:
    with pytest.raises(InputError, match="coverage needs at least 7 clips, reference has 6"):
        coverage(np.zeros((6, 2)), np.zeros((9, 2)))
