import numpy as np
import pytest

from mixdream.audio.resample import resample_loop


@pytest.mark.parametrize(
    ("samples", "target"), [(32_768, 168_000), (32_768, 167_999), (1000, 640), (999, 1001)]
)
def test_a_periodic_tone_stays_that_tone(samples: int, target: int) -> None:
    cycles = 37
    out = resample_loop(0.5 * np.sin(2 * np.pi * cycles * np.arange(samples) / samples + 1), target)
    assert len(out) == target
    assert out == pytest.approx(0.5 * np.sin(2 * np.pi * cycles * np.arange(target) / target + 1), abs=1e-9)


def test_a_resampled_loop_can_be_turned_before_or_after() -> None:
    """The seam is a place like any other: nothing happens there."""
    noise = np.random.default_rng(0).standard_normal(1000)
    assert np.roll(resample_loop(noise, 3000), 300) == pytest.approx(resample_loop(np.roll(noise, 100), 3000))
