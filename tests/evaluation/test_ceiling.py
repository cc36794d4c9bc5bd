import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import torch

from mixdream.analysis import voice
from mixdream.analysis.fidelity import magnitude_snr_db
from mixdream.corpus.store import Corpus, audio_path
from mixdream.errors import InputError
from mixdream.evaluation.ceiling import (
    ceiling_sentence,
    grids_within,
    loud_windows,
    measure_ceiling,
    pass_through,
)
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from tests.corpus.small import make_corpus

STUDIO = NAMED_GRIDS["studio-8k"].model_copy(update={"frames": 128})


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100])
@pytest.mark.parametrize("grid", [STUDIO, Grid(frames=32)])
def test_what_comes_back_is_in_its_place_and_at_its_level(
    rate_hz: int, grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An inversion that knows the audio gives it back, whatever happens on the way to it and from it."""
    rng = np.random.default_rng(0)
    low = 0.1 * rng.standard_normal((2, grid.samples + 80))
    low = np.stack([soxr.resample(soxr.resample(one, 8000, 4000), 4000, 8000) for one in low])
    audio = np.stack([soxr.resample(one, 8000, rate_hz, quality="VHQ") for one in low])

    def knows(_name: str, _seen: torch.Tensor, _grid: Grid, seeds: Sequence[int]) -> torch.Tensor:
        clip = slice(grid.lead, grid.lead + grid.clip_samples)
        return torch.from_numpy(7 * low[list(seeds), clip]).float()

    monkeypatch.setattr(voice, "invert", knows)
    back, errors = pass_through(audio, rate_hz, grid, "random-phase", ["a", "b"])
    assert back.shape == audio.shape
    inner = slice(rate_hz // 20, round((grid.lead + grid.clip_samples) / 8000 * rate_hz) - rate_hz // 20)
    for one, other in zip(audio, back, strict=True):
        assert magnitude_snr_db(one[inner], other[inner], rate_hz) > 55
    assert (errors < 1e-3).all()


def test_the_table_files_and_figure_of_a_corpus(corpus: Corpus, tmp_path: Path) -> None:
    grids = {"thesis": NAMED_GRIDS["thesis"], "studio": STUDIO}
    result = measure_ceiling(corpus, tmp_path / "out", grids, 2)
    ways = {(way["grid"], way["inversion"]): way["mean"] for way in result["ways"]}
    assert len(ways) == 2 + 4
    snr_db = {key: mean["snr_db"] for key, mean in ways.items()}
    assert snr_db["studio", "pghi+gl"] > snr_db["studio", "griffin-lim"] > snr_db["studio", "random-phase"]
    assert snr_db["studio", "pghi+gl"] > snr_db["thesis", "random-phase"] + 8
    assert result["best"] == "studio_pghi+gl"
    assert "model on studio can sound" in result["sentence"]
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"01_original.wav", "02_thesis_random-phase.wav", "ceiling.json", "ceiling.png"} <= names
    assert (
        json.loads((tmp_path / "out" / "ceiling.json").read_text()) | {"folder": result["folder"]} == result
    )
    files = [soundfile.read(path) for path in (tmp_path / "out").glob("01_*.wav")]
    assert {rate_hz for _, rate_hz in files} == {8000}
    assert len({len(audio) for audio, _ in files}) == 1
    assert all(np.abs(audio).max() <= 0.9 for audio, _ in files)


def test_originals_and_inversions_are_written_at_one_gain(corpus: Corpus, tmp_path: Path) -> None:
    measure_ceiling(corpus, tmp_path, {"studio": STUDIO}, 1)
    original, found = (
        soundfile.read(tmp_path / f"01_{name}.wav")[0] for name in ("original", "studio_pghi+gl")
    )
    assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(original), rel=0.05)


def test_windows_are_the_louder_ones_and_always_the_same(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 80_000})
    audio = np.array(corpus.audio("a"))
    audio[:40_000] //= 10
    np.save(audio_path(tmp_path, "a"), audio)
    index = loud_windows(corpus, 1.0, 4)
    assert len(index) == 4
    assert index.start.min() >= 39_000
    assert index.start.tolist() == loud_windows(corpus, 1.0, 4).start.tolist()


def test_grids_above_the_rate_are_left_out_or_refused(corpus: Corpus, tmp_path: Path) -> None:
    assert list(grids_within(8000)) == ["thesis", "studio-8k"]
    assert "studio-32k" in grids_within(44_100)
    with pytest.raises(InputError, match="grids begin at 8000 Hz"):
        grids_within(4000)
    with pytest.raises(InputError, match="grid studio-16k is for 16000 Hz, the corpus has 8000 Hz"):
        measure_ceiling(corpus, tmp_path, {"studio-16k": NAMED_GRIDS["studio-16k"]})


@pytest.mark.parametrize(
    ("smear_ms", "words"),
    [(0.2, "as sharp as they were (within 1 ms)"), (-8.0, "8 ms faster"), (3.0, "3 ms slower")],
)
def test_the_sentence_says_what_became_of_attacks(smear_ms: float, words: str) -> None:
    mean = {"snr_db": 12.4, "bandwidth_hz": 3950.0, "bandwidth_kept": 0.25, "smear_ms": smear_ms}
    assert words in ceiling_sentence({"grid": "thesis", "inversion": "random-phase", "mean": mean})
