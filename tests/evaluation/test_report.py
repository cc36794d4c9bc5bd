import json
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.collection import Collection, read_folder
from mixdream.evaluation.compare import COMPARED, compare_pair
from mixdream.evaluation.copies.nearest import Nearest
from mixdream.evaluation.evaluate import LIMITS, Samples
from mixdream.evaluation.findings import read_aligned
from mixdream.evaluation.reference import reference_for_length
from mixdream.evaluation.report import make_report
from mixdream.evaluation.report_page import table_of, write_report
from tests.evaluation.tunes import RATE_HZ, tune, tune_corpus

SECONDS = 1.5
CLIP = round(SECONDS * RATE_HZ)


class Page(HTMLParser):
    """Tags that a browser would have to close, and every address on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.players = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.players += tag == "audio"
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    tunes = {name: tune(seed, 65) for seed, name in enumerate("ABC")}
    return tune_corpus(tmp_path_factory.mktemp("tunes") / "corpus", tunes)


@pytest.fixture(scope="module")
def folder(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of other tools: good ones at another rate, a copy, silence, NaN, and what is no audio."""
    made = tmp_path_factory.mktemp("clips") / "any"
    made.mkdir()
    for i in range(22):
        audio = soxr.resample(tune(100 + i, SECONDS), RATE_HZ, 16_000)
        soundfile.write(made / f"{i:02d}.flac", audio, 16_000)
    copied = corpus.audio("B")[20 * RATE_HZ : 20 * RATE_HZ + CLIP, 0] / 32768
    soundfile.write(made / "stolen.wav", copied, RATE_HZ)
    soundfile.write(made / "silent.wav", np.zeros(CLIP), RATE_HZ)
    broken = tune(5, SECONDS)
    broken[100] = np.nan
    soundfile.write(made / "nan.wav", broken, RATE_HZ, subtype="FLOAT")
    soundfile.write(made / "short.wav", tune(6, 0.5), RATE_HZ)
    (made / "no.wav").write_bytes(b"no audio")
    return made


@pytest.fixture(scope="module")
def collections(folder: Path) -> list[Collection]:
    rng = np.random.default_rng(0)
    one = tune(50, SECONDS)
    stuck = np.stack([np.roll(one, rng.integers(-80, 80)) for _ in range(30)]).astype(np.float32)
    labels = tuple(f"take {i}" for i in range(30))
    return [read_folder(folder, RATE_HZ, 100, 0), Collection("stuck", stuck, RATE_HZ, labels)]


@pytest.fixture(scope="module")
def content(corpus: Corpus, collections: list[Collection]) -> dict[str, Any]:
    return make_report(corpus, reference_for_length(SECONDS, corpus), collections)


@pytest.fixture(scope="module")
def written(content: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    page, _ = write_report(tmp_path_factory.mktemp("report") / "r", content)
    return page


def test_any_folder_is_read_at_one_rate_and_length(collections: list[Collection]) -> None:
    found = collections[0]
    assert (found.rate_hz, found.audio.shape) == (RATE_HZ, (25, CLIP))
    assert found.labels[0] == "00.flac"
    assert [note for note in found.notes if "no.wav' is not a media file" in note]
    assert [note for note in found.notes if "1 files shorter than 1.50 s, such as 'short.wav'" in note]
    assert np.isnan(found.audio[found.labels.index("nan.wav")]).any()


def test_longer_files_are_cut_side_by_side(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", tune(0, 25), RATE_HZ)
    found = read_folder(tmp_path, RATE_HZ, 100, 0)
    assert found.labels == ("long.wav", "long.wav from 10 s")
    assert read_folder(tmp_path, RATE_HZ, 100, 0, 5.0).audio.shape == (5, 5 * RATE_HZ)
    assert len(read_folder(tmp_path, RATE_HZ, 3, 0, 5.0).audio) == 3


def test_folders_that_hold_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is missing: give a run, or a folder"):
        read_folder(tmp_path / "nowhere", RATE_HZ, 10, 0)
    with pytest.raises(InputError, match="no audio or video file"):
        read_folder(tmp_path, RATE_HZ, 10, 0)
    soundfile.write(tmp_path / "blip.wav", tune(0, 0.25), RATE_HZ)
    with pytest.raises(InputError, match=r"last 0\.25 s: what is under 1 s cannot be judged"):
        read_folder(tmp_path, RATE_HZ, 10, 0)


def test_floors_do_not_overlap_and_held_out_music_is_not_in_them(corpus: Corpus) -> None:
    found = reference_for_length(SECONDS, corpus)
    places = sorted([*found.train.places, *found.other.places])
    for (name, start), (after, later) in pairwise(places):
        assert name != after or later - start >= SECONDS - 1e-9
    assert found.held_out is not None or any("held-out" in note for note in found.notes)
    sets = {name for name, _ in places}
    assert len(sets) == 2  # sets this short: a whole one is held out


def test_what_is_broken_is_counted_and_not_embedded(content: dict[str, Any]) -> None:
    row = content["rows"][0]
    assert row["validity"] == {"nan": 1 / 25, "silent": 1 / 25, "clipped": 0}
    assert content["n"] == 23
    assert row["embeddings"]["handcrafted"]["n"] == 23


def test_the_copy_is_named(content: dict[str, Any]) -> None:
    copies = content["rows"][0]["copies"]
    assert copies["checked"] == 24  # silence can be compared, NaN cannot
    first = copies["clips"][0]
    assert (first["clip"], first["is_copy"], first["set"]) == ("stolen.wav", True, "B")
    assert first["time_s"] == pytest.approx(20, abs=0.1)
    assert "a copy" in first["sentence"] and "of 24 clips look like copies" in copies["sentence"]


def test_verdicts_and_comparison(content: dict[str, Any]) -> None:
    good, stuck = content["rows"]
    assert good["verdict"]["coverage_kept"] > stuck["verdict"]["coverage_kept"] + 0.2
    assert stuck["verdict"]["collapse"] in ("partial", "full")  # all the tunes are of one kind
    differences = content["comparison"][0]["differences"]
    assert set(differences) == set(COMPARED)
    assert differences["coverage"]["high"] < 0
    assert differences["coverage"]["no_chance"]


def test_every_figure_has_an_interval_and_floors(content: dict[str, Any]) -> None:
    for row in content["rows"]:
        for line in table_of(content, row)["lines"]:
            if line["metric"] != "frechet_distance":  # which says why it is left out
                for cell in line["cells"]:
                    assert cell["low"] <= cell["value"] <= cell["high"]
        figures = row["embeddings"]["handcrafted"]
        assert set(figures["figures"]) | set(figures["left_out"]) == set(LIMITS)
        assert row["pulse"]["pulse_db"]["distance"]["low"] >= 0
    assert "train" in content["floors"]


def test_what_a_stuck_model_misses_can_be_heard(content: dict[str, Any]) -> None:
    clusters = content["rows"][1]["clusters"]
    over = [one for one in clusters if one["kind"] == "over-produced"]
    assert over[0]["z"] > 2 and over[0]["players"][0]["note"] == "real"
    for one in clusters:
        assert len(one["places"]) == one["real_windows"]
    missing = [one for one in clusters if one["kind"] == "missing"]
    for one in missing:
        assert "never imitated" in one["sentence"] or "Only" in one["sentence"]


def test_the_page_needs_nothing_else(content: dict[str, Any], written: Path) -> None:
    text = written.read_text("utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.players >= 20
    assert page.addresses and all(address.startswith("data:") for address in page.addresses)
    assert "http:" not in text and "https:" not in text
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert content["rows"][1]["verdict"]["sentence"] in text and "stolen.wav" in text


def test_the_json_is_whole(content: dict[str, Any], written: Path) -> None:
    plain = json.loads((written.parent / "report.json").read_text("utf-8"))
    assert plain["rows"][0]["copies"] == json.loads(json.dumps(_without(content["rows"][0]["copies"])))
    assert "data:audio" not in json.dumps(plain)
    assert plain["versions"]["mixdream"] and plain["reference"]["blocks"] >= 2


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items() if key != "players"}
    return [_without(one) for one in value] if isinstance(value, list) else value


def test_paired_intervals_are_narrower_where_the_music_varies() -> None:
    """Two models that differ by a little, on a reference whose minutes differ a lot."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(12, 6))
    reference = Samples(np.repeat(centres, 10, 0) + 0.5 * rng.normal(size=(120, 6)), np.arange(120) // 10)
    near = Samples.independent(centres[rng.integers(12, size=100)] + 0.5 * rng.normal(size=(100, 6)))
    far = Samples.independent(near.embeddings + 1.0)
    found = compare_pair(reference, near, far)
    assert found["kernel_distance"].low > 0
    same = compare_pair(reference, near, near)
    assert same["coverage"].value == 0 and same["coverage"].low <= 0 <= same["coverage"].high
    with pytest.raises(InputError, match="100 and 50 clips"):
        compare_pair(reference, near, far.take(np.arange(50)))


def test_the_moment_is_turned_to_match_the_clip(corpus: Corpus) -> None:
    moment = corpus.audio("A")[3 * RATE_HZ : 3 * RATE_HZ + CLIP, 0] / np.float32(32768)
    found = Nearest("A", 3 * RATE_HZ, 3.0, 0.25, 1.0, 0.0, None)
    assert np.allclose(read_aligned(found, CLIP, RATE_HZ, corpus), np.roll(moment, -RATE_HZ // 4))
    faster = Nearest("A", 3 * RATE_HZ, 3.0, 0.0, 1.01, 0.0, None)
    assert read_aligned(faster, CLIP, RATE_HZ, corpus).shape == (CLIP,)
