"""Commands whose files cannot be written: one line that names the file, exit code 1, nothing half-written."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixdream.cli.output import explain
from mixdream.corpus.images import export_images
from mixdream.corpus.store import Corpus
from mixdream.demo import sets
from mixdream.files import LOCK_NAME
from mixdream.runs.run import Run
from tests.cli.test_main import TINY_OPTIONS, error_of, mixdream
from tests.conftest import write_set

limits = pytest.importorskip("tests.limits", reason="Unix has it", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("no_pictures")

# Tests must not depend on what numba has kept of its work: it is a file, too.
INVERSION = ("--inversion", "griffin-lim")


def of_its_own(folder: Path) -> list[str]:
    """Files below a folder, but for locks."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != LOCK_NAME)
    return sorted(str(path.relative_to(folder)) for path in files)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("share RUN -o OUT/shared", "ema.safetensors"),
        (f"generate RUN -n 1 -o OUT {' '.join(INVERSION)}", "bars_0"),
        (f"generate RUN -n 1 -o OUT --format flac {' '.join(INVERSION)}", "bars_0"),
        ("corpus export-images CORPUS -o OUT -n 3", ".png"),
        ("corpus show CORPUS --figures OUT", ".png"),
        ("corpus import-images IMAGES -o OUT/x.npy", "x.npy"),
        (f"invert ARRAY -o OUT {' '.join(INVERSION)}", "x.wav"),
        ("demo -o OUT", "techno.flac"),
    ],
)
def test_one_line_names_the_file(
    words: str,
    name: str,
    bars_run: Run,
    corpus: Corpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    export_images(corpus, tmp_path / "images", 1)
    np.save(tmp_path / "x.npy", np.ones((128, 128)))
    noise = np.random.default_rng(0).uniform(-1, 1, (2, sets.RATE_HZ))
    monkeypatch.setattr(sets, "render_set", lambda *_: (noise, None))
    out = tmp_path / "out"
    out.mkdir()
    places = {"RUN": bars_run.folder, "CORPUS": corpus.folder, "IMAGES": tmp_path / "images"}
    places |= {"ARRAY": tmp_path / "x.npy", "OUT": out}
    for place, path in places.items():
        words = words.replace(place, str(path))
    with limits.largest_file(4000):
        done = mixdream(*words.split())
    message = error_of(done, 1)
    assert name in message and "File too large" in message
    assert ".partial" not in message
    assert of_its_own(out) == []
    assert capfd.readouterr().err == ""


def test_a_training_goes_on_when_there_is_room_again(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = ["train", "loops", corpus.folder, "-o", run, *TINY_OPTIONS[:-2], "--json"]
    first = mixdream(*command, "--set", "training.epochs=1")
    assert first.returncode == 0, first.stderr
    before = of_its_own(run / "checkpoints")
    with limits.largest_file(30_000):
        stopped = mixdream(*command, "--set", "training.epochs=2", "--resume")
    assert "/checkpoints/step-" in error_of(stopped, 1)
    assert of_its_own(run / "checkpoints") == before
    again = mixdream(*command, "--set", "training.epochs=2", "--resume")
    assert again.returncode == 0, again.stderr
    info = json.loads(again.stdout)
    assert (info["status"], info["epochs"]) == ("finished", 2.0)
    steps = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    assert steps == list(range(1, info["steps"] + 1))


def test_a_build_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    command = ["corpus", "build", write_set(tmp_path / "A.wav", 20), "-o", tmp_path / "c", "--jobs", 1]
    with limits.largest_file(100_000):
        assert "/.building/A.npy': File too large" in error_of(mixdream(*command), 1)
    assert mixdream(*command).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_is_called_so() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "mixdream", "recipes"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "the disk is full: free some space" in done.stderr
    error = OSError(errno.ENOSPC, "No space left on device", "a.wav")
    assert explain(error) == (
        "the disk is full, 'a.wav' was not written: free some space, then run the same command again"
    )


def test_errors_without_a_number_say_what_they_say() -> None:
    error = OSError("12 requested and 5 written")
    error.filename = "x.npy"
    assert explain(error) == "'x.npy': 12 requested and 5 written"
