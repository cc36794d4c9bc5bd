import json
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.collection import Collection, heard_as, read_folder
from mixdream.evaluation.copies.nearest import Nearest
from mixdream.evaluation.copy_findings import read_aligned
from mixdream.evaluation.metrics import COMPARED, METRICS
from mixdream.evaluation.reference import reference_for_length
from mixdream.evaluation.report import make_report
from mixdream.evaluation.report_page import table_of, write_report
from mixdream.evaluation.sections import Content
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
    return [read_folder(folder, RATE_HZ, 100, 0), Collection("stuck", stuck[..., None], RATE_HZ, labels)]


@pytest.fixture(scope="module")
def content(corpus: Corpus, collections: list[Collection]) -> Content:
    return make_report(corpus, reference_for_length(SECONDS, corpus), collections)


@pytest.fixture(scope="module")
def page(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(tmp_path_factory.mktemp("report") / "r", content)[0]


def test_any_folder_is_read_at_one_rate_and_length(collections: list[Collection]) -> None:
    found = collections[0]
    assert (found.rate_hz, found.audio.shape) == (RATE_HZ, (25, CLIP, 1))
    assert found.labels[0] == "00.flac"
    assert [note for note in found.notes if "no.wav' is not a media file" in note]
    assert [note for note in found.notes if "1 files shorter than 1.50 s, such as 'short.wav'" in note]
    assert np.isnan(found.audio[found.labels.index("nan.wav")]).any()


def test_clips_are_heard_at_another_rate_and_in_other_channels() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    tone = np.sin(2 * np.pi * 440 * time_s).astype(np.float32)[None, :, None]
    heard = heard_as(Collection("tone", tone, RATE_HZ, ("a",)), 32_000, 2)
    assert (heard.rate_hz, heard.audio.shape) == (32_000, (1, 32_000, 2))
    expected = np.sin(2 * np.pi * 440 * np.arange(32_000) / 32_000)
    assert np.abs(heard.audio[0, 500:-500] - expected[500:-500, None]).max() < 1e-3
    assert heard_as(heard, 32_000, 1).audio.shape == (1, 32_000, 1)


def test_longer_files_are_cut_side_by_side(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", tune(0, 25), RATE_HZ)
    found = read_folder(tmp_path, RATE_HZ, 100, 0)
    assert found.labels == ("long.wav", "long.wav from 10 s")
    assert read_folder(tmp_path, RATE_HZ, 100, 0, 5.0).audio.shape == (5, 5 * RATE_HZ, 1)
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


def test_what_is_broken_is_counted_and_not_embedded(content: Content) -> None:
    row = content.rows[0]
    assert row.validity == {"nan": 1 / 25, "silent": 1 / 25, "clipped": 0}
    assert row.measures is not None and row.measures.kinds.n == content.n == 23


def test_the_copy_is_named(content: Content) -> None:
    copies = content.rows[0].copies
    assert copies is not None and copies.checked == 24  # silence can be compared, NaN cannot
    first = copies.clips[0]
    assert (first.clip, first.check.is_copy) == ("stolen.wav", True)
    assert first.check.nearest is not None and first.check.nearest.set_name == "B"
    assert first.check.nearest.time_s == pytest.approx(20, abs=0.1)
    assert "of 24 clips look like copies" in copies.sentence


def test_verdicts_and_comparison(content: Content) -> None:
    good, stuck = (row.verdict for row in content.rows)
    assert good.coverage_kept is not None and stuck.coverage_kept is not None
    assert good.coverage_kept > stuck.coverage_kept + 0.2
    assert stuck.collapse in ("partial", "full")  # all the tunes are of one kind
    differences = content.comparison[0].differences
    assert set(differences) == set(COMPARED)
    assert differences["coverage"].high < 0
    others = content.comparison[0].embeddings
    assert set(others) == {"texture", "random net"}
    assert others["random net"]["kernel_distance"].low > 0


def test_every_figure_has_an_interval_and_floors(content: Content) -> None:
    for row in content.rows:
        for key, _, estimates in table_of(content, row).lines:
            if key != "frechet_distance":  # needs twice as many clips as dims
                assert len(estimates) == 1 + len(content.floors)
                for estimate in estimates:
                    assert estimate is not None and estimate.low <= estimate.value <= estimate.high


def test_the_headline_has_every_way_of_hearing(content: Content, page: Path) -> None:
    stuck = content.rows[1]
    lines = {name: estimates for name, _, estimates in table_of(content, stuck).headline}
    assert list(lines)[:3] == [f"Kernel distance, {ear} ↓" for ear in ("sound", "texture", "net")]
    told, *floors = lines["Told apart ↓"]
    assert told is not None and told.value > 0.9
    assert floors[0] is not None and floors[0].low < 0.5
    plain = json.loads((page.parent / "report.json").read_text("utf-8"))
    assert plain["rows"][1]["told_apart"]["value"] == told.value
    assert {"quantity", "band", "difference", "beyond"} <= set(plain["rows"][1]["texture"][0])


def test_what_a_stuck_model_misses_can_be_heard(content: Content) -> None:
    clusters = content.rows[1].clusters
    assert clusters is not None
    over = [cluster for cluster in clusters if cluster.kind == "over-produced"]
    assert over[0].z > 2 and over[0].players[0].note == "real"
    for cluster in clusters:
        assert len(cluster.places) == cluster.real_windows
        if cluster.kind == "missing":
            assert "never imitated" in cluster.sentence or "Only" in cluster.sentence


def test_the_page_needs_nothing_else(content: Content, page: Path) -> None:
    text = page.read_text("utf-8")
    parsed = Page()
    parsed.feed(text)
    assert parsed.open == []
    assert parsed.players >= 20
    assert parsed.addresses and all(address.startswith("data:") for address in parsed.addresses)
    assert "http:" not in text and "https:" not in text
    assert "default-src 'none'" in text
    assert content.rows[1].verdict.sentence in text and "stolen.wav" in text


def test_the_json_has_all_figures_and_no_media(content: Content, page: Path) -> None:
    text = (page.parent / "report.json").read_text("utf-8")
    plain = json.loads(text)
    assert "data:" not in text
    good, stuck = plain["rows"]
    assert {"verdict", "embeddings", "pulse", "copies", "clusters"} <= set(good)
    assert not {"measures", "ceiling", "players"} & set(good)
    assert set(stuck["embeddings"]) == {"handcrafted", "kinds", "texture", "random net"}
    figures = stuck["embeddings"]["handcrafted"]["figures"]
    assert set(figures) == set(METRICS) - {"frechet_distance"}
    assert set(figures["coverage"]) == {"value", "low", "high"}
    assert good["copies"]["clips"][0]["set"] == "B"
    assert "set" not in next(clip for clip in good["copies"]["clips"] if clip["clip"] == "silent.wav")
    assert plain["comparison"][0]["differences"]["coverage"]["no_chance"]
    assert plain["comparison"][0]["embeddings"]["random net"]["coverage"]["no_chance"]


def test_the_moment_is_turned_to_match_the_clip(corpus: Corpus) -> None:
    moment = corpus.audio("A")[3 * RATE_HZ : 3 * RATE_HZ + CLIP, 0] / np.float32(32768)
    found = Nearest("A", 3 * RATE_HZ, 3.0, 0.25, 1.0, 0.0, None)
    assert np.allclose(read_aligned(found, CLIP, RATE_HZ, corpus), np.roll(moment, -RATE_HZ // 4))
    faster = Nearest("A", 3 * RATE_HZ, 3.0, 0.0, 1.01, 0.0, None)
    assert read_aligned(faster, CLIP, RATE_HZ, corpus).shape == (CLIP,)
