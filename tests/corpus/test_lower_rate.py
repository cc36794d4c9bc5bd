import errno
import os
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixdream.corpus.build import build_corpus
from mixdream.corpus.lower_rate import (
    at_rate,
    bytes_of_copies,
    problems_of_copies,
    record_at,
    samples_at,
    spans_at,
)
from mixdream.corpus.remove import remove_sets
from mixdream.corpus.store import Corpus, audio_path, sha256_of
from mixdream.corpus.windows import index_windows
from mixdream.errors import InputError
from mixdream.files import write_json
from tests import limits
from tests.conftest import write_set
from tests.corpus.small import imagined_corpus, make_corpus

COPY = "audio/8000-mono"


def with_audio(folder: Path, audio: np.ndarray, **options: Any) -> Corpus:
    """A corpus of one set at 32 kHz, stereo."""
    corpus = make_corpus(folder, {"a": len(audio)}, channels=2, rate_hz=32_000, **options)
    np.save(audio_path(folder, "a"), np.round(audio * 32767).astype(np.int16))
    record = corpus.sets[0].model_copy(update={"audio_sha256": sha256_of(audio_path(folder, "a"))})
    return Corpus(corpus.folder, 32_000, 2, (record,))


def tone(hz: float, seconds: float = 2.0, rate_hz: int = 32_000) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def test_a_copy_has_what_is_below_half_its_rate_and_nothing_else(tmp_path: Path) -> None:
    left, right = tone(1000) + 0.5 * tone(6000), tone(1000)
    copy = at_rate(with_audio(tmp_path, np.stack([left, right], 1)), 8000)
    assert (copy.rate_hz, copy.channels, copy.sets[0].samples) == (8000, 1, 16_000)
    inside = slice(200, -200)  # the filter runs in and out at the ends
    assert np.abs(copy.audio("a")[inside, 0] / 32768 - tone(1000, 2, 8000)[inside]).max() < 1e-4


@pytest.mark.parametrize("mono", [True, False])
def test_a_copy_keeps_what_it_was_of(tmp_path: Path, mono: bool) -> None:
    corpus = with_audio(tmp_path, np.stack([tone(300), tone(500)], 1))
    copy = at_rate(corpus, 16_000, mono)
    assert copy.channels == (1 if mono else 2) and copy.hash != corpus.hash
    assert copy.sets[0].audio_sha256 == corpus.sets[0].audio_sha256
    assert at_rate(corpus, 32_000) is corpus
    with pytest.raises(InputError, match="44100 Hz cannot be made"):
        at_rate(corpus, 44_100)


def test_the_counts_of_the_thesis_at_8_khz_from_a_corpus_of_32_khz() -> None:
    sets = {"a": 6825.70, "b": 4263.85, "c": 3363.90}
    slides = {"a": 136.55, "b": 172.51, "c": 134.21}
    counts = []
    for rate_hz in (8000, 32_000):
        lower = lower_records(imagined_corpus(sets, rate_hz))
        counts.append(np.bincount(index_windows(lower, 4.05, slide_ms=slides).set_index).tolist())
    assert counts == [[49_958, 24_694, 25_035]] * 2


def test_segments_are_resampled_apart(tmp_path: Path) -> None:
    quiet, loud = np.zeros((30_001, 2)), np.full((34_002, 2), 0.5)
    corpus = with_audio(
        tmp_path, np.concatenate([quiet, loud]), segments={"a": [(0, 30_001), (30_001, 64_003)]}
    )
    copy = at_rate(corpus, 8000)
    assert copy.sets[0].segments == ((0, 7500), (7500, 16_000))
    assert np.abs(copy.audio("a")[:7500]).max() == 0, "nothing of the other side of the cut"
    assert np.abs(copy.audio("a")[7600:15_900, 0] / 32768 - 0.5).max() < 1e-3
    assert copy.sets[0].source_time_s(7500) == corpus.sets[0].source_time_s(30_001)


def lower_records(corpus: Corpus, rate_hz: int = 8000) -> Corpus:
    """A copy of records only."""
    return Corpus(corpus.folder, rate_hz, 1, tuple(record_at(record, rate_hz) for record in corpus.sets))


def test_spans_keep_their_place_in_time() -> None:
    corpus = imagined_corpus({"a": 100}, 32_000)
    assert spans_at({"a": [(3, 320_002)]}, corpus, lower_records(corpus)) == {"a": [(1, 80_001)]}
    assert spans_at(None, corpus, lower_records(corpus)) is None


@pytest.mark.parametrize("rate_hz", [8000, 11_025])
def test_borders_keep_their_moment_however_many_cuts_there_are(tmp_path: Path, rate_hz: int) -> None:
    """A copy's segments lose a part of a sample each: by the ratio of the rates, a border would drift."""
    edges = list(accumulate([0] + [1003 + k % 7 for k in range(300)]))
    corpus = make_corpus(tmp_path, {"a": edges[-1]}, rate_hz=44_100, segments={"a": list(pairwise(edges))})
    (own,), (lower,) = corpus.sets, lower_records(corpus, rate_hz).sets
    assert edges[-1] * rate_hz / 44_100 - lower.samples > 100, "what a ratio would be off at the end"
    samples = np.concatenate([[start, start + 500, start + 990] for start in edges[:-1]])
    moments, found = (
        np.array([record.source_time_s(sample) for sample in of.tolist()])
        for record, of in ((own, samples), (lower, samples_at(samples, own, lower)))
    )
    assert np.abs(moments - found).max() <= 0.51 / rate_hz
    assert samples_at(np.array(edges), own, lower).tolist() == [0] + [stop for _, stop in lower.segments]


def test_copies_are_made_once_and_anew_where_the_audio_is_new(tmp_path: Path) -> None:
    corpus = with_audio(tmp_path, np.stack([tone(300)] * 2, 1))
    path = audio_path(tmp_path, "a", COPY)
    at_rate(corpus, 8000)
    made = path.stat().st_mtime_ns
    at_rate(corpus, 8000)
    assert path.stat().st_mtime_ns == made
    assert bytes_of_copies(corpus) == {"8000-mono": path.stat().st_size}
    assert [name for name in path.parent.iterdir() if "partial" in name.name] == []
    write_json(path.with_suffix(".json"), {"of": "other audio", "sha256": sha256_of(path)})
    at_rate(corpus, 8000)
    assert path.stat().st_mtime_ns > made
    assert problems_of_copies(corpus) == []
    whole = path.read_bytes()
    path.write_bytes(whole[:-2000])
    at_rate(corpus, 8000)
    assert path.read_bytes() == whole, "one that was cut short is made anew"
    path.write_bytes(whole[:-2] + b"xx")
    assert "changed since it was made" in problems_of_copies(corpus)[0]


def test_a_full_disk_leaves_no_half_copy(tmp_path: Path) -> None:
    corpus = with_audio(tmp_path, np.stack([tone(300, 3)] * 2, 1))
    with limits.largest_file(20_000), pytest.raises(OSError, match=r"8000-mono/a\.npy"):
        at_rate(corpus, 8000)
    assert [path.name for path in (tmp_path / COPY).iterdir()] == [".lock"]
    assert at_rate(corpus, 8000).audio("a").shape == (24_000, 1)


def test_copies_go_with_their_set(tmp_path: Path) -> None:
    sources = [write_set(tmp_path / f"{name}.wav", 6, seed=i) for i, name in enumerate("AB")]
    corpus = build_corpus(sources, tmp_path / "c", 16_000, 1, jobs=1).corpus
    at_rate(corpus, 8000)
    write_set(sources[1], 6, seed=7)
    changed = build_corpus(sources, corpus.folder, jobs=1)
    assert changed.built == ("B",) and (corpus.rate_hz, corpus.channels) == (16_000, 1), "as it was"
    assert sorted(path.stem for path in (corpus.folder / COPY).glob("*.npy")) == ["A"]
    at_rate(changed.corpus, 8000)
    remove_sets(corpus.folder, ["A"])
    assert sorted(path.stem for path in (corpus.folder / COPY).glob("*.*")) == [".lock", "B", "B"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    corpus = with_audio(tmp_path, np.stack([tone(300)] * 2, 1))

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(InputError, match="keeps a copy of the corpus there"):
        at_rate(corpus, 8000)
