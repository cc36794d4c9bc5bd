"""Tones of attention items."""

import numpy as np
import pytest

from mixdream.survey.rendering.tones import COUNTS, SECONDS, tones


def count_tones(audio: np.ndarray, rate_hz: int) -> int:
    """Times that the level, in 20 ms, rises over a tenth of its maximum."""
    block = rate_hz // 50
    level = np.sqrt(np.square(audio[: len(audio) // block * block].reshape(-1, block)).mean(axis=1))
    return int(np.count_nonzero(np.diff((level > level.max() / 10).astype(int), prepend=0) == 1))


@pytest.mark.parametrize("number", COUNTS)
@pytest.mark.parametrize("seed", range(5))
def test_tones_can_be_counted(number: int, seed: int) -> None:
    audio = tones(number, 16_000, np.random.default_rng(seed))
    assert len(audio) == SECONDS * 16_000
    assert count_tones(audio, 16_000) == number
    assert abs(audio).max() <= 0.5 and audio[0] == audio[-1] == 0
