"""Bars of drum patterns with ground truth; `benchmarks.beats` prints all of them by genre."""

from tests.analysis.beats.beat_audio import track
from tests.analysis.beats.patterns import rendered, renderings
from tests.analysis.beats.verdict import verdict


def test_bars_of_patterns_are_right_or_not_sure() -> None:
    found: dict[bool, list[str]] = {True: [], False: []}
    for case in renderings(8):
        rendering = rendered(case)
        found[rendering.quarters == 4].append(verdict(rendering, track(rendering.audio)[0]))
    in_four, others = found[True], found[False]
    assert len(in_four) >= 20 and in_four.count("sure and right") >= 0.9 * len(in_four)
    assert set(in_four) <= {"sure and right", "not sure"}
    assert len(others) >= 4 and set(others) == {"not sure"}
