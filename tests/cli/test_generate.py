import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import soundfile

from mixdream.runs.run import Run
from tests.audio import media
from tests.cli.test_main import error_of, mixdream
from tests.conftest import write_set


@pytest.fixture
def run(bars_run: Run) -> Path:
    return bars_run.folder


def made(*arguments: object) -> list[dict[str, Any]]:
    done = mixdream(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)["clips"]


def test_a_run_that_learnt_bars_makes_loops(run: Path, tmp_path: Path) -> None:
    loops = made("generate", run, "--bpm", 126, "-n", 2, "--seed", 7, "-o", tmp_path)
    assert [loop["seed"] for loop in loops] == [7, 8]
    for loop in loops:
        path = Path(loop["file"])
        assert path.name.startswith(f"bars_{loop['seed']}_126bpm")
        assert soundfile.info(path).frames == 168_000
        chunks = media.loop_of(path.read_bytes())
        assert chunks is not None and (chunks.bpm, chunks.beats) == (126, 8)
    words = mixdream("generate", run, "--bars", 1, "-n", 1, "-o", tmp_path / "short").stdout
    assert "pulse" in words and "seam" in words


def test_a_run_of_seconds_makes_clips(seconds_run: Run, tmp_path: Path) -> None:
    (clip,) = made("generate", seconds_run.folder, "-n", 1, "-o", tmp_path)
    assert Path(clip["file"]).name == "seconds_0.wav" and "bars" not in clip
    for option, message in (("--bpm", "leave --bpm out"), ("--bars", "know no bars")):
        done = mixdream("generate", seconds_run.folder, option, 120, "-o", tmp_path / "out")
        assert message in error_of(done)


def test_a_pack(run: Path, tmp_path: Path) -> None:
    """A model after five steps makes one loop only, and that is said."""
    done = mixdream("pack", run, "-n", 2, "--bars", 1, "-o", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    pack = json.loads(done.stdout)
    assert pack["candidates"] == 6
    assert len(pack["clips"]) == 1
    assert done.stderr.startswith("only 1 of 6 loops differ enough (5 are like another, 0 silent, 0 copies)")
    assert len(zipfile.ZipFile(pack["zip"]).namelist()) == 3
    assert Path(pack["sheet"]).read_bytes().startswith(b"\x89PNG")
    words = mixdream("pack", run, "-n", 1, "--bars", 1, "-o", tmp_path).stdout
    assert words.splitlines()[1:] == [str(tmp_path / "contact-sheet.png"), str(tmp_path / "bars-pack.zip")]


def test_variations_and_morphs(run: Path, tmp_path: Path) -> None:
    varied = made("vary", 7, "--run", run, "-n", 2, "-o", tmp_path, "--rate", 8000)
    assert [Path(clip["file"]).name.split("_")[1] for clip in varied] == ["7~1", "7~2"]
    assert [clip["variation"] for clip in varied] == [
        {"of": 7, "number": number, "strength": 0.25} for number in (1, 2)
    ]
    morphed = made("morph", varied[1]["file"], 3, "--steps", 3, "-o", tmp_path, "--rate", 8000)
    assert [clip["morph"]["position"] for clip in morphed] == [0, 0.5, 1]
    assert all(clip["morph"]["from"] == varied[1]["variation"] for clip in morphed)
    assert all(clip["morph"]["to"] == 3 and clip["bars"] == 2 for clip in morphed)


def test_extensions(flow_run: Run, tmp_path: Path) -> None:
    file = write_set(tmp_path / "mine.wav", 8, 120)
    (clip,) = made("extend", file, "--run", flow_run.folder, "--bpm", 120, "-n", 1, "-o", tmp_path / "out")
    assert Path(clip["file"]).name == "flow_mine+0.wav" and clip["continues"]["file"] == "mine.wav"
    assert clip["seconds"] == pytest.approx(4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "RUN", "--bars", "3"], "loops of 1 or 2"),
        (["generate", "RUN", "--sampler-steps", "3"], "has no sampler"),
        (["pack", "RUN", "-n", "0"], "'--count'"),
        (["pack", "RUN", "--key", "13A"], "'13A' is no key: give a name such as Am"),
        (["pack", "RUN", "--fits"], "--fits needs a key"),
        (["morph", "1", "2", "--run", "RUN", "--steps", "1"], "'--steps'"),
        (["morph", "1", "--run", "RUN"], "Missing argument"),
        (["vary", "1", "--run", "RUN", "--strength", "1.5"], "'--strength'"),
        (["vary", "none.wav", "--run", "RUN"], "neither a clip nor a seed"),
        (["extend", "none.wav", "--run", "RUN"], "train one that has a flow"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], message: str, run: Path, tmp_path: Path) -> None:
    words = [str(run) if word == "RUN" else word for word in arguments]
    assert message in error_of(mixdream(*words, "-o", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_without_its_corpus_clips_are_not_compared_and_that_is_said_once(run: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(run, tmp_path / "bars")
    info = json.loads((moved / "run.json").read_text())
    info["corpus"]["folder"] = str(tmp_path / "gone")
    (moved / "run.json").write_text(json.dumps(info))
    done = mixdream("generate", moved, "--bars", 1, "-n", 2, "-o", tmp_path / "out")
    assert done.returncode == 0
    assert done.stderr.startswith("clips are not compared with the music: the corpus that")
    assert len(done.stderr.splitlines()) == 1
    for beside in (tmp_path / "out").glob("*.json"):
        assert "nearest" not in json.loads(beside.read_text())
    refused = mixdream("generate", moved, "--max-similarity", 0.9, "-o", tmp_path / "none")
    assert "cannot be opened" in error_of(refused)
    assert not (tmp_path / "none").exists()
