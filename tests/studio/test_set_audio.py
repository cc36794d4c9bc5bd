"""Audio of sets over HTTP: any range of bytes, any moment, a waveform; nothing but sets."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.studio.sets.set_audio import SetWav, asked_range, moment, nearest_sample, peaks, wav_header
from mixdream.studio.studio import Studio
from tests.studio.made import fill


@pytest.fixture(scope="module")
def gap(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A set of 15 s whose sixth to tenth seconds were dropped: they are silent."""
    folder = tmp_path_factory.mktemp("gap")
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 15 * 8000)
    noise[5 * 8000 : 10 * 8000] = 0
    soundfile.write(folder / "gap.wav", noise, 8000)
    return build_corpus([folder / "gap.wav"], folder / "corpus", rate_hz=8000, channels=1, jobs=1).corpus


def wav(content: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(content), dtype="int16")[0]


def test_any_range_is_a_part_of_a_whole_file(studio: Studio, client: TestClient) -> None:
    corpus = Corpus.open(fill(studio.project).corpus)
    address = "/api/sets/A/audio.wav"
    whole = client.get(address)
    assert whole.status_code == 200 and whole.headers["accept-ranges"] == "bytes"
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert np.array_equal(wav(whole.content), corpus.audio("A"))
    size = len(whole.content)
    for text, start, stop in (
        ("0-0", 0, 1),
        ("30-60", 30, 61),
        ("44-", 44, size),
        ("300000-900001", 300_000, 900_002),
        ("-7", size - 7, size),
        (f"-{10 * size}", 0, size),
        (f"{size - 1}-{2 * size}", size - 1, size),
    ):
        part = client.get(address, headers={"range": f"bytes={text}"})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        assert int(part.headers["content-length"]) == len(part.content)
        assert part.content == whole.content[start:stop]
    for text in (f"{size}-", "-0", f"{size + 5}-{size + 9}"):
        refused = client.get(address, headers={"range": f"bytes={text}"})
        assert refused.status_code == 416 and refused.headers["content-range"] == f"bytes */{size}"
    for text in ("bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "bytes=-"):
        assert client.get(address, headers={"range": text}).status_code == 200
    changed = {"range": "bytes=0-9", "if-range": '"another set"'}
    assert client.get(address, headers=changed).status_code == 200
    same = {"range": "bytes=0-9", "if-range": whole.headers["etag"]}
    assert client.get(address, headers=same).status_code == 206


@given(st.text(alphabet="bytes=-0123456789, ", max_size=20), st.integers(1, 1000))
def test_a_range_lies_in_the_file_whatever_is_asked(header: str, size: int) -> None:
    try:
        asked = asked_range(header, size)
    except InputError:
        return
    assert asked is None or 0 <= asked[0] < asked[1] <= size


@given(st.data())
def test_blocks_of_a_set_are_its_bytes(gap: Corpus, data: st.DataObject) -> None:
    file = SetWav(gap, gap.sets[0])
    whole = wav_header(2 * gap.sets[0].samples, 8000, 1) + gap.audio("gap").tobytes()
    assert file.bytes == len(whole)
    start = data.draw(st.integers(0, file.bytes - 1))
    stop = data.draw(st.integers(start + 1, file.bytes))
    assert b"".join(file.read(start, stop)) == whole[start:stop]


def test_a_set_of_more_than_four_gigabytes_says_the_most_that_a_wav_file_can() -> None:
    header = wav_header(5 * 2**30, 32_000, 2)
    assert header[40:44] == (0xFFFF_FFFF - 36).to_bytes(4, "little")
    assert len(header) == 44


def test_a_moment_is_of_the_sources_time(gap: Corpus) -> None:
    record, audio = gap.sets[0], gap.audio("gap")[:, 0]
    (span,) = record.dropped
    assert np.array_equal(wav(moment(gap, record, 1.0, 1.5)), audio[8000:20_000])
    late = record.sample_at(11.0)
    assert late is not None
    assert np.array_equal(wav(moment(gap, record, 11.0, 1.0)), audio[round(late) : round(late) + 8000])
    # It ends where something was dropped: what comes after is another moment.
    assert len(wav(moment(gap, record, span.start_s - 0.5, 2.0))) == pytest.approx(4000, abs=2)


def test_where_nothing_was_kept_the_nearest_moment_is_taken(gap: Corpus) -> None:
    record = gap.sets[0]
    (span,) = record.dropped
    before, after = record.segments
    assert nearest_sample(record, span.start_s + 0.1) == before[1] - 1
    assert nearest_sample(record, span.stop_s - 0.1) == after[0]
    assert nearest_sample(record, -5) == 0
    assert nearest_sample(record, 1e9) == record.samples - 1


def test_a_moment_plays_faster(gap: Corpus) -> None:
    record = gap.sets[0]
    assert len(wav(moment(gap, record, 0.5, 2.0, 2.0))) == pytest.approx(8000, abs=2)
    for seconds, speed in ((0, 1), (-1, 1), (1e9, 1), (float("nan"), 1), (1, 0), (1, 100), (1, float("nan"))):
        with pytest.raises(InputError, match="possible"):
            moment(gap, record, 0, seconds, speed)


def test_peaks_hold_all_of_the_audio(gap: Corpus) -> None:
    record, audio = gap.sets[0], gap.audio("gap")
    found = np.array(peaks(gap.folder, record))
    assert found.shape == (1000, 2)
    assert found[:, 0].min() == audio.min() >> 8 and found[:, 1].max() == audio.max() >> 8
    assert (found[:, 0] <= found[:, 1]).all() and np.abs(found).max() <= 128
    assert peaks(gap.folder, record) is peaks(gap.folder, record)


def test_moments_and_peaks_over_http(studio: Studio, client: TestClient) -> None:
    fill(studio.project)
    answer = client.get("/api/sets/B/moment.wav?at_s=2&seconds=1&speed=1.25")
    assert answer.headers["content-type"] == "audio/wav"
    assert len(wav(answer.content)) == pytest.approx(32_000 / 1.25, abs=2)
    assert client.get("/api/sets/B/moment.wav?at_s=2&seconds=9000").status_code == 400
    assert len(client.get("/api/sets/B/peaks.json").json()["peaks"]) == 1000


@pytest.mark.parametrize(
    "name", ["C", "a", "..", "..%2F..%2F.studio", "%2Fetc%2Fpasswd", "A.npy", "%00", "<b>"]
)
def test_nothing_but_sets_is_heard(name: str, studio: Studio, client: TestClient) -> None:
    fill(studio.project)
    for what in ("audio.wav", "peaks.json", "moment.wav?at_s=0&seconds=1"):
        assert client.get(f"/api/sets/{name}/{what}").status_code == 404


def test_a_project_without_a_corpus_has_no_sets(client: TestClient, studio: Studio) -> None:
    assert client.get("/api/sets/A/audio.wav").status_code == 404
    assert not (Path(studio.project.folder) / "corpus").exists()
