"""Finished loops at another tempo, pitch or key."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixdream.analysis.key import Key
from mixdream.audio.loop_chunks import LoopInfo
from mixdream.errors import InputError
from mixdream.generation.clips import write_files
from mixdream.generation.export.export import Parts, export_loops
from mixdream.generation.wish import Wish
from tests.audio import media
from tests.generation.loops_made import write_loop_file

RATE_HZ = 8000
TURNS = 1760  # 440 Hz in two bars at 120 BPM


def tone_file(folder: Path, name: str = "my-run_7_120bpm") -> Path:
    """A stereo loop of one tone, louder on the left."""
    tone = 0.1 * np.sin(2 * np.pi * TURNS * np.arange(32_000) / 32_000)
    about = {"run": "my-run", "seed": 7, "bpm": 120.0, "bars": 2, "beats": 8, "key": None, "pulse_db": 1.0}
    stereo, wish = np.stack([tone, 0.5 * tone]), Wish(rate_hz=RATE_HZ)
    return Path(write_files(folder, name, stereo, wish, about, LoopInfo(120.0, 8, None))["file"])


def moved(source: Path, folder: Path, wish: Wish) -> tuple[dict[str, object], np.ndarray]:
    (exported,) = export_loops([source], folder, Parts(), wish)
    audio, _ = soundfile.read(exported["moved"])
    return json.loads(Path(exported["moved"]).with_suffix(".json").read_text("utf-8")), audio


@pytest.mark.parametrize(
    ("wish", "hz", "pitch"),
    [
        (Wish(bpm=135), 440, "keep"),
        (Wish(bpm=105, pitch="follow"), 385, "follow"),
        (Wish(bpm=122), 440 * 122 / 120, "follow"),
        (Wish(bpm=135, transpose=12), 880, "keep"),
        (Wish(transpose=-12), 220, "follow"),
    ],
)
def test_a_finished_loop_is_brought_to_another_tempo_and_pitch(
    wish: Wish, hz: float, pitch: str, tmp_path: Path
) -> None:
    about, audio = moved(tone_file(tmp_path), tmp_path / "out", wish)
    bpm = wish.bpm or 120.0
    assert len(audio) == round(8 * 60 / bpm * RATE_HZ) == about["samples"]
    loudest_hz = np.abs(np.fft.rfft(audio.sum(axis=1))).argmax() * RATE_HZ / len(audio)
    assert abs(1200 * np.log2(loudest_hz / hz)) < 3
    assert np.std(audio[:, 1]) == pytest.approx(np.std(audio[:, 0]) / 2, rel=0.02)
    assert (about["bpm"], about["pitch"], about["transpose"]) == (bpm, pitch, wish.transpose)
    assert about["moved_from"] == {"file": "my-run_7_120bpm.wav", "bpm": 120.0, "key": None}
    assert (about["seed"], about["loudness_lufs"]) == (7, pytest.approx(-14, abs=0.1))
    assert "pulse_db" not in about


def test_its_name_and_chunks_are_those_of_its_tempo_and_its_stems_are_of_it(tmp_path: Path) -> None:
    loop = write_loop_file(tmp_path, key="F#m")
    (exported,) = export_loops([loop], tmp_path / "out", Parts(stems=True), Wish(bpm=132, transpose=2))
    file = Path(exported["moved"])
    about = json.loads(file.with_suffix(".json").read_text("utf-8"))
    assert file.stem == "_".join(["my-run_7_132bpm", about["key"], about["camelot"]])
    info = media.loop_of(file.read_bytes())
    assert info is not None and (info.bpm, info.beats) == (132, 8)
    whole = soundfile.read(file)[0]
    stems = sum(soundfile.read(stem)[0] for stem in exported["stems"].values())
    assert np.mean((stems - whole) ** 2) < 1e-9 * np.mean(whole**2)


def test_no_loop_is_replaced_by_another(tmp_path: Path) -> None:
    (exported,) = export_loops([tone_file(tmp_path)], tmp_path / "out", Parts(), Wish(transpose=1))
    first = tone_file(tmp_path, Path(exported["moved"]).stem)
    second, before = tone_file(tmp_path, "my-run_7"), first.read_bytes()
    with pytest.raises(InputError, match="is a loop of its own"):
        export_loops([first], tmp_path, Parts(), Wish(transpose=1))
    with pytest.raises(InputError, match="is a loop of its own"):
        export_loops([first, second], tmp_path / "out", Parts(), Wish(bpm=135))
    assert first.read_bytes() == before


def test_a_loop_of_another_origin_stays_and_the_same_command_works_again(tmp_path: Path) -> None:
    loop, out, wish = tone_file(tmp_path / "loops"), tmp_path / "out", Wish(bpm=135)
    (exported,) = export_loops([loop], out, Parts(), wish)
    before = {path: path.read_bytes() for path in out.iterdir()}
    assert export_loops([loop], out, Parts(), wish) == [exported]
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    theirs = tone_file(tmp_path / "loops", Path(exported["moved"]).stem)
    before = {path: path.read_bytes() for path in theirs.parent.iterdir()}
    with pytest.raises(InputError, match=r"is there already and was not made of .*: export to another"):
        export_loops([loop], theirs.parent, Parts(), wish)
    theirs.with_suffix(".json").unlink()
    with pytest.raises(InputError, match="is there already"):
        export_loops([loop], theirs.parent, Parts(), wish)
    assert before.items() >= {path: path.read_bytes() for path in theirs.parent.iterdir()}.items()


def test_a_loop_that_is_moved_again_says_all_it_was(tmp_path: Path) -> None:
    source = tone_file(tmp_path)
    first, _ = moved(source, tmp_path / "once", Wish(bpm=135, transpose=1))
    (once,) = (tmp_path / "once").glob("*.wav")
    again, _ = moved(once, tmp_path / "twice", Wish(bpm=105, pitch="follow"))
    assert (again["bpm"], again["pitch"], again["transpose"]) == (105.0, "follow", 0)
    was = {"file": once.name, "bpm": 135.0, "key": first["key"], "pitch": "keep", "transpose": 1}
    assert again["moved_from"] == was | {"moved_from": {"file": source.name, "bpm": 120.0, "key": None}}


def test_wrong_moves_are_explained_before_anything_is_written(tmp_path: Path) -> None:
    loop = tone_file(tmp_path)
    for wish, words in (
        (Wish(bpm=30), "30 BPM is not possible"),
        (Wish(key=Key.parse("Am"), transpose=1), "leave one out"),
        (Wish(transpose=99), "semitones are not possible"),
        (Wish(pitch="keep"), "nothing to export"),
    ):
        with pytest.raises(InputError, match=words):
            export_loops([loop], tmp_path / "out", Parts(), wish)
    assert not (tmp_path / "out").exists()
