import json
import shutil
import zipfile
from pathlib import Path

import pytest
import soundfile

from mixdream.audio.loop_chunks import read_loop_chunks
from mixdream.corpus.store import Corpus
from mixdream.training.train import train
from tests.cli.test_main import error_of, mixdream
from tests.conftest import tiny_recipe


@pytest.fixture(scope="module")
def run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "bars"
    train(tiny_recipe("loops", "training.epochs=1"), corpus, folder)
    return folder


def test_loops_by_command(run: Path, tmp_path: Path) -> None:
    done = mixdream("generate", run, "--loop", "--bpm", 126, "-n", 2, "--seed", 7, "-o", tmp_path, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    loops = json.loads(done.stdout)["clips"]
    assert [loop["seed"] for loop in loops] == [7, 8]
    for loop in loops:
        path = Path(loop["file"])
        assert path.name.startswith(f"bars_{loop['seed']}_126bpm")
        assert soundfile.info(path).frames == 168_000
        chunks = read_loop_chunks(path.read_bytes())
        assert chunks is not None and (chunks.bpm, chunks.beats) == (126, 8)
    words = mixdream("generate", run, "--loop", "--bars", 1, "-n", 1, "-o", tmp_path / "one").stdout
    assert "pulse" in words and "seam" in words


def test_a_pack_by_command(run: Path, tmp_path: Path) -> None:
    """A model after five steps makes one loop only, and that is said."""
    done = mixdream("generate", run, "--pack", 2, "--bars", 1, "-o", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    pack = json.loads(done.stdout)
    assert pack["candidates"] == 6
    assert len(pack["clips"]) == 1
    assert done.stderr.startswith("only 1 of 6 loops differ enough (5 are like another, 0 silent)")
    assert len(zipfile.ZipFile(pack["zip"]).namelist()) == 3
    assert Path(pack["sheet"]).read_bytes().startswith(b"\x89PNG")
    words = mixdream("generate", run, "--pack", 1, "--bars", 1, "-o", tmp_path).stdout
    assert words.splitlines()[1:] == [str(tmp_path / "contact-sheet.png"), str(tmp_path / "bars-pack.zip")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--bars", "1"], "--bars is for loops: give --loop or --pack too"),
        (["--pack", "2", "-n", "2"], "leave -n out"),
        (["--loop", "--bars", "3"], "loops of 1 or 2"),
        (["--pack", "0"], "'--pack'"),
    ],
)
def test_wishes_that_cannot_be(options: list[str], message: str, run: Path, tmp_path: Path) -> None:
    assert message in error_of(mixdream("generate", run, "-o", tmp_path / "out", *options))
    assert not (tmp_path / "out").exists()


def test_without_its_corpus_clips_are_not_compared_and_that_is_said_once(run: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(run, tmp_path / "bars")
    info = json.loads((moved / "run.json").read_text())
    info["corpus"]["folder"] = str(tmp_path / "gone")
    (moved / "run.json").write_text(json.dumps(info))
    done = mixdream("generate", moved, "--loop", "--bars", 1, "-n", 2, "-o", tmp_path / "out")
    assert done.returncode == 0
    assert done.stderr.startswith("clips are not compared with the music: the corpus that")
    assert len(done.stderr.splitlines()) == 1
    for beside in (tmp_path / "out").glob("*.json"):
        assert "nearest" not in json.loads(beside.read_text())
    refused = mixdream("generate", moved, "--max-similarity", 0.9, "-o", tmp_path / "none")
    assert "cannot be opened" in error_of(refused)
    assert not (tmp_path / "none").exists()
