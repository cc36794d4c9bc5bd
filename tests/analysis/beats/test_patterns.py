"""Bars of drum patterns with ground truth; `benchmarks.beats` prints all genres."""

from tests.analysis.beats.beat_audio import track
from tests.analysis.beats.patterns import rendered, renderings
from tests.analysis.beats.verdict import verdict


def test_breaks_are_sure_and_right() -> None:
    cases = [case for case in renderings(4) if case[0].genre == "breaks"]
    assert len(cases) >= 3
    for case in cases:
        rendering = rendered(case)
        beats, _ = track(rendering.audio)
        assert verdict(rendering, beats) == "sure and right", rendering.bpm
