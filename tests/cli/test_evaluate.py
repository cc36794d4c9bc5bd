import json
from pathlib import Path

import pytest
import soundfile

from mixdream.corpus.store import Corpus
from mixdream.training.train import train
from tests.cli.test_main import error_of, mixdream
from tests.conftest import nothing_drawn, tiny_recipe
from tests.evaluation.tunes import RATE_HZ, tune, tune_corpus


@pytest.fixture(scope="module")
def tunes(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    made = {name: tune(seed, 100) for seed, name in enumerate("AB")}
    return tune_corpus(tmp_path_factory.mktemp("tunes") / "corpus", made)


@pytest.fixture(scope="module")
def run(tunes: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    recipe = tiny_recipe("thesis-3", "windows.total=200", "training.epochs=1", "training.batch=50")
    with nothing_drawn():
        train(recipe, tunes, folder)
    return folder


def test_a_run_and_a_folder_by_command(
    run: Path, tunes: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    clips, report = tmp_path / "clips", tmp_path / "report"
    clips.mkdir()
    for i in range(20):
        soundfile.write(clips / f"{i}.wav", tune(100 + i, 5), RATE_HZ)
    done = mixdream("evaluate", clips, run, tunes.folder, "-o", report, "-n", 20)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Coverage" in done.stdout and "train" in done.stdout and "Mode collapse cannot" in done.stdout
    assert f"Open it: {(report / 'index.html').as_uri()}" in done.stdout
    result = json.loads((report / "report.json").read_text("utf-8"))
    assert [row["name"] for row in result["rows"]] == ["clips", "tiny"]
    folder, made = result["rows"]
    assert "ceiling" not in folder
    for part in ("ceiling", "spectrograms", "consistency"):
        assert part in made
    assert made["ceiling"]["embeddings"]["handcrafted"]["figures"]["coverage"]["low"] >= 0
    assert made["facts"]["inversion"] == "random-phase" and "loss_d" in made["facts"]["losses"]
    assert made["verdict"]["collapse"] == "unknown"  # NDB takes more real windows than 4 minutes have
    assert made["copies"]["checked"] == 20
    assert any("held nothing out" in note for note in result["notes"])
    assert (report / "index.html").read_text("utf-8").count("data:audio/flac") > 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x"], "give what to evaluate"),
        (["x", "nowhere"], "'nowhere' is not a corpus"),
    ],
)
def test_wrong_calls(arguments: list[str], message: str) -> None:
    assert message in error_of(mixdream("evaluate", *arguments))


def test_what_is_missing_is_named(tunes: Corpus, tmp_path: Path) -> None:
    assert "is missing: give a run" in error_of(
        mixdream("evaluate", tmp_path / "nothing", tunes.folder, "-o", tmp_path / "report")
    )
    assert not (tmp_path / "report").exists()
