"""What a corpus is told of the beats of its sets: kept, followed without decoding again, taken back."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mixdream.corpus.build import BuildResult, build_corpus
from mixdream.corpus.hints import BeatHints, read_corrections
from mixdream.corpus.store import Corpus, beats_path
from mixdream.errors import InputError, Interrupted
from tests.analysis.beats.beat_audio import drums
from tests.audio import media

BEAT_S = 60 / 125
DOWNBEAT_S = 6 * BEAT_S  # the third beat of the second bar, as it is played


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two sets and a corpus of them."""
    folder = tmp_path_factory.mktemp("hints")
    for seed, name in enumerate(("a", "b")):
        (folder / "in").mkdir(exist_ok=True)
        media.write_wav(folder / f"in/{name}.wav", drums(np.arange(0, 24, BEAT_S), 24, seed=seed), 8000)
    build_corpus([folder / "in"], folder / "corpus", jobs=1)
    return folder


@pytest.fixture
def place(built: Path, tmp_path: Path) -> Path:
    """A copy that a test may change, with sources of its own."""
    copy = shutil.copytree(built, tmp_path / "copy")
    index = copy / "corpus/corpus.json"
    index.write_text(index.read_text("utf-8").replace(str(built), str(copy)), "utf-8")
    return copy


def build(place: Path, *, bpm: tuple[str, ...] = (), downbeat: tuple[str, ...] = ()) -> BuildResult:
    said = read_corrections(bpm, downbeat)
    return build_corpus([place / "in"], place / "corpus", jobs=1, said=said)


def phase(corpus: Corpus, name: str) -> int:
    """Which beat, counted from the beginning, is the first downbeat; all beats must be sure and agree."""
    beats = corpus.beats(name)
    number = np.rint(beats.sample / 8000 / BEAT_S).astype(int)
    phases = set(((number - beats.in_bar) % 4)[beats.sure].tolist())
    assert beats.sure.mean() > 0.9 and len(phases) == 1
    return phases.pop()


def test_a_word_of_the_owner_is_followed_kept_and_taken_back(place: Path) -> None:
    before = Corpus.open(place / "corpus")
    assert phase(before, "a") == 0
    first = build(place, bpm=("a=125",), downbeat=(f"a={DOWNBEAT_S}",))
    assert (first.built, first.tracked) == ((), ("a",)) and phase(first.corpus, "a") == 2
    assert first.corpus.record("b") == before.record("b") and first.corpus.hash != before.hash
    assert first.corpus.verify() == []

    again = build(place)
    assert again.tracked == () and again.corpus.hash == first.corpus.hash
    assert again.corpus.record("a").hints == BeatHints(bpm=125, downbeats_s=(DOWNBEAT_S,))

    other = build(place, downbeat=("a=0:00.48",))
    assert other.tracked == ("a",) and phase(other.corpus, "a") == 1
    assert other.corpus.record("a").hints.bpm == 125, "what is not said again stays"

    back = build(place, bpm=("a=",), downbeat=("a=",))
    assert back.corpus.hash == before.hash and back.corpus.record("a").hints == BeatHints()


def test_a_tempo_makes_the_set_one_of_this_tempo(place: Path) -> None:
    record = build(place, bpm=("a=62.5",)).corpus.record("a")
    assert [block.bpm for block in record.tempo] == pytest.approx([62.5] * 2, abs=0.1)
    assert record.tempo_range_bpm is None, "it has no longer bars that repeat"


def test_nothing_is_decoded_again(place: Path) -> None:
    shutil.rmtree(place / "in")
    result = build(place, downbeat=("a=2.88",))
    assert phase(result.corpus, "a") == 2 and len(result.missing) == 2


def test_new_sets_are_told_at_once(place: Path) -> None:
    shutil.rmtree(place / "corpus")
    result = build(place, downbeat=("b=2.88",))
    assert (result.built, result.tracked) == (("a", "b"), ())
    assert (phase(result.corpus, "a"), phase(result.corpus, "b")) == (0, 2)


def test_what_was_said_outlives_files_and_names(place: Path) -> None:
    build(place, downbeat=("a=2.88",))
    beats_path(place / "corpus", "a").unlink()
    result = build(place)
    assert result.built == ("a",) and phase(result.corpus, "a") == 2
    (place / "in/a.wav").rename(place / "in/z.wav")
    assert phase(build(place).corpus, "a") == 2


def test_what_was_said_does_not_go_to_other_music(place: Path) -> None:
    build(place, downbeat=("a=2.88",))
    media.write_wav(place / "in/a.wav", drums(np.arange(0, 24, BEAT_S), 24, seed=5), 8000)
    record = build(place).corpus.record("a")
    assert record.hints == BeatHints()
    assert record.warnings == ("has other music now: what was told of its beats was forgotten",)


def test_what_is_said_with_new_music_is_said_of_that(place: Path) -> None:
    media.write_wav(place / "in/a.wav", drums(np.arange(0, 30, BEAT_S), 30, seed=5), 8000)
    result = build(place, bpm=("a=125",), downbeat=("a=26.88",))  # after the end of the old music
    record = result.corpus.record("a")
    assert result.built == ("a",) and record.hints == BeatHints(bpm=125, downbeats_s=(26.88,))
    assert record.warnings == () and phase(result.corpus, "a") == 0
    media.write_wav(place / "in/a.wav", drums(np.arange(0, 24, BEAT_S), 24, seed=6), 8000)
    record = build(place, bpm=("a=125",)).corpus.record("a")
    assert record.hints == BeatHints(bpm=125) and record.warnings == ()


def test_what_is_said_of_a_set_whose_new_file_is_useless_is_not_taken_in_silence(place: Path) -> None:
    (place / "in/a.wav").write_bytes(b"no media")
    with pytest.raises(InputError, match=r"^'a' was not made anew, so nothing was said of it; all else"):
        build(place, bpm=("a=120",))
    assert Corpus.open(place / "corpus").record("a").hints == BeatHints()


def test_what_is_said_of_a_set_without_files_is_kept_and_said(place: Path) -> None:
    (place / "in/a.wav").rename(place / "a.wav")
    beats_path(place / "corpus", "a").unlink()
    with pytest.raises(InputError, match=r"^'a' has lost its files: .* once its source is built again; all"):
        build(place, downbeat=("a=2.88",))
    (place / "a.wav").rename(place / "in/a.wav")
    assert phase(build(place).corpus, "a") == 2


def test_a_build_that_is_stopped_does_what_was_said_later(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_path: Path) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr("mixdream.corpus.beat_tracking.sha256_of", stop)  # once the beats are written
        build(place, downbeat=("a=2.88", "b=0.96"))
    result = build(place)
    assert result.tracked == ("a", "b") and result.corpus.verify() == []
    assert (phase(result.corpus, "a"), phase(result.corpus, "b")) == (2, 2)


def test_what_cannot_be_of_a_known_set_is_refused_at_once(place: Path) -> None:
    index = (place / "corpus/corpus.json").read_bytes()
    with pytest.raises(InputError, match=r"no set is called 'c'; the sets are: a, b$"):
        build(place, bpm=("c=120",))
    with pytest.raises(InputError, match=r"a=0:00:25\.0: .* no music there; the set lasts 0:00:24"):
        build(place, downbeat=("a=25",))
    assert (place / "corpus/corpus.json").read_bytes() == index


def test_what_cannot_be_of_a_new_set_is_said_when_it_is_built(place: Path) -> None:
    shutil.rmtree(place / "corpus")
    with pytest.raises(InputError, match=r"a=0:00:25\.0: the corpus has no music there.*; all else is done"):
        build(place, bpm=("a=125",), downbeat=("a=25", "a=0.48", "b=2.88"))
    corpus = Corpus.open(place / "corpus")
    assert (phase(corpus, "a"), phase(corpus, "b")) == (1, 2)
    assert corpus.record("a").hints == BeatHints(bpm=125, downbeats_s=(0.48,)), "all else is done"
    (place / "in/c.wav").write_bytes(b"no media")
    with pytest.raises(InputError, match=r"^'c' became no set"):
        build(place, bpm=("c=120",))
    assert len(build(place).corpus.sets) == 2


@pytest.mark.parametrize(
    ("text", "time_s"),
    [("12.3", 12.3), ("0:12.35", 12.35), ("62:03", 3723), ("1:02:03.5", 3723.5), ("0", 0)],
)
def test_times_are_read_as_people_write_them(text: str, time_s: float) -> None:
    assert read_corrections([], [f"x={text}"])["x"].downbeats_s == (pytest.approx(time_s),)


def test_names_may_hold_an_equals_sign() -> None:
    assert read_corrections(["a=b=100"], [])["a=b"].bpm == 100


@pytest.mark.parametrize(
    ("bpm", "downbeat", "message"),
    [
        ("a", "", r"--bpm is 'a': SET=174 is expected"),
        ("=120", "", r"--bpm is '=120': SET=174 is expected"),
        ("a=fast", "", r"--bpm a=fast: 60 to 200 BPM are possible"),
        ("a=nan", "", r"60 to 200"),
        ("a=340", "", r"60 to 200"),
        ("", "a=1:75", r"--downbeat a=1:75: a time in the set is expected"),
        ("", "a=-3", "a time in the set"),
        ("", "a=1:60:00", "a time in the set"),
        ("", "a=inf", "a time in the set"),
    ],
)
def test_odd_words_are_refused_in_one_line(bpm: str, downbeat: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_corrections([bpm] if bpm else [], [downbeat] if downbeat else [])
    with pytest.raises(InputError, match="given twice for 'a'"):
        read_corrections(["a=120", "a=130"], [])
