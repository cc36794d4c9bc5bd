import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.copies import searched as searching
from mixdream.evaluation.copies.verdict import RealNearest
from mixdream.generation import similarity as similar
from mixdream.generation.clips import Clip
from mixdream.generation.generate import generate
from mixdream.generation.origin import Origin, vary
from mixdream.generation.pack import make_pack
from mixdream.generation.similarity import Similarity, corpus_of, draw
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from mixdream.training.train import train
from tests.conftest import nothing_drawn, tiny_recipe, write_set
from tests.evaluation.tunes import RATE_HZ, tune, tune_corpus

COUNT = 4  # of clips


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Three tunes that have nothing to do with each other."""
    return tune_corpus(
        tmp_path_factory.mktemp("tunes") / "corpus", {n: tune(i, 30) for i, n in enumerate("ABC")}
    )


@pytest.fixture(scope="module")
def trained(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    with nothing_drawn():
        train(tiny_recipe("thesis-3", "training.epochs=1"), corpus, folder)
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Run:
    return Run.open(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture(scope="module")
def measured(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same run for all tests that need to know how near real windows come: that takes seconds."""
    return Run.open(shutil.copytree(trained, tmp_path_factory.mktemp("measured") / "run"))


def tunes(run: Run, corpus: Corpus) -> list[Clip]:
    """Clips 0, 2, 4, ... are new tunes, 1, 3, 5, ... moments of B."""
    samples = run.recipe.grid.clip_samples
    moments = corpus.audio("B")[:, 0] / 32768
    return [
        Clip(seed, moments[(1 + seed) * RATE_HZ :][:samples] if seed % 2 else tune(100 + seed, 6)[:samples])
        for seed in range(20)
    ]


def drawn(clips: list[Clip], similarity: Similarity | None, count: int) -> list[tuple[Any, dict[str, Any]]]:
    by_origin: dict[Origin, Clip] = {clip.origin: clip for clip in clips}
    wish = Wish(
        count=count,
        origins=[clip.origin for clip in clips],
        max_similarity=similarity.highest if similarity else None,
    )
    clips_and_words = draw(by_origin.__getitem__, wish, similarity, lambda done, note: None)
    return [(clip.origin, about) for clip, about in clips_and_words]


def test_the_nearest_moment_is_named_without_measuring_real_windows(run: Run, corpus: Corpus) -> None:
    told = drawn(tunes(run, corpus), Similarity(run, corpus_of(run)), COUNT)
    assert [seed for seed, _ in told] == [0, 1, 2, 3]
    for seed, about in told:
        assert set(about) == {"nearest"}
        if seed % 2:
            assert about["nearest"]["set"] == "B"
            assert about["nearest"]["time_s"] == pytest.approx(1 + seed, abs=0.1)
            assert about["nearest"]["distance"] < 0.05
    assert told[1][1]["nearest"]["time"] == "0:00:02.0"
    assert not (run.folder / "copies.json").exists()


def test_too_similar_clips_are_redrawn_with_the_next_seeds(measured: Run, corpus: Corpus) -> None:
    told = drawn(tunes(measured, corpus), Similarity(measured, corpus, 0.98), COUNT)
    seeds = [seed for seed, _ in told]
    assert len(seeds) == COUNT and seeds == sorted(seeds)
    assert not any(seed % 2 for seed in seeds)
    for _, about in told:
        assert about["similarity"] <= 0.98 and about["copy"] is False
    strict = drawn(tunes(measured, corpus), Similarity(measured, corpus, 1.0), COUNT)
    assert [seed for seed, _ in strict] == [0, 1, 2, 3]
    assert [about["copy"] for _, about in strict] == [False, True, False, True]
    assert strict[1][1]["similarity"] == 1.0


def test_real_windows_are_measured_once(run: Run, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = tunes(run, corpus)
    measured: list[float] = []

    def counted(corpus: Corpus, clip_s: float, **options: Any) -> RealNearest:
        measured.append(clip_s)
        return RealNearest(np.linspace(0.2, 0.9, 50), np.linspace(0.8, 1, 50))

    monkeypatch.setattr(searching, "measure_real", counted)
    first = drawn(clips, Similarity(run, corpus, 0.98), 2)
    assert drawn(clips, Similarity(run, corpus, 0.98), 2) == first
    # Known now, so it is told though nothing is to be rejected.
    assert drawn(clips, Similarity(run, corpus), 2)[0] == first[0]
    assert len(measured) == 1
    short = [Clip(one.origin, one.audio[: 2 * RATE_HZ]) for one in clips]
    drawn(short, Similarity(run, corpus, 0.98), 1)
    assert measured[1:] == [2.0]
    kept = json.loads((run.folder / "copies.json").read_text())
    assert len(kept["clips"]) == 2
    (run.folder / "copies.json").write_text(json.dumps(kept | {"corpus": "another"}))
    drawn(clips, Similarity(run, corpus, 0.98), 1)
    assert len(measured) == 3


def test_a_search_without_end_ends(measured: Run, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "TRIES", 3)
    copies = [Clip(i, one.audio) for i, one in enumerate(tunes(measured, corpus)[1::2])]
    with pytest.raises(InputError, match=r"only 0 of 6 clips are not more similar than 0\.9, 2 are wanted"):
        drawn(copies, Similarity(measured, corpus, 0.9), 2)


def test_too_similar_variations_are_redrawn_with_the_next_numbers(measured: Run, corpus: Corpus) -> None:
    clips = tunes(measured, corpus)
    variations = [Clip(way, one.audio) for way, one in zip(vary(7, 0.25), clips, strict=False)]
    told = drawn(variations, Similarity(measured, corpus, 0.98), 3)
    numbers = [way.number for way, _ in told]
    assert len(numbers) == 3 and numbers == sorted(numbers)
    assert all(number % 2 for number in numbers)
    with pytest.raises(InputError, match=r"only 2 of 4 clips are not more similar than 0\.98, 3 are wanted"):
        drawn(variations[:4], Similarity(measured, corpus, 0.98), 3)


def test_silence_is_near_to_nothing(run: Run, measured: Run, corpus: Corpus) -> None:
    clips = [Clip(0, np.zeros(measured.recipe.grid.clip_samples))]
    assert drawn(clips, Similarity(run, corpus), 1)[0][1] == {"nearest": None}
    assert drawn(clips, Similarity(measured, corpus, 0.0), 1)[0][1] == {
        "nearest": None, "similarity": 0.0, "copy": False
    }  # fmt: skip


def test_clips_say_what_they_are_nearest_to(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    shares: list[float] = []
    clips = generate(
        run, tmp_path / "out", Wish(count=2, seed=5), corpus, lambda done, note: shares.append(done)
    )
    assert [clip["seed"] for clip in clips] == [5, 6]
    for clip in clips:
        beside = json.loads(Path(clip["file"]).with_suffix(".json").read_text())
        assert beside["nearest"] is None or beside["nearest"]["set"] in "ABC"
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)


def test_loops_and_packs_are_compared_at_the_model_s_tempo(tmp_path: Path) -> None:
    sets = [write_set(tmp_path / f"{bpm}.wav", 30, bpm, bpm) for bpm in (120, 140)]
    build_corpus(sets, tmp_path / "corpus", jobs=1)
    corpus = Corpus.open(tmp_path / "corpus")
    with nothing_drawn():
        train(tiny_recipe("loops", "training.epochs=1"), corpus, tmp_path / "bars")
    run = Run.open(tmp_path / "bars")
    speeds = searching.Searched.of(run.recipe, corpus).speeds
    assert speeds is not None
    bpm = run.recipe.tempo_bpm
    assert bpm is not None
    assert speeds["120"][0] == pytest.approx(bpm / 120, abs=0.011)
    assert speeds["140"][0] == pytest.approx(bpm / 140, abs=0.011)
    loops = generate(run, tmp_path / "out", Wish(count=1, bars=1), corpus=corpus)
    assert "nearest" in loops[0]
    pack = make_pack(run, tmp_path / "pack", Wish(count=1, bars=1), corpus=corpus)
    assert "nearest" in pack.loops[0]


def test_a_corpus_that_is_gone_or_another_one_is_said(run: Run) -> None:
    info = run.info()
    (run.folder / "run.json").write_text(json.dumps(info | {"corpus": info["corpus"] | {"hash": "0"}}))
    with pytest.raises(InputError, match=r"is not the one that .* learnt from: it has changed since"):
        corpus_of(run)
    gone = info["corpus"] | {"folder": str(run.folder / "gone")}
    (run.folder / "run.json").write_text(json.dumps(info | {"corpus": gone}))
    with pytest.raises(InputError, match=r"cannot be opened .* put it back"):
        corpus_of(run)
