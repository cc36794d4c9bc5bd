import json
from pathlib import Path

import pytest
import soundfile

from mixdream.runs.run import Run
from tests.cli.test_main import error_of, mixdream

FAST = ("--bpm", 300, "--rate", 8000)


@pytest.fixture
def run(bars_run: Run) -> Path:
    return bars_run.folder


def test_a_mix_by_command(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "night.flac"
    done = mixdream("mix", run, "--minutes", 0.32, "-o", file, *FAST, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    mix = json.loads(done.stdout)
    assert mix["file"] == str(file)
    assert json.loads(file.with_suffix(".json").read_text())["sections"] == mix["sections"]
    assert soundfile.info(file).frames == mix["samples"] == 3 * 51_200
    lines = mixdream("mix", run, "--minutes", 0.32, "-o", file, *FAST).stdout.splitlines()
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["0:00:00", "intro"],
        ["0:00:06", "drop"],
        ["0:00:13", "outro"],
    ]
    for line, section in zip(lines, mix["sections"], strict=False):
        assert str(section["phrases"][0]["seed"]) in line.split()
    assert lines[-1].startswith(f"{file}  0:00:19  300 BPM  -1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--minutes", "0.1", "-o", "x.wav"], "intro, drop and outro of"),
        (["--minutes", "-1", "-o", "x.wav"], "'--minutes'"),
        (["-o", "x.wav"], "Missing option '--minutes'"),
    ],
)
def test_wishes_that_cannot_be(options: list[str], message: str, run: Path, tmp_path: Path) -> None:
    options[-1] = str(tmp_path / options[-1])
    assert message in error_of(mixdream("mix", run, *options))
    assert not list(tmp_path.iterdir())
