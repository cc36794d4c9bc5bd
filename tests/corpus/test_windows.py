from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.corpus.windows import (
    complement,
    count_windows,
    exact,
    index_windows,
    spread_windows,
    window_starts,
)
from mixdream.errors import InputError
from tests.corpus.small import make_corpus


def test_the_counts_of_the_thesis() -> None:
    durations, slides = ("6825.70", "4263.85", "3363.90"), ("136.55", "172.51", "134.21")
    counts = [
        len(window_starts(int(exact(d) * 8000), int(exact(4.05) * 8000), exact(s) * 8))
        for d, s in zip(durations, slides, strict=True)
    ]
    assert counts == [49_958, 24_694, 25_035]
    assert sum(counts) == 99_687


def test_windows_of_the_thesis_start_where_it_says() -> None:
    starts = window_starts(54_605_600, 32_400, exact(136.55) * 8)
    assert starts[:4].tolist() == [0, 1092, 2185, 3277]
    assert starts[-1] == round(49_957 * Fraction("1092.4"))


@given(
    samples=st.integers(0, 10**9),
    window=st.integers(1, 10**6),
    slide=st.fractions(min_value=1000, max_value=10**7),
)
def test_windows_fit_and_no_more_would(samples: int, window: int, slide: Fraction) -> None:
    slide = slide.limit_denominator(10**6)
    starts = window_starts(samples, window, slide)
    assert len(starts) == count_windows(samples, window, slide)
    if len(starts):
        assert starts[0] == 0 and starts[-1] + window <= samples < len(starts) * slide + window + 1
        i = len(starts) // 2
        assert starts[i] == round(i * slide)
    else:
        assert samples < window


@given(st.lists(st.integers(0, 100), max_size=10, unique=True), st.integers(100, 120))
def test_complement_and_spans_cover_everything_once(edges: list[int], samples: int) -> None:
    edges = sorted(edges[: len(edges) // 2 * 2])
    spans = list(zip(edges[::2], edges[1::2], strict=True))
    both = sorted(spans + complement(spans, samples))
    assert both[0][0] == 0 and both[-1][1] == samples
    assert all(a[1] == b[0] for a, b in pairwise(both))


def test_no_window_crosses_a_cut(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 100_000}, segments={"a": [(0, 30_000), (30_000, 100_000)]})
    index = index_windows(corpus, 1.0, slide_ms=10)
    for start in index.start.tolist():
        assert start + 8000 <= 30_000 or start >= 30_000
    assert {0, 30_000} <= set(index.start.tolist())


@pytest.mark.parametrize("total", [2, 3, 10, 57, 1000])
def test_a_total_gives_the_most_windows_not_over_it(tmp_path: Path, total: int) -> None:
    corpus = make_corpus(tmp_path, {"a": 80_000, "b": 123_457})
    index = index_windows(corpus, 1.0, total=total)
    assert len(index) <= total
    slide = exact(index.slide_s["a"]) * 8000 - Fraction(1, 1000)
    more = sum(count_windows(samples, 8000, slide) for samples in (80_000, 123_457))
    assert len(index) == total or more > total
    assert index.slide_s["a"] == index.slide_s["b"]


def test_a_large_total_slides_by_single_samples(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 9000})
    assert index_windows(corpus, 1.0, total=10**6).start.tolist() == list(range(1001))


def test_read_gives_the_audio_as_float(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 40_000, "b": 40_000})
    index = index_windows(corpus, 1.0, slide_ms={"a": 500, "b": 250})
    rows = np.array([len(index) - 1, 0, 5])
    out = index.read(rows)
    assert out.shape == (3, 8000) and out.dtype == np.float32
    for row, wave in zip(rows, out, strict=True):
        name = corpus.sets[index.set_index[row]].name
        expected = corpus.audio(name)[index.start[row] : index.start[row] + 8000, 0] / 32768
        assert np.array_equal(wave, expected.astype(np.float32))
    assert index.where(1) == ("a", 0.5)


def test_stereo_is_read_as_mono(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 20_000}, channels=2)
    wave = index_windows(corpus, 1.0, slide_ms=1000).read([0])[0]
    assert np.allclose(wave, corpus.audio("a")[:8000].astype(float).mean(axis=1) / 32768, atol=1e-7)
    both = index_windows(corpus, 1.0, slide_ms=1000).read([0], mono=False)
    assert both.shape == (1, 8000, 2)
    assert np.array_equal(both[0], corpus.audio("a")[:8000] / np.float32(32768))


def test_spread_windows_are_as_many_as_asked_for(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 80_000, "b": 123_457, "c": 50_000})
    index = spread_windows(corpus, 1.0, 64)
    assert len(index) == 64 and set(index.set_index.tolist()) == {0, 1, 2}
    assert len(spread_windows(corpus, 1.0, 2)) == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"slide_ms": 10, "total": 5}, "exactly one"),
        ({}, "exactly one"),
        ({"slide_ms": {"a": 10}}, "no slide for: b"),
        ({"slide_ms": {"a": 10, "b": 10, "x": 1}}, "no set 'x'; it has: a, b"),
        ({"slide_ms": 0.01}, "at least one sample"),
        ({"slide_ms": -5}, "at least one sample"),
        ({"slide_ms": float("nan")}, "at least one sample"),
        ({"total": 1}, "ask for 2 windows or more"),
        ({"slide_ms": 10, "spans": {"x": [(0, 9)]}}, "no set 'x'"),
        ({"slide_ms": 10, "spans": {"a": [(0, 9)]}}, "shorter window"),
    ],
)
def test_wrong_questions_are_refused(tmp_path: Path, arguments: dict, reason: str) -> None:
    corpus = make_corpus(tmp_path, {"a": 40_000, "b": 40_000})
    with pytest.raises(InputError, match=reason):
        index_windows(corpus, 1.0, **arguments)


def test_a_window_longer_than_everything_is_refused(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 40_000})
    with pytest.raises(InputError, match="shorter window or more audio"):
        index_windows(corpus, 5.1, slide_ms=10)
