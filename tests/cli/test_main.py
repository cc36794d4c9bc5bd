import io
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from mixdream.cli.main import main
from mixdream.corpus.store import Corpus
from tests.conftest import FAST, TINY, write_set

pytestmark = pytest.mark.usefixtures("no_pictures")

TINY_OPTIONS = [
    part for override in (*TINY["dcgan"], *FAST, "windows.total=24") for part in ("--set", override)
]


def mixdream(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process: a new one would import torch anew at every call."""
    words, out, err = ["mixdream", *map(str, arguments)], io.StringIO(), io.StringIO()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
    signal.signal(signal.SIGTERM, before)
    return subprocess.CompletedProcess(words, int(str(ended.value.code)), out.getvalue(), err.getvalue())


def mixdream_process(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """The same as a user calls it."""
    command = [sys.executable, "-m", "mixdream", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def error_of(done: subprocess.CompletedProcess[str], code: int = 2) -> str:
    """The one line that a wrong input gives."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("mixdream: ")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "No such command 'trian'"),
        (["train"], "Missing argument"),
        (["train", "thesis-9", "x", "-o", "y"], "unknown recipe 'thesis-9'; did you mean thesis-4"),
        (["train", "thesis-3", "nowhere", "-o", "y"], "'nowhere' is not a corpus"),
        (["train", "thesis-3", "x", "-o", "y", "--set", "lr=1"], "unknown key lr; the nearest is"),
        (
            ["train", "thesis-3", "x", "-o", "y", "--minutes", "soon"],
            "'--minutes': Input should be a valid number",
        ),
        (["generate", "nowhere", "-o", "y"], "nowhere is no run"),
        (
            ["generate", "nowhere", "-o", "y", "-n", "0"],
            "'--count': Input should be greater than or equal to 1",
        ),
        (["generate", "nowhere", "-o", "y", "--format", "mp3"], "'wav', 'flac'"),
        (["invert", "nothing.npy", "-o", "y"], "nothing.npy cannot be read"),
        (["invert", "song.wav", "-o", "y"], "song.wav is no spectrogram"),
        (["train", "thesis-3", "x", "-o", "y", "--seed", "9" * 30], "'--seed'"),
        (["train", "thesis-3", "x", "-o", "y", "--set", "windows.slide_ms=1e20"], "windows.slide_ms"),
        (["train", "thesis-3", "x", "-o", "y", "--set", "model.latent=100000000000"], "model.latent"),
        (["generate", "nowhere", "-o", "y", "-n", "100000000000"], "'--count'"),
        (["recipes", "nope"], "unknown recipe 'nope'"),
        (["generate", "--loop", "-o", "y"], "No such option"),
        (["vary", "7", "-o", "y"], "say which with --run RUN"),
        (["morph", "7", "none.wav", "-o", "y"], "'none.wav' is neither a clip nor a seed"),
        (["extend", "song.wav", "-o", "y"], "the tempo of 'song.wav' is not known: give --bpm"),
        (["ceiling", "nowhere"], "'nowhere' is not a corpus"),
        (["ceiling", "x", "-n", "0"], "'--number'"),
    ],
)
def test_wrong_calls_give_one_line_and_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in error_of(mixdream(*arguments))
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_be_written_give_one_line(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    np.save(tmp_path / "x.npy", np.zeros((128, 128)))
    inside = tmp_path / "file" / "folder"
    for arguments in (
        ["train", "thesis-3", corpus.folder, "-o", inside, *TINY_OPTIONS],
        ["train", "thesis-3", corpus.folder, "-o", tmp_path / "file", *TINY_OPTIONS],
        ["invert", tmp_path / "x.npy", "-o", inside],
        ["demo", "-o", inside],
        ["corpus", "export-images", corpus.folder, "-o", inside],
    ):
        assert "file" in error_of(mixdream(*arguments))


def test_clips_that_would_replace_each_other_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "x.npy", np.ones((128, 128)))
    twice = mixdream("invert", tmp_path / "a/x.npy", tmp_path / "b/x.npy", "-o", tmp_path / "out")
    assert "invert them apart" in error_of(twice)
    odd = mixdream("invert", tmp_path / "a/x.npy", "-o", tmp_path, "--format", "flac", "--rate", 100_001)
    assert "cannot be written as flac at 100001 Hz" in error_of(odd)
    assert not list(tmp_path.glob(".*"))


def test_no_minutes_at_all_is_one_step(corpus: Corpus, tmp_path: Path) -> None:
    arguments = ["train", "thesis-3", corpus.folder, "-o", tmp_path / "run", *TINY_OPTIONS, "--minutes", 0]
    done = mixdream(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == 1


def test_names_need_not_be_utf_8(corpus: Corpus, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/corpus\xff")
    shutil.copytree(corpus.folder, odd)
    verified = mixdream_process("corpus", "verify", odd, "--json")
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["corpus"] == odd
    run = tmp_path / "[" / "run]"
    done = mixdream("train", "thesis-3", odd, "-o", run, *TINY_OPTIONS, "--minutes", 0, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["corpus"]["folder"] == odd
    assert mixdream("generate", run, "-n", 1, "-o", run / "clips").returncode == 0


def test_recipes_are_listed_and_printed() -> None:
    listed = json.loads(mixdream("recipes", "--json").stdout)["recipes"]
    assert {"thesis-1", "thesis-2", "thesis-3", "thesis-4", "thesis-4-uniform", "cpu"} <= {
        r["name"] for r in listed
    }
    assert "thesis-4-uniform" in mixdream("recipes").stdout
    assert "hop = 253" in mixdream("recipes", "thesis-1").stdout


def test_dry_run_prints_the_plan_and_writes_nothing(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    arguments = ["train", "thesis-3", corpus.folder, "-o", run, "--dry-run", *TINY_OPTIONS]
    done = mixdream(*arguments, "--json")
    plan = json.loads(done.stdout)
    assert plan["windows"] == 24
    assert plan["steps"] == 250 * 6
    assert plan["seconds_per_step"] > 0
    assert plan["hours"] == pytest.approx(plan["steps"] * plan["seconds_per_step"] / 3600)
    assert not run.exists()
    assert "parameters" in mixdream(*arguments).stdout


def test_the_main_job_end_to_end(tmp_path: Path) -> None:
    """Audio written here -> corpus -> training -> clips, then spectrograms -> audio, all by commands."""
    for name, bpm in (("one", 120), ("two", 140)):
        write_set(tmp_path / f"{name}.wav", 20, bpm)
    corpus, run, clips = tmp_path / "corpus", tmp_path / "run", tmp_path / "clips"
    built = mixdream("corpus", "build", tmp_path, "-o", corpus, "--json")
    assert built.returncode == 0, built.stderr
    assert (json.loads(built.stdout)["rate_hz"], json.loads(built.stdout)["channels"]) == (32_000, 2)
    trained = mixdream(
        "train", "thesis-3", corpus, "-o", run, *TINY_OPTIONS, "--set", "training.epochs=2", "--json"
    )
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["status"] == "finished"
    assert trained.stderr == ""
    made = mixdream_process("generate", run, "-n", 2, "-o", clips, "--rate", 8000, "--json")
    assert made.returncode == 0, made.stderr
    for clip in json.loads(made.stdout)["clips"]:
        audio, rate_hz = soundfile.read(clip["file"])
        assert (rate_hz, len(audio)) == (8000, 128 * 253)
        assert 0.5 < np.abs(audio).max() < 1
    assert mixdream("generate", run, "-n", 1, "-o", clips).stdout.startswith(str(clips / "run_0.wav"))

    exported = mixdream("corpus", "export-images", corpus, "-o", tmp_path / "images", "-n", 3)
    assert exported.returncode == 0, exported.stderr
    images = sorted((tmp_path / "images").glob("*.png"))
    assert Image.open(images[0]).size == (128, 512), "at the rate of the corpus, 32 kHz"
    shown = mixdream("corpus", "show", corpus, "--json")
    assert list(json.loads(shown.stdout)["copies_bytes"]) == ["8000-mono"], "the recipe read a copy"
    assert mixdream("corpus", "verify", corpus).returncode == 0
    inverted = mixdream("invert", *images, "-o", tmp_path / "back", "--inversion", "griffin-lim", "--json")
    assert inverted.returncode == 0, inverted.stderr
    assert [clip["seed"] for clip in json.loads(inverted.stdout)["clips"]] == [0, 1, 2]


def test_the_ceiling_of_a_corpus_by_command(corpus: Corpus, tmp_path: Path) -> None:
    done = mixdream("ceiling", corpus.folder, "-o", tmp_path, "--recipe", "cpu-8k", "-n", 1, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert {way["grid"] for way in result["ways"]} == {"cpu-8k"}
    assert (tmp_path / f"01_{result['best']}.wav").exists()
    words = mixdream("ceiling", corpus.folder, "-o", tmp_path, "-n", 1).stdout
    assert "studio-8k" in words and "pghi+gl" in words and "The best that a model on" in words
