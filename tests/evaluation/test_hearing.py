"""What must be heard, on music that the test makes: the essence of ``python -m benchmarks.hearing``."""

from collections.abc import Mapping

import numpy as np
import pytest
from benchmarks.hearing import MUST, MUST_NOT, distortions, figures_of, moved

from mixdream.evaluation.intervals import Estimate
from mixdream.evaluation.measure import Yardstick, make_yardstick, measure
from mixdream.evaluation.reference import RealWindows, Reference

RATE_HZ, SECONDS, NUMBER, MINUTES = 24_000, 1.0, 40, 10
# What few and simple clips show; hundreds of windows of real music show the rest, see the benchmark.
HEARD = {
    "averaged over 3 frames": {"KD texture", "told apart"},
    "noise above 8 kHz": {"KD texture", "told apart"},
    "mono": {"KD texture"},
    "widened": {"KD texture"},
}


def music(number: int, seed: int) -> np.ndarray:
    """Clips, shape (number, samples, 2): kicks, hi-hats, a bright chord and wide hiss, all at chance."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    clips = np.empty((number, len(time_s), 2), np.float32)
    for clip in clips:
        beat = (time_s + rng.uniform()) % rng.uniform(0.3, 0.5)
        eighth = (time_s + rng.uniform()) % rng.uniform(0.12, 0.2)
        kick = np.sin(2 * np.pi * rng.uniform(45, 60) * beat) * np.exp(-beat / 0.08)
        hat = np.diff(rng.standard_normal(len(time_s) + 1)) * np.exp(-eighth / rng.uniform(0.01, 0.03))
        hz = 2 ** rng.uniform(8, 13.3, (16, 1))
        chord = (np.sin(2 * np.pi * hz * time_s + rng.uniform(0, 6, (16, 1))) * 200 / hz**0.7).sum(axis=0)
        wide = rng.uniform(0.003, 0.01) * rng.standard_normal(len(time_s))
        mid = kick + rng.uniform(0.05, 0.15) * hat + 0.02 * chord + 0.001 * rng.standard_normal(len(time_s))
        clip[:] = np.stack([mid + wide, mid - wide], axis=1)
    return clips


def windows_of(audio: np.ndarray) -> RealWindows:
    minutes = np.arange(len(audio)) % MINUTES
    places = tuple(("set", 60.0 * minute) for minute in minutes)
    return RealWindows(audio, places, minutes, None, np.arange(len(audio)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def matrix() -> Mapping[str, Mapping[str, Estimate | None]]:
    train, other = windows_of(music(NUMBER, 0)), windows_of(music(NUMBER, 1))
    samples, rows = train.audio.shape[1], np.arange(NUMBER)
    reference = Reference(RATE_HZ, samples, None, train, other, None, None, None, ())
    yardstick: Yardstick = make_yardstick(reference, samples, NUMBER, 0)
    floor = measure(yardstick, other.audio, yardstick.place(other.audio, other, rows))
    found = {"other real windows": figures_of(floor)}
    for name, spoil in distortions(RATE_HZ).items():
        if name in HEARD:
            clips = spoil(other.audio).astype(np.float32)
            found[name] = figures_of(measure(yardstick, clips, yardstick.place(clips, other, rows), floor))
    return found


@pytest.mark.parametrize("name", HEARD)
def test_what_is_spoilt_moves_the_figures_that_must_move(
    name: str, matrix: Mapping[str, Mapping[str, Estimate | None]]
) -> None:
    assert HEARD[name] <= MUST[name]
    floor = matrix["other real windows"]
    moving = {figure for figure, estimate in matrix[name].items() if moved(estimate, floor[figure])}
    assert HEARD[name] <= moving
    assert not moving & MUST_NOT.get(name, set())
