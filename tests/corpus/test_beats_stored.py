"""Beats in a corpus: built with the audio, kept as safely, shown."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mixdream.analysis.beats.beats import Beats
from mixdream.corpus.build import build_corpus
from mixdream.corpus.overview import draw_overview
from mixdream.corpus.remove import remove_sets
from mixdream.corpus.store import Corpus, audio_path, beats_path
from mixdream.errors import InputError
from tests.analysis.beats.beat_audio import drums
from tests.audio import media

BEAT_S = 60 / 125


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 s of drums, 5 s of digital silence, 24 s of drums that begin a third of a beat late."""
    first = drums(np.arange(0, 24, BEAT_S), 24)
    second = drums(np.arange(BEAT_S / 3, 24, BEAT_S), 24, seed=1)
    samples = np.concatenate([first, np.zeros((40_000, 1), np.int16), second])
    return media.write_wav(tmp_path_factory.mktemp("cut") / "cut.wav", samples, 8000)


@pytest.fixture(scope="module")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_corpus([source], tmp_path_factory.mktemp("built") / "corpus", jobs=1).corpus


@pytest.fixture
def corpus(built: Corpus, tmp_path: Path) -> Corpus:
    """A copy that a test may change."""
    return Corpus.open(shutil.copytree(built.folder, tmp_path / "corpus"))


def test_the_beat_starts_anew_after_a_cut(built: Corpus) -> None:
    record, beats = built.sets[0], built.beats("cut")
    (start, _), (again, stop) = record.segments
    assert (np.diff(beats.sample) > 0).all() and beats.sample[0] >= start and beats.sample[-1] < stop
    sure = beats.sample[beats.sure]
    assert len(sure) > 90
    source_s = np.array([record.source_time_s(int(sample)) for sample in sure])
    late_s = np.where(sure < again, 0, 29 + BEAT_S / 3)
    place = (source_s - late_s) / BEAT_S
    assert np.abs(place - np.rint(place)).max() < 0.02
    assert (np.rint(place) % 4 == beats.in_bar[beats.sure]).all()


def test_the_tempo_is_in_seconds_of_the_source(built: Corpus) -> None:
    record = built.sets[0]
    gap = record.dropped[0]
    assert record.tempo[0].start_s == 0 and record.tempo[-1].stop_s == pytest.approx(record.seconds, abs=0.01)
    assert all(
        block.stop_s < gap.start_s + 0.01 or block.start_s > gap.stop_s - 0.01 for block in record.tempo
    )
    assert record.tempo_range_bpm == pytest.approx((125, 125), abs=0.1)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    beats = Beats(np.array([0.25, 4000.5]), np.array([3, 0], np.int8), np.array([False, True]))
    beats.write(tmp_path / "x.npy")
    again = Beats.read(tmp_path / "x.npy")
    for name in ("sample", "in_bar", "sure"):
        written, read = getattr(beats, name), getattr(again, name)
        assert written.dtype == read.dtype and np.array_equal(written, read)
    np.save(tmp_path / "y.npy", np.zeros(3))
    with pytest.raises(InputError, match="holds no beats"):
        Beats.read(tmp_path / "y.npy")
    (tmp_path / "z.npy").write_bytes(b"no")
    with pytest.raises(InputError, match="cannot read"):
        Beats.read(tmp_path / "z.npy")


def test_a_set_without_its_beats_is_made_again(corpus: Corpus, source: Path) -> None:
    path = beats_path(corpus.folder, "cut")
    whole = path.read_bytes()
    assert build_corpus([source], corpus.folder, jobs=1).unchanged == ("cut",)
    path.write_bytes(whole[:-1])
    assert "changed since" in corpus.verify()[0]
    path.unlink()
    assert "missing" in corpus.verify()[0]
    with pytest.raises(InputError, match="build the corpus again"):
        corpus.beats("cut")
    assert build_corpus([source], corpus.folder, jobs=1).built == ("cut",)
    assert path.read_bytes() == whole and corpus.verify() == []


def test_beats_go_with_their_set(corpus: Corpus, source: Path, tmp_path: Path) -> None:
    other = media.write_wav(tmp_path / "other.wav", media.noise(6, 8000, 1)[0], 8000)
    build_corpus([other], corpus.folder, jobs=1)
    remove_sets(corpus.folder, ["other"])
    for path_of in (audio_path, beats_path):
        assert path_of(corpus.folder, "cut").exists() and not path_of(corpus.folder, "other").exists()


def test_the_overview_shows_the_tempo(built: Corpus) -> None:
    tempo = draw_overview(built, built.sets[0]).axes[1]
    assert tempo.get_ylabel() == "BPM"
    low, high = tempo.get_ylim()
    assert low < 125 < high
