"""What is printed: commands that a shell takes, names that no encoding has, corpora without sets."""

import io
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from mixdream.cli.output import print_any_name, print_json
from mixdream.corpus.store import INDEX_NAME, Corpus
from mixdream.runs.run import Run
from tests.cli.test_main import TINY_OPTIONS, error_of, mixdream
from tests.conftest import write_set

pytestmark = pytest.mark.usefixtures("no_pictures")


def suggested(printed: str) -> list[list[str]]:
    """Words of the commands that an output suggests, as a shell takes them."""
    lines = [line[line.index("mixdream ") :] for line in printed.splitlines() if "mixdream " in line]
    return [shlex.split(line) for line in lines]


def test_suggested_commands_take_any_path(bars_run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "it's mine & more"
    folder.mkdir()
    built = mixdream("corpus", "build", write_set(folder / "A.wav", 20), "-o", folder / "corpus")
    assert built.returncode == 0, built.stderr
    show, train = suggested(built.stdout)
    assert show[3:] == [str(folder / "corpus"), "--figures", str(folder / "corpus" / "figures")]
    assert train[3:] == [str(folder / "corpus"), "-o", "my-run"]
    shared = mixdream("share", bars_run.folder, "-o", folder / "shared")
    assert suggested(shared.stdout)[0][2] == str(folder / "shared")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", r"\u591c\udcff"), ("cp1252", r"\u591c\udcff"), ("utf-8", r"夜\udcff")],
)
def test_what_an_encoding_does_not_have_is_escaped(
    encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, written = "夜\udcff", io.BytesIO()
    stdout = io.TextIOWrapper(written, encoding)
    monkeypatch.setattr(sys, "stdout", stdout)
    print_any_name()
    stdout.write(f"{name}\n")
    stdout.flush()
    print_json({"name": name})
    stdout.flush()
    line, _, rest = written.getvalue().decode(encoding).partition("\n")
    assert line.rstrip() == shown
    assert json.loads(rest) == {"name": name}


def test_a_corpus_without_sets_is_called_so(corpus: Corpus, bars_run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    index = json.loads((corpus.folder / INDEX_NAME).read_text("utf-8"))
    (empty / INDEX_NAME).write_text(json.dumps(index | {"sets": []}))
    for words in (
        ["train", "loops", empty, "-o", tmp_path / "run"],
        ["train", "thesis-3", empty, "-o", tmp_path / "run"],
        ["ceiling", empty, "-o", tmp_path / "ceiling"],
        ["evaluate", bars_run.folder, empty, "-o", tmp_path / "report"],
        ["corpus", "export-images", empty, "-o", tmp_path / "images"],
        ["corpus", "show", empty],
    ):
        assert "has no sets" in error_of(mixdream(*words))
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_run_whose_name_is_not_utf_8_is_shared_packed_and_resumed(
    bars_run: Run, corpus: Corpus, tmp_path: Path
) -> None:
    run = os.fsdecode(os.fsencode(tmp_path) + b"/run\xff")
    shutil.copytree(bars_run.folder, run)
    shared = mixdream("share", run, "-o", f"{run}/shared")
    assert shared.returncode == 0, shared.stderr
    packed = mixdream("pack", run, "-n", 1, "-o", f"{run}/pack", "--inversion", "griffin-lim")
    assert packed.returncode == 0, packed.stderr
    assert (Path(run) / "pack" / r"run\xff-pack.zip").exists()
    options = [*TINY_OPTIONS[:-2], "--set", "training.epochs=1", "--resume"]
    resumed = mixdream("train", "loops", corpus.folder, "-o", run, *options)
    assert resumed.returncode == 0, resumed.stderr
