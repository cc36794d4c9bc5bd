from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.training.diagnosis import CheckUp, best_of, diagnose


def history(
    kd: np.ndarray | list[float],
    coverage: float | np.ndarray | list[float] = 0.5,
    copies: float | list[float] = 0.02,
    error: float = 10.0,
    every_s: float = 60.0,
) -> list[CheckUp]:
    """Check-ups a minute apart."""
    columns = np.broadcast_arrays(np.asarray(kd, float), coverage, copies)
    return [
        CheckUp(
            step=100 * (i + 1),
            epoch=float(i + 1),
            seconds=every_s * (i + 1),
            kd=float(distance),
            kd_error=error,
            coverage=float(covered),
            coverage_error=0.03,
            copies=float(copied),
            losses="converged",
        )
        for i, (distance, covered, copied) in enumerate(zip(*columns, strict=True))
    ]


def jitter(count: int, size: float = 10.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, count)


def test_an_improving_training_is_to_keep_going_and_the_rate_is_right() -> None:
    diagnosis = diagnose(history(1200 - 50 * np.arange(20)))
    assert diagnosis.verdict == "keep going"
    assert diagnosis.sentence == (
        "keep going: still improving by 50 KD per minute (KD 250 ± 20, coverage 0.50)"
    )


def test_a_plateau_is_to_stop_and_says_for_how_long() -> None:
    kd = np.concatenate([np.linspace(1200, 300, 10), np.full(15, 300.0)])
    diagnosis = diagnose(history(kd + jitter(25)))
    assert (diagnosis.verdict, diagnosis.done) == ("stop", True)
    assert diagnosis.sentence.startswith("stop: nothing gained for 13 minutes (KD ")
    shorter = diagnose(history((kd + jitter(25))[:15]))
    assert shorter.verdict == "keep going"
    assert shorter.sentence.startswith("keep going: nothing gained for 4 of 15 minutes, which is too short")


@pytest.mark.parametrize("seed", range(5))
def test_a_fall_of_coverage_is_to_roll_back_to_the_best(seed: int) -> None:
    """Single clips go on getting better while the model forgets half of the music."""
    kd = np.linspace(1000, 300, 16) + jitter(16, seed=seed)
    covered = np.concatenate([np.full(12, 0.6), np.full(4, 0.2)]) + jitter(16, 0.02, seed)
    diagnosis = diagnose(history(kd, covered))
    assert diagnosis.verdict == "roll back"
    assert diagnosis.step is not None and diagnosis.step <= 1200
    assert diagnosis.step == best_of(history(kd, covered)).step  # type: ignore[union-attr]
    assert f"roll back to step {diagnosis.step} (KD " in diagnosis.sentence
    assert "coverage fell from 0.6" in diagnosis.sentence and "a collapse has begun" in diagnosis.sentence


def test_a_single_bad_draw_is_no_collapse() -> None:
    covered = np.full(16, 0.6)
    covered[-3:] = 0.1
    assert diagnose(history(np.linspace(1000, 300, 16), covered)).verdict == "keep going"


def test_a_full_collapse_shows_in_the_distance_too() -> None:
    """Where coverage was never high enough to fall."""
    kd = np.concatenate([np.linspace(1300, 600, 10), [1000, 1050, 1100, 1100]])
    diagnosis = diagnose(history(kd, 0.02))
    assert (diagnosis.verdict, diagnosis.step) == ("roll back", 1000)
    assert diagnose(history(kd, 0.0)).verdict == "keep going", "noise has nothing to lose"
    assert "KD rose from 678 to 1100, it gets less like the music" in diagnosis.sentence


def test_memorising_is_to_roll_back_to_before_it() -> None:
    copies = [0.02] * 10 + [0.4] * 6
    diagnosis = diagnose(history(np.linspace(1000, 100, 16), copies=copies))
    assert (diagnosis.verdict, diagnosis.step) == ("roll back", 1000)
    assert diagnosis.sentence.endswith("40% of the clips are copies of training windows, it memorises")
    always = diagnose(history(np.linspace(1000, 100, 16), copies=0.4))
    assert (always.verdict, always.step) == ("stop", None)


def test_noise_is_called_noise_and_not_a_plateau() -> None:
    """Plain SGD needs days: nothing in its first hours is a reason to stop."""
    still = history(1580 + jitter(40, 5), 0.0)
    diagnosis = diagnose(still)
    assert diagnosis.verdict == "keep going"
    assert diagnosis.sentence.startswith("keep going: still noise, no clip comes near the music (KD 15")
    won = [replace(check_up, losses="diminished gradient") for check_up in still]
    assert diagnose(won).verdict == "stop"


def test_few_check_ups_decide_nothing() -> None:
    assert diagnose([]).sentence == "keep going: no check-up yet"
    for count in range(1, 8):
        diagnosis = diagnose(history(np.full(count, 300.0)))
        assert diagnosis.verdict == "keep going"
        assert f"too early to tell after {count} check-up(s)" in diagnosis.sentence


@given(
    start=st.floats(400, 1500),
    per_minute=st.floats(3, 60),
    count=st.integers(8, 60),
    bend=st.floats(0.3, 1),
    seed=st.integers(0, 100),
)
def test_never_stop_while_improving_beyond_noise(
    start: float, per_minute: float, count: int, bend: float, seed: int
) -> None:
    """Whatever its shape: straight, or ever slower, as most trainings are."""
    minutes = np.arange(count)
    kd = start - per_minute * minutes**bend
    gained = kd[count // 2] - kd[-1]
    size = gained / 12
    assert diagnose(history(kd + jitter(count, size, seed), error=size)).verdict != "stop"


@given(st.lists(st.tuples(st.floats(-5, 2000), st.floats(0, 1), st.floats(0, 1)), max_size=30))
def test_the_best_is_one_of_those_that_are_varied_and_do_not_memorise(
    figures: list[tuple[float, float, float]],
) -> None:
    check_ups = history(
        [kd for kd, _, _ in figures], [c for _, c, _ in figures] or 0.5, [n for *_, n in figures] or 0.05
    )
    best = best_of(check_ups)
    for i, check_up in enumerate(check_ups):
        # What was the best at its time was saved then: a longer history never names an older one anew.
        assert best_of(check_ups[: i + 1]) in (check_up, best_of(check_ups[:i]))
    if best is not None:
        assert not best.memorises
        earlier = [check_up.coverage for check_up in check_ups if check_up.step <= best.step]
        assert best.coverage >= 0.8 * max(earlier) - 0.06 - 1e-9
    diagnose(check_ups)  # never fails


def test_noise_has_no_best() -> None:
    """Its distance says nothing: the first minutes of a thesis recipe had KD 1075 to 1216."""
    check_ups = history([1075, 1119, 1205, 1216], 0.0)
    assert best_of(check_ups) is None
    assert best_of([*check_ups, *history([1210], 0.02)]).kd == 1210  # type: ignore[union-attr]


def test_luck_of_a_hair_makes_no_new_best() -> None:
    check_ups = history([500, 495, 480, 478, 300], error=10.0)
    assert [best_of(check_ups[: i + 1]).step for i in range(5)] == [100, 100, 300, 300, 500]  # type: ignore[union-attr]


def test_a_model_that_lost_the_variety_is_never_the_best() -> None:
    check_ups = history([500, 400, 300, 200], [0.5, 0.6, 0.3, 0.2])
    assert best_of(check_ups).step == 200  # type: ignore[union-attr]


def test_what_is_lower_by_a_hair_is_best_where_it_covers_more() -> None:
    assert best_of(history([300, 295], [0.5, 0.5])).step == 100  # type: ignore[union-attr]
    assert best_of(history([300, 295], [0.5, 0.6])).step == 200  # type: ignore[union-attr]
    assert best_of(history([300, 301], [0.5, 0.6])).step == 100  # type: ignore[union-attr]
