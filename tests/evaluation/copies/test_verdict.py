from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soxr

from mixdream.analysis.beats.beats import TempoBlock
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.copies.nearest import Nearest
from mixdream.evaluation.copies.verdict import RealNearest, check_copies, measure_real, speeds_at
from tests.corpus.small import imagined_corpus
from tests.evaluation.tunes import RATE_HZ, tune, tune_corpus

CLIP = 3 * RATE_HZ
TRAINED = {name: [(0, 30 * RATE_HZ)] for name in "ABC"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A to C are trained on, D and E are held out; C begins with ten seconds of A."""
    tunes = {name: tune(seed, 30) for seed, name in enumerate("ABCDE")}
    tunes["C"][: 10 * RATE_HZ] = tunes["A"][10 * RATE_HZ : 20 * RATE_HZ]
    return tune_corpus(tmp_path_factory.mktemp("tunes") / "corpus", tunes)


@pytest.fixture(scope="module")
def real(corpus: Corpus) -> RealNearest:
    return measure_real(corpus, 3, spans=TRAINED, held_out={"D": [(0, 30 * RATE_HZ)]})


def at_speed(clip: np.ndarray, speed: float) -> np.ndarray:
    return soxr.resample(clip, speed, 1.0)[:CLIP]


def in_noise(clip: np.ndarray) -> np.ndarray:
    return clip + np.random.default_rng(1).normal(0, clip.std() * 10**-0.5, len(clip))


@pytest.mark.parametrize(
    "planted",
    [
        lambda clip: clip[:CLIP],
        lambda clip: np.roll(clip[:CLIP], 12_345),
        lambda clip: 1.41 * clip[:CLIP],
        lambda clip: 0.71 * clip[:CLIP],
        lambda clip: at_speed(clip, 1.01),
        lambda clip: at_speed(clip, 0.99),
        lambda clip: in_noise(clip[:CLIP]),
        lambda clip: 0.71 * in_noise(np.roll(at_speed(clip, 1.01), 5000)),
    ],
    ids=["exact", "turned", "louder", "quieter", "faster", "slower", "noise", "all of it"],
)
def test_planted_copies_are_all_found(
    corpus: Corpus, real: RealNearest, planted: Callable[[np.ndarray], np.ndarray]
) -> None:
    places = [("A", 1.0), ("A", 25.7), ("B", 8.8), ("B", 14.123), ("C", 20.5), ("C", 26.9)]
    clips = []
    for name, start_s in places:
        first = round(start_s * RATE_HZ)
        clips.append(planted(corpus.audio(name)[first : first + CLIP + 800, 0] / 32768)[:CLIP])
    checks = check_copies(np.stack(clips), RATE_HZ, corpus, real, spans=TRAINED)
    for (name, start_s), check in zip(places, checks, strict=True):
        assert check.is_copy
        assert check.quantile == 0
        assert check.nearest is not None and check.nearest.set_name == name
        assert check.nearest.time_s == pytest.approx(start_s, abs=0.1)


def test_other_real_music_is_no_copy(corpus: Corpus, real: RealNearest) -> None:
    clips = np.stack([corpus.audio("E")[i : i + CLIP, 0] / 32768 for i in range(0, 27 * RATE_HZ, RATE_HZ)])
    checks = check_copies(clips, RATE_HZ, corpus, real, spans=TRAINED)
    assert sum(check.is_copy for check in checks) <= 1
    assert sum(check.sentence.endswith("no copy") for check in checks) == len(checks) - sum(
        check.is_copy for check in checks
    )


def test_a_copy_of_what_is_in_two_sets_does_not_stand_out_and_is_one(
    corpus: Corpus, real: RealNearest
) -> None:
    clip = corpus.audio("C")[2 * RATE_HZ :][:CLIP, 0] / 32768
    check = check_copies(clip[None], RATE_HZ, corpus, real, spans=TRAINED)[0]
    assert check.nearest is not None and check.nearest.second is not None
    assert check.nearest.second < 0.1
    assert check.is_copy


def test_silence_is_no_copy_and_says_so(corpus: Corpus, real: RealNearest) -> None:
    check = check_copies(np.zeros((1, CLIP)), RATE_HZ, corpus, real, spans=TRAINED)[0]
    assert (check.nearest, check.quantile, check.is_copy) == (None, None, False)
    assert "nothing to compare" in check.sentence


@pytest.mark.parametrize(
    ("distance", "second", "is_copy"),
    [
        (0.30, 0.90, True),  # near, and stands out
        (0.30, 0.31, False),  # near to many: the style
        (0.30, None, True),  # nothing to stand out from
        (0.60, 0.90, False),  # not near
        (0.10, 0.10, True),  # so near that it need not stand out
    ],
)
def test_the_rule(distance: float, second: float | None, is_copy: bool) -> None:
    real = RealNearest(np.linspace(0.5, 0.9, 101), np.linspace(0.8, 1, 101))
    assert real.limit == pytest.approx(0.508)
    assert real.ratio_limit == pytest.approx(0.81)
    assert real.is_copy(distance, Nearest("A", 0, 0.0, 0.0, 1.0, distance, second).ratio) is is_copy


def test_two_in_a_hundred_real_windows_are_under_the_limit() -> None:
    distances = np.random.default_rng(0).random(1000)
    real = RealNearest(distances, np.zeros(0))
    assert (distances < real.limit).sum() == 20
    assert real.ratio_limit == 1


def test_real_windows_are_compared_with_other_tracks_only(corpus: Corpus, real: RealNearest) -> None:
    """Also where nothing was held out."""
    everything = measure_real(corpus, 3, spans={"A": TRAINED["A"], "B": TRAINED["B"]})
    assert everything.distances.min() < 0.1  # the part of C that is in A
    assert len(everything.distances) == 50
    assert real.distances.min() > 0.4
    with pytest.raises(InputError, match=r"^0 real windows of 3 s can be compared .* 8 are the least"):
        measure_real(corpus, 3, spans={"A": TRAINED["A"]}, held_out={"A": TRAINED["A"]})


def test_too_few_real_windows(corpus: Corpus) -> None:
    with pytest.raises(InputError, match="3 real windows of 3 s"):
        measure_real(corpus, 3, spans=TRAINED, held_out={"D": [(0, 10 * RATE_HZ)]})
    with pytest.raises(InputError, match="0 real windows of 3 s"):
        measure_real(corpus, 3, spans=TRAINED, held_out={"D": [(0, RATE_HZ)]})


def test_speeds_cover_every_sure_tempo_to_one_per_cent(tmp_path: Path) -> None:
    corpus = imagined_corpus({"A": 60, "B": 60})
    tempos = [(118.0, True), (120.5, True), (124.0, True), (124.3, True), (60.0, False)]
    blocks = tuple(
        TempoBlock(start_s=10 * i, stop_s=10 * i + 10, bpm=bpm, confidence=1, sure=sure)
        for i, (bpm, sure) in enumerate(tempos)
    )
    known = corpus.sets[0].model_copy(update={"tempo": blocks})
    speeds = speeds_at(Corpus(tmp_path, 8000, 1, (known, corpus.sets[1])), 117.1875)
    assert list(speeds) == ["A"]  # B has no tempo
    assert len(speeds["A"]) == 3
    for bpm, sure in tempos:
        if sure:
            assert min(abs(speed * bpm / 117.1875 - 1) for speed in speeds["A"]) < 0.0101
