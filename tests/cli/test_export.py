import json
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from mixdream.generation.clips import write_files
from mixdream.generation.wish import Wish
from tests.cli.test_main import error_of, mixdream
from tests.generation.loops_made import write_loop_file


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loops")
    write_loop_file(folder, channels=2)
    return folder


def test_a_loop_is_taken_apart(loops: Path, tmp_path: Path) -> None:
    done = mixdream("export", loops, "--stems", "--one-shots", "--midi", "-o", tmp_path, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (exported,) = json.loads(done.stdout)["clips"]
    assert exported["loop"] == str(loops / "my-run_7_120bpm.wav")
    assert set(exported["stems"]) == {"drums", "bass", "music"}
    assert mido.MidiFile(exported["midi"]["file"]).length == pytest.approx(4.0)
    archive = zipfile.ZipFile(exported["one_shots"]["file"])
    assert archive.namelist() == exported["one_shots"]["hits"]
    assert {name.split("/")[0] for name in archive.namelist()} >= {"kicks", "hats"}
    for name in archive.namelist():
        with archive.open(name) as file:
            audio, _ = soundfile.read(file)
        assert audio.shape[1] == 2 and np.abs(audio).max() <= 10 ** (-0.9 / 20)
    written = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(written) == 8
    words = mixdream("export", loops, "--one-shots", "--midi", "-o", tmp_path).stdout
    assert words.split() == [exported["one_shots"]["file"], exported["midi"]["file"]]
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == written


def test_what_cannot_be_exported_is_one_line(loops: Path, tmp_path: Path) -> None:
    write_files(tmp_path, "clip", np.zeros(8000), Wish(rate_hz=8000), {"run": "my-run", "seed": 1})
    done = mixdream("export", tmp_path / "clip.wav", "--midi", "-o", tmp_path / "out")
    assert "is a clip of seconds: only loops have beats" in error_of(done)
    done = mixdream("export", loops, "-o", tmp_path / "out")
    assert "say what you want with --stems, --one-shots or --midi" in error_of(done)
    assert not (tmp_path / "out").exists()
    done = mixdream("export", tmp_path, loops, "--midi", "-o", tmp_path / "out")
    assert "has no loop" in error_of(done)
