from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixdream.corpus.silence import SilenceFinder

RUNS = st.lists(st.tuples(st.sampled_from([0.0, 0.25, -0.5]), st.integers(1, 30)), max_size=20)


@given(RUNS, st.integers(1, 17), st.integers(1, 12))
def test_finds_constant_runs_however_the_audio_is_cut_into_blocks(
    runs: list[tuple[float, int]], block: int, min_samples: int
) -> None:
    wave = np.array([value for value, length in runs for _ in range(length)], np.float32)
    finder = SilenceFinder(min_samples)
    for start in range(0, len(wave), block):
        finder.push(wave[start : start + block, None])
    found = [(span.start, span.stop, float(span.value[0])) for span in finder.finish()]
    edges = [0, *(np.flatnonzero(np.diff(wave)) + 1).tolist(), len(wave)]
    pairs = pairwise(edges)
    assert found == [(a, b, float(wave[a])) for a, b in pairs if b - a >= min_samples and b > a]


def test_stereo_is_silent_only_where_both_channels_are() -> None:
    wave = np.zeros((100, 2), np.float32)
    wave[::2, 1] = 0.1
    finder = SilenceFinder(10)
    finder.push(wave)
    assert finder.finish() == []


def test_a_quiet_tone_is_not_silence() -> None:
    finder = SilenceFinder(100)
    finder.push((2e-5 * np.sin(np.arange(10_000) / 7))[:, None])
    assert finder.finish() == []
