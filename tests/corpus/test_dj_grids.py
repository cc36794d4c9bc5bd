"""Beat grids of DJ software: followed where they agree with what is heard, moved by what decoders add."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from mixdream.corpus.build import BuildResult, build_corpus
from mixdream.corpus.dj_grids import LibraryReport, grid_beats
from mixdream.corpus.hints import GridMarker, read_corrections
from mixdream.corpus.store import Corpus
from tests.analysis.beats.beat_audio import drums
from tests.audio import media
from tests.corpus.dj_files import rekordbox, traktor

HOUSE_S = 0.3 + 60 / 125 * np.arange(66)
SLOW_S = 0.1 + 60 / 93.3 * np.arange(49)
TURN_S = 0.2 + 60 / 122 * 48
TWO_S = np.concatenate([0.2 + 60 / 122 * np.arange(48), TURN_S + 60 / 130 * np.arange(56)])
LATE_S = 0.026


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three sets, one of them with two tempos, and a corpus of them."""
    folder = tmp_path_factory.mktemp("grids")
    (folder / "in").mkdir()
    for name, beats_s in (("house", HOUSE_S), ("slow", SLOW_S), ("two", TWO_S)):
        seconds = beats_s[-1] + 0.4
        media.write_wav(folder / f"in/{name}.wav", drums(beats_s, seconds), 8000)
    build_corpus([folder / "in"], folder / "corpus", jobs=1)
    return folder


@pytest.fixture
def place(built: Path, tmp_path: Path) -> Path:
    """The folder, with a corpus that a test may change; its sources stay where they are."""
    shutil.copytree(built / "corpus", tmp_path / "corpus")
    (tmp_path / "in").symlink_to(built / "in")
    return tmp_path


def build(
    place: Path, library: str, bpm: tuple[str, ...] = (), downbeat: tuple[str, ...] = ()
) -> BuildResult:
    (place / "library.xml").write_text(library, "utf-8")
    return build_corpus(
        [(place / "in").resolve()],
        place / "corpus",
        jobs=1,
        said=read_corrections(bpm, downbeat),
        library=place / "library.xml",
    )


def of(**tempos: list[str]) -> str:
    return rekordbox({f"file://localhost/C:/DJ/{name}.wav": tempos[name] for name in tempos})


def tempo(start_s: float, bpm: float, beat: int = 1, metre: str = "4/4") -> str:
    return f'Inizio="{start_s:.3f}" Bpm="{bpm:.2f}" Metro="{metre}" Battito="{beat}"'


def assert_counted(corpus: Corpus, name: str, beats_s: np.ndarray, in_bar: np.ndarray) -> None:
    """Nearly all beats are sure, and these are where they are played, with their places in the bar."""
    beats = corpus.beats(name)
    time_s = beats.sample[beats.sure] / 8000
    nearest = np.abs(time_s[:, None] - beats_s).argmin(axis=1)
    assert beats.sure.mean() > 0.85 and np.abs(time_s - beats_s[nearest]).max() < 0.02
    assert (beats.in_bar[beats.sure] == in_bar[nearest]).all()


def test_a_grid_that_agrees_says_where_bars_begin(place: Path) -> None:
    result = build(place, of(house=[tempo(HOUSE_S[7] - LATE_S, 125, beat=2)]))
    assert result.library and result.library.in_words() == "1 of 3 sets found, 1 grid agrees"
    assert result.tracked == ("house",)
    assert_counted(result.corpus, "house", HOUSE_S, (np.arange(66) - 6) % 4)
    late_s = result.corpus.record("house").hints.grid_late_s
    assert late_s == pytest.approx(LATE_S, abs=0.004)
    assert "moved by +" in result.corpus.record("house").hints.in_words()[0]


@pytest.mark.parametrize(("bpm", "heard"), [(62.5, 2), (83.333, 1.5)])
def test_a_grid_may_hear_half_or_two_thirds_of_it(place: Path, bpm: float, heard: float) -> None:
    result = build(place, of(house=[tempo(HOUSE_S[4], bpm)]))
    assert result.library and result.library.agree == ("house",)
    tempos = [block.bpm for block in result.corpus.record("house").tempo]
    assert np.median(tempos) == pytest.approx(125 / heard, rel=0.002)


@pytest.mark.parametrize(
    ("grid", "reason"),
    [
        (tempo(0.1, 140), r"grid 140.00 BPM, heard 93.3"),
        (tempo(0.1, 93.6), r"grid 93.60 BPM, heard 93.3"),
        (tempo(0.2, 93.3), r"grid 93.30 BPM, heard 93.3 -10\d ms from it"),
        (tempo(0.1, 46.65), "grid 46.65 BPM, 60 to 200 BPM are possible"),
        (tempo(0.1, 93.3, metre="3/4"), "grid in 3/4, so no beat is sure"),
    ],
)
def test_a_grid_that_does_not_agree_is_not_used_and_said(place: Path, grid: str, reason: str) -> None:
    before = Corpus.open(place / "corpus").beats("slow")
    result = build(place, of(slow=[grid]))
    assert result.library and list(result.library.differ) == ["slow"]
    assert re.fullmatch(reason, result.library.differ["slow"])
    after = result.corpus.beats("slow")
    assert np.array_equal(after.sample, before.sample) and np.array_equal(after.in_bar, before.in_bar)
    assert after.sure.any() == ("3/4" not in grid) == any(b.sure for b in result.corpus.record("slow").tempo)


def test_a_grid_of_several_tempos_is_followed(place: Path) -> None:
    result = build(place, of(two=[tempo(TWO_S[2], 122), tempo(TURN_S, 130, beat=3)]))
    assert result.library and result.library.agree == ("two",)
    number = np.arange(len(TWO_S))
    assert_counted(result.corpus, "two", TWO_S, np.where(number < 48, number - 2, number - 46) % 4)
    assert result.corpus.record("two").tempo_range_bpm == pytest.approx((122, 130), abs=0.2)


def test_traktor_is_followed_alike(place: Path) -> None:
    cue = f'<CUE_V2 TYPE="4" START="{1000 * HOUSE_S[9]:.3f}"></CUE_V2>'
    result = build(place, traktor({"/:Music/:house.wav": ("125.000", [cue])}))
    assert result.library and result.library.agree == ("house",)
    assert_counted(result.corpus, "house", HOUSE_S, (np.arange(66) - 9) % 4)


def test_the_same_library_makes_no_work_and_none_changes_nothing(place: Path) -> None:
    library = of(house=[tempo(HOUSE_S[5], 125)], slow=[tempo(0.1, 140)])
    first = build(place, library)
    assert first.tracked == ("house", "slow")
    again = build(place, library)
    assert again.tracked == () and again.library == first.library
    without = build_corpus([(place / "in").resolve()], place / "corpus", jobs=1)
    assert without.tracked == () and without.corpus.hash == first.corpus.hash


def test_the_word_of_the_owner_comes_first(place: Path) -> None:
    library = of(slow=[tempo(0.1, 140)])
    result = build(place, library, bpm=("slow=93",))
    assert result.library and result.library.by_owner == ("slow",)
    assert "your own word comes first for slow" in result.library.in_words()
    back = build(place, library, bpm=("slow=",))
    assert back.library and list(back.library.differ) == ["slow"]


def test_a_downbeat_of_the_owner_leaves_the_tempo_to_the_grid(place: Path) -> None:
    result = build(place, of(house=[tempo(HOUSE_S[4], 62.5)]), downbeat=(f"house={HOUSE_S[6]:.3f}",))
    record = result.corpus.record("house")
    assert np.median([block.bpm for block in record.tempo]) == pytest.approx(62.5, rel=0.002)
    assert record.hints.in_words()[1] == "tempo of your DJ software: 62.50 BPM"
    beats = result.corpus.beats("house")
    assert_counted(result.corpus, "house", HOUSE_S[::2], (np.arange(33) - 3) % 4)
    assert len(beats) == pytest.approx(33, abs=1)


def test_several_tracks_of_one_name_are_left_out(place: Path) -> None:
    places = {f"file://localhost/{bpm}/house.wav": [tempo(0.3, bpm)] for bpm in (125, 99)}
    result = build(place, rekordbox(places))
    assert result.tracked == () and result.library and result.library.several == ("house",)


def test_a_grid_goes_on_to_both_sides() -> None:
    grid = [GridMarker(start_s=1.2, bpm=120, in_bar=1), GridMarker(start_s=3.0, bpm=60, in_bar=0)]
    time_s, in_bar = grid_beats(grid, 5.5)
    assert time_s == pytest.approx([0.2, 0.7, 1.2, 1.7, 2.2, 2.7, 3.0, 4.0, 5.0])
    assert in_bar.tolist() == [3, 0, 1, 2, 3, 0, 0, 1, 2]


def test_the_report_is_one_line() -> None:
    report = LibraryReport(14, tuple("abcdefghij"), {"NAME": "grid 140.00 BPM, heard 93.3", "x": "y"}, (), ())
    assert report.in_words() == (
        "12 of 14 sets found, 10 grids agree, 2 do not: NAME (grid 140.00 BPM, heard 93.3), x (y)"
    )
