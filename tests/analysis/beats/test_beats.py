"""Beats of the demo sets, whose truth is known: over tempos, swing, breakdowns and transitions."""

import mir_eval
import numpy as np
import pytest

from mixdream.demo.sets import SETS
from tests.analysis.beats.beat_audio import demo_set, track, tracked_set

OWN_TEMPO: list[tuple[str, int | None, int]] = [(name, None, 0) for name in SETS]
OTHERS: list[tuple[str, int | None, int]] = [
    ("techno", 85, 1),
    ("jungle", 85, 2),
    ("house", 100, 3),
    ("ambient", 100, 1),
    ("house", 150, 1),
    ("trance", 175, 1),
]


@pytest.mark.parametrize(("name", "bpm", "seed"), OWN_TEMPO + OTHERS)
def test_a_demo_set_is_tracked_from_end_to_end(name: str, bpm: float | None, seed: int) -> None:
    audio, truth = demo_set(name, bpm, seed)
    beats, tempo = tracked_set(name) if bpm is None else track(audio)
    time_s, true_s = beats.sample / 8000, np.array(truth.beat_times_s)
    assert mir_eval.beat.f_measure(true_s, time_s) >= 0.98
    down_s, true_down_s = time_s[beats.in_bar == 0], np.array(truth.downbeat_times_s)
    matched = mir_eval.util.match_events(true_down_s, down_s, 0.07)
    assert len(matched) >= 0.95 * max(len(down_s), len(true_down_s))
    assert [block.bpm for block in tempo] == pytest.approx([truth.bpm] * len(tempo), rel=0.003)
    assert (tempo[0].start_s, tempo[-1].stop_s) == pytest.approx((0, len(audio) / 8000), abs=1e-3)
    nearest = np.abs(time_s[:, None] - true_s).argmin(axis=1)
    error_s = time_s - true_s[nearest]
    assert abs(np.median(error_s)) < 0.005
    assert beats.sure.any() or name == "ambient"  # which has no drums
    assert np.abs(error_s[beats.sure]).max(initial=0) < 0.02
    assert (nearest[beats.sure] % 4 == beats.in_bar[beats.sure]).all()


@pytest.mark.parametrize("name", ["techno", "house", "trance", "jungle"])
def test_music_with_drums_is_sure_also_in_its_breakdowns(name: str) -> None:
    (beats, tempo), truth = tracked_set(name), demo_set(name)[1]
    assert beats.sure.mean() > 0.95 and all(block.sure for block in tempo)
    silent = [section for section in truth.sections if not section.drums]
    inside = [np.abs(beats.sample / 8000 - (s.start_s + s.end_s) / 2).argmin() for s in silent]
    assert beats.sure[inside].all()


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
def test_beats_do_not_depend_on_the_rate(rate_hz: int) -> None:
    at_8k, _ = tracked_set("jungle")
    beats, _ = track(demo_set("jungle", rate_hz=rate_hz)[0], rate_hz)
    assert beats.sample / rate_hz == pytest.approx(at_8k.sample / 8000, abs=0.002)
    assert (beats.in_bar == at_8k.in_bar).all() and (beats.sure == at_8k.sure).all()


def test_half_the_level_changes_nothing_much() -> None:
    beats, quiet = tracked_set("techno")[0], track(demo_set("techno")[0] // 8)[0]
    assert quiet.sample == pytest.approx(beats.sample, abs=0.003 * 8000)
    assert (quiet.in_bar == beats.in_bar).all()
