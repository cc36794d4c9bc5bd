"""The main job by one command, on sets of one's own and on the built-in ones."""

import json
import os
import shlex
import signal
import threading
import time
from pathlib import Path

import pytest

from mixdream import project
from tests.cli.test_main import error_of, mixdream
from tests.conftest import tiny_recipe, write_set
from tests.demo.rendered import rendered_set


@pytest.fixture(autouse=True)
def few_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two loops, however alike: a model of one step makes the same again and again."""
    monkeypatch.setattr(project, "LOOPS", 2)
    monkeypatch.setattr("mixdream.generation.pack.DIFFERENT_DB", 0.0)


def test_the_demo_makes_a_page_that_needs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixdream.demo.sets.render_set", lambda name, seed: rendered_set(name))
    done = mixdream("demo", "-o", tmp_path / "demo", "--minutes", 0.02, "--json")
    assert done.returncode == 0, done.stderr
    assert "at most, until" in done.stderr, "the plan and its end"
    made = json.loads(done.stdout)
    assert len(made["loops"]) == 2
    assert all(
        loop["nearest"]["set"] in ("techno", "house", "trance", "jungle", "ambient") for loop in made["loops"]
    )
    assert all(isinstance(loop["copy"], bool) for loop in made["loops"]), "five sets are enough to judge by"
    page = Path(made["page"]).read_text("utf-8")
    assert page.count("<audio") == page.count("data:audio/flac") == page.count(" loop ") == 6
    assert "http://" not in page
    assert "https://" not in page
    again = mixdream("demo", "-o", tmp_path / "demo", "--minutes", 0.02)
    assert again.returncode == 0, again.stderr
    assert "training  is done" in again.stderr
    assert str(tmp_path / "demo" / "loops") in again.stdout


def test_an_interrupted_dream_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = tiny_recipe(project.RECIPE)
    monkeypatch.setattr(project, "load_recipe", lambda name: recipe)
    folder = tmp_path / "it's mine"
    metrics = folder / "runs" / "dream" / "metrics.jsonl"

    def interrupt() -> None:
        while not metrics.exists() or not metrics.stat().st_size:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt, daemon=True).start()
    stopped = mixdream("dream", write_set(tmp_path / "A.wav", 30), "-o", folder, "--minutes", 10)
    assert stopped.returncode == 1
    last = stopped.stderr.splitlines()[-1]
    assert "stopped, nothing is lost" in last
    words = shlex.split(last[last.index("mixdream dream") :])
    assert words == ["mixdream", "dream", "-o", str(folder), "--minutes", "10"], "as a shell takes it"
    steps = len(metrics.read_text("utf-8").splitlines())
    done = mixdream("dream", "-o", folder, "--minutes", 0, "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["training"]["steps"] == steps, "nothing is lost, and fewer minutes end it"
    assert not any("copy" in loop for loop in made["loops"]), "one track is too little to judge by"
    assert (folder / "index.html").is_file()


def test_a_project_without_sets_says_what_to_do(tmp_path: Path) -> None:
    assert "name files or folders to learn from" in error_of(mixdream("dream", "-o", tmp_path / "new"))
    assert "empty text" in error_of(mixdream("dream", "", "-o", tmp_path / "new"))
    (tmp_path / "file").touch()
    assert "file" in error_of(mixdream("demo", "-o", tmp_path / "file" / "inside"))
