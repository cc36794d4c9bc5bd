import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from mixdream.audio.resample import resample_loop
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.copies import nearest as room
from mixdream.evaluation.copies.band_levels import read_moment
from mixdream.evaluation.copies.matching import make_templates, match
from mixdream.evaluation.copies.nearest import Nearest, find_nearest
from tests.evaluation.tunes import RATE_HZ, tune, tune_corpus

CLIP = 2 * RATE_HZ


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    tunes = {name: tune(seed, 24) for seed, name in enumerate("ABC")}
    return tune_corpus(tmp_path_factory.mktemp("tunes") / "corpus", tunes)


def cut(corpus: Corpus, name: str, start_s: float, samples: int = CLIP) -> np.ndarray:
    first = round(start_s * corpus.rate_hz)
    return corpus.audio(name)[first : first + samples, 0] / 32768


def nearest(clip: np.ndarray, corpus: Corpus, **options: object) -> Nearest:
    found = find_nearest(clip[None], RATE_HZ, corpus, **options)[0]  # type: ignore[arg-type]
    assert found is not None
    return found


@settings(max_examples=8)
@given(
    start_s=st.floats(0, 21.9),
    turn_s=st.floats(0, 2),
    gain=st.floats(0.05, 3),
    name=st.sampled_from("ABC"),
    speed=st.floats(0.99, 1.01),
)
def test_turn_gain_and_a_little_speed_do_not_matter(
    corpus: Corpus, start_s: float, turn_s: float, gain: float, name: str, speed: float
) -> None:
    copied = soxr.resample(cut(corpus, name, start_s, CLIP + 400), speed, 1.0)[: round(CLIP / 1.02)]
    found = nearest(gain * np.roll(copied, -round(turn_s * RATE_HZ)), corpus)
    assert found.set_name == name
    assert found.time_s == pytest.approx(start_s, abs=0.07)  # what it is early, it is turned
    assert found.speed == pytest.approx(speed, abs=0.006)
    length_s = len(copied) / RATE_HZ
    turned = abs((found.shift_s - turn_s + length_s / 2) % length_s - length_s / 2)
    assert turned < 0.07
    assert found.distance < 0.08
    assert found.ratio is not None and found.ratio < 0.25


def test_other_music_is_far_and_nothing_stands_out(corpus: Corpus) -> None:
    found = nearest(tune(99, 2), corpus)
    assert found.distance > 0.4
    assert found.ratio is not None and found.ratio > 0.7


def test_noise_ten_db_down_moves_a_copy_by_little(corpus: Corpus) -> None:
    clip = cut(corpus, "B", 7.3)
    noisy = clip + np.random.default_rng(0).normal(0, clip.std() * 10**-0.5, len(clip))
    found = nearest(noisy, corpus)
    assert (found.set_name, round(found.time_s, 1)) == ("B", 7.3)
    assert found.distance < 0.3


def test_steady_noise_and_equalisers_are_taken_out() -> None:
    rng = np.random.default_rng(0)
    levels = rng.random((9, 60), dtype=np.float32)
    clip = levels[None, :, 20:50]
    gains = rng.uniform(0.5, 2, (9, 1)).astype(np.float32)
    for changed in (clip + rng.random((9, 1), dtype=np.float32), clip * gains):
        correlation, turn = match(make_templates(changed), levels, 1)
        assert correlation[:, 0].argmax() == 20
        assert correlation[20, 0] == pytest.approx(1, abs=1e-5)
        assert turn[20, 0] == 0


def test_unrelated_levels_and_still_ones_do_not_correlate() -> None:
    rng = np.random.default_rng(0)
    clips = make_templates(rng.random((3, 40, 100), dtype=np.float32))
    assert np.abs(match(clips, rng.random((40, 300), dtype=np.float32), 1)[0]).max() < 0.15
    assert np.abs(match(clips, np.ones((40, 300), np.float32), 1)[0]).max() == 0


@pytest.mark.parametrize(("rate_hz", "channels"), [(12_000, 2), (22_050, 1)])
def test_corpus_and_clips_of_any_rate(tmp_path: Path, rate_hz: int, channels: int) -> None:
    tunes = {"A": tune(0, 12, rate_hz), "B": tune(1, 12, rate_hz)}
    corpus = tune_corpus(tmp_path / "corpus", tunes, rate_hz=rate_hz, channels=channels)
    clip = resample_loop(cut(corpus, "B", 5, 3 * rate_hz), 3 * 16_000)
    found = find_nearest(clip[None], 16_000, corpus)[0]
    assert found is not None
    assert (found.set_name, found.distance < 0.1) == ("B", True)
    assert found.time_s == pytest.approx(5, abs=0.05)


def test_at_the_speed_that_a_set_was_given(corpus: Corpus) -> None:
    clip = read_moment(corpus, "C", 10 * RATE_HZ, CLIP, 1.12)
    found = nearest(clip, corpus, speeds={"C": (0.9, 1.12)})
    assert (found.set_name, round(found.time_s, 1)) == ("C", 10.0)
    assert found.speed == pytest.approx(1.12, rel=0.006)
    assert found.distance < 0.05
    assert nearest(clip, corpus).distance > 0.3


def test_chunks_give_what_one_piece_gives(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = np.stack([cut(corpus, "A", 3.14), tune(7, 2), cut(corpus, "C", 21.9)])
    read: list[int] = []

    def watched(corpus: Corpus, name: str, start: float, samples: int, speed: float) -> np.ndarray:
        read.append(samples)
        return read_moment(corpus, name, start, samples, speed)

    monkeypatch.setattr(room, "read_moment", watched)
    whole = find_nearest(clips, RATE_HZ, corpus)
    at_once = max(read)
    monkeypatch.setattr(room, "_CHUNK", 2 * room._STRETCH)
    read.clear()
    pieces = find_nearest(clips, RATE_HZ, corpus)
    assert max(read) < 0.6 * at_once  # no more is read at a time than a chunk and a clip
    for found, again in zip(whole, pieces, strict=True):
        assert found is not None and again is not None
        assert dataclasses.astuple(again) == pytest.approx(dataclasses.astuple(found), abs=1e-4)


def test_only_what_may_be_searched_is_found(corpus: Corpus) -> None:
    clip = cut(corpus, "A", 12)
    spans = {"A": [(0, 8 * RATE_HZ)], "B": [(0, 24 * RATE_HZ)]}
    found = nearest(clip, corpus, spans=spans)
    assert found.distance > 0.4
    assert found.set_name != "A" or found.start + CLIP <= 8 * RATE_HZ + 0.011 * CLIP


def test_the_track_that_a_clip_is_from_can_be_left_out(corpus: Corpus) -> None:
    found = nearest(cut(corpus, "A", 12), corpus, away_from=[("A", 12 * RATE_HZ)])
    assert found.set_name != "A"
    assert found.distance > 0.4


def test_cuts_are_not_reached_over_and_times_are_those_of_the_source(tmp_path: Path) -> None:
    middle = 6 * RATE_HZ
    corpus = tune_corpus(
        tmp_path / "corpus", {"A": tune(0, 12)}, segments={"A": [(0, middle), (middle, 2 * middle)]}
    )
    over = nearest(cut(corpus, "A", 5), corpus)
    assert over.start + CLIP < middle * 1.01 or over.start >= middle
    assert over.distance > 0.2
    behind = nearest(cut(corpus, "A", 8), corpus)
    assert behind.time_s == pytest.approx(9, abs=0.05)  # one second of the source was dropped
    assert (behind.second, behind.ratio) == (None, None)  # nothing is five minutes away


def test_a_set_shorter_than_the_clips_is_passed_over(tmp_path: Path) -> None:
    corpus = tune_corpus(tmp_path / "corpus", {"long": tune(0, 6), "short": tune(1, 2)})
    assert nearest(cut(corpus, "long", 1, 3 * RATE_HZ), corpus).set_name == "long"
    whole = nearest(cut(corpus, "long", 0, 6 * RATE_HZ), corpus)
    assert (whole.start, whole.distance < 0.01) == (0, True)
    with pytest.raises(InputError, match=r"no piece of the corpus is as long as a clip of 7\.00 s"):
        nearest(tune(2, 7), corpus)


def test_nothing_is_near_to_silence_or_a_steady_tnearest(corpus: Corpus) -> None:
    t = np.arange(CLIP) / RATE_HZ
    clips = np.stack([np.zeros(CLIP), 0.5 * np.sin(2 * np.pi * 440 * t), cut(corpus, "A", 1)])
    silence, tone, music = find_nearest(clips, RATE_HZ, corpus)
    assert (silence, tone) == (None, None)
    assert music is not None and music.distance < 0.05


def test_input_that_makes_no_sense(corpus: Corpus) -> None:
    clip = cut(corpus, "A", 0)
    with pytest.raises(InputError, match=r"clips of 0\.50 s are too short .* 1 s is the least"):
        nearest(clip[: RATE_HZ // 2], corpus)
    with pytest.raises(InputError, match="clip 0 has NaN"):
        nearest(np.full(CLIP, np.nan), corpus)
    with pytest.raises(InputError, match=r"clips of shape \(16000,\): they are mono"):
        find_nearest(clip, RATE_HZ, corpus)
    with pytest.raises(InputError, match="has no set 'Z'"):
        nearest(clip, corpus, spans={"Z": [(0, 9)]})
