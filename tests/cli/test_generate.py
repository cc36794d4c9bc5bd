import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import soundfile

from mixdream.corpus.store import Corpus
from mixdream.training.train import train
from tests.audio import media
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
        chunks = media.loop_of(path.read_bytes())
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


def test_variations_and_morphs_by_command(run: Path, tmp_path: Path) -> None:
    def made(*options: object) -> list[dict[str, Any]]:
        done = mixdream("generate", run, "-o", tmp_path, "--rate", 8000, *options, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)["clips"]

    varied = made("--variations-of", 7, "-n", 2)
    assert [Path(clip["file"]).name for clip in varied] == ["bars_7~1.wav", "bars_7~2.wav"]
    assert [clip["variation"] for clip in varied] == [
        {"of": 7, "number": number, "strength": 0.25} for number in (1, 2)
    ]
    morphed = made("--loop", "--morph", varied[1]["file"], 3, "--steps", 3)
    assert [clip["morph"]["position"] for clip in morphed] == [0, 0.5, 1]
    assert all(clip["morph"]["from"] == varied[1]["variation"] for clip in morphed)
    assert all(clip["morph"]["to"] == 3 and clip["bars"] == 2 for clip in morphed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--bars", "1"], "--bars is for loops: give --loop or --pack too"),
        (["--pack", "2", "-n", "2"], "leave -n out"),
        (["--loop", "--bars", "3"], "loops of 1 or 2"),
        (["--pack", "0"], "'--pack'"),
        (["--variations-of", "1", "--morph", "1", "2"], "do not go together"),
        (["--variations-of", "1", "--pack", "2"], "with --variations-of, give --loop instead"),
        (["--morph", "1", "2", "--pack", "2"], "with --morph, give --loop instead"),
        (["--morph", "1", "2", "--max-similarity", "0.9"], "a morph cannot be redrawn"),
        (["--morph", "1", "2", "-n", "3"], "--steps says how many"),
        (["--morph", "1", "2", "--steps", "1"], "'--steps'"),
        (["--morph", "1"], "'--morph'"),
        (["--strength", "0.5"], "--strength is for variations"),
        (["--steps", "5"], "--steps is for morphs"),
        (["--variations-of", "1", "--seed", "0"], "leave --seed out"),
        (["--variations-of", "1", "--strength", "1.5"], "'--strength'"),
        (["--variations-of", "none.wav"], "neither a clip nor a seed"),
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
