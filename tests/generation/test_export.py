"""What is exported of loops, read again by libsndfile."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from mixdream.analysis.lines.notes import Lines
from mixdream.analysis.one_shots import OneShot
from mixdream.analysis.stems.stems import Stems
from mixdream.audio.loop_chunks import LoopInfo
from mixdream.audio.write import AudioFormat
from mixdream.errors import InputError
from mixdream.generation.clips import write_files
from mixdream.generation.export.export import Parts, export_loops
from mixdream.generation.export.loop_file import find_loops, read_loop
from mixdream.generation.export.write_midi import write_midi
from mixdream.generation.export.write_one_shots import write_one_shots
from mixdream.generation.export.write_stems import write_stems
from mixdream.generation.wish import Wish
from tests.audio import media
from tests.generation.loops_made import RATE_HZ, write_loop_file

STEMS = Parts(stems=True)


@pytest.mark.parametrize(("form", "channels"), [("wav", 1), ("wav", 2), ("flac", 2)])
def test_stems_add_up_to_the_loop_as_written(tmp_path: Path, form: AudioFormat, channels: int) -> None:
    loop = write_loop_file(tmp_path / "loops", form=form, channels=channels)
    (exported,) = export_loops([loop], tmp_path / "out", STEMS)
    whole = soundfile.read(loop)[0]
    stems = [soundfile.read(file) for file in exported["stems"].values()]
    assert {rate_hz for _, rate_hz in stems} == {RATE_HZ}
    residual = sum(audio for audio, _ in stems) - whole
    assert np.mean(residual**2) < 1e-9 * np.mean(whole**2)
    for stem, file in exported["stems"].items():
        assert soundfile.info(file).subtype == "PCM_24"
        about = json.loads(Path(file).with_suffix(".json").read_text("utf-8"))
        assert (about["stem"], about["stem_of"], about["gain_db"]) == (stem, loop.name, 0)
        assert (about["run"], about["seed"], about["bpm"]) == ("my-run", 7, 120.0)
        assert (about["samples"], about["channels"]) == (len(whole), channels)
        assert "seam" not in about and "nearest" not in about


def test_stems_are_named_and_tagged_as_the_loop(tmp_path: Path) -> None:
    loop = write_loop_file(tmp_path, key="F#m")
    (exported,) = export_loops([loop], tmp_path / "out", STEMS)
    for stem, file in exported["stems"].items():
        assert Path(file).name == f"my-run_7_120bpm_F#m_{stem}.wav"
        assert media.loop_of(Path(file).read_bytes()) == media.loop_of(loop.read_bytes())


def test_stems_louder_than_full_scale_are_turned_down_alike(tmp_path: Path) -> None:
    """Kicks and bass that nearly cancel each other are each louder than their sum."""
    loop = read_loop(write_loop_file(tmp_path))
    parts = Stems(1.6 * np.sign(loop.audio), loop.audio - 1.6 * np.sign(loop.audio), 0 * loop.audio)
    written = [soundfile.read(file)[0] for file in write_stems(loop, parts, tmp_path).values()]
    gain_db = json.loads((tmp_path / f"{loop.path.stem}_bass.json").read_text("utf-8"))["gain_db"]
    assert gain_db == pytest.approx(20 * np.log10(1 / 1.6))
    assert np.allclose(sum(written), loop.audio / 1.6, atol=1e-6)


def test_a_folder_is_its_loops_and_exporting_again_changes_nothing(tmp_path: Path) -> None:
    write_loop_file(tmp_path)
    write_files(tmp_path, "clip", np.zeros(8000), Wish(rate_hz=8000), {"run": "my-run", "seed": 1})
    loops, passed_over = find_loops([tmp_path])
    assert [path.stem for path in loops] == ["my-run_7_120bpm"]
    assert passed_over == [
        f"'{tmp_path / 'clip.wav'}' is a clip of seconds: only loops have beats to export by"
    ]
    export_loops(loops, tmp_path, STEMS)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 4 + 6
    again, passed_over = find_loops([tmp_path])
    assert again == loops and len(passed_over) == 4
    export_loops(again, tmp_path, STEMS)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_no_loop_is_said(tmp_path: Path) -> None:
    loop = write_loop_file(tmp_path)
    beside = loop.with_suffix(".json")
    about = json.loads(beside.read_text("utf-8"))
    for change, message in (
        ({"beats": None}, "does not describe a loop: beats"),
        ({"bpm": -1}, "does not describe a loop: bpm"),
        ({"stem": "drums"}, "is a stem"),
    ):
        beside.write_text(json.dumps(about | change), "utf-8")
        with pytest.raises(InputError, match=message):
            read_loop(loop)
    beside.write_text(json.dumps(about | {"beats": 9}), "utf-8")
    with pytest.raises(InputError, match="has 88200 samples, but 9 beats at 120 BPM are 99225"):
        read_loop(loop)
    beside.write_text("[", "utf-8")
    with pytest.raises(InputError, match="is no JSON"):
        find_loops([loop])
    beside.unlink()
    with pytest.raises(InputError, match="keep them together"):
        find_loops([loop])
    with pytest.raises(InputError, match=r"has no loop: .*keep them together"):
        find_loops([tmp_path])
    with pytest.raises(InputError, match="is no loop"):
        find_loops([tmp_path / "missing.wav"])


def test_loops_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    write_loop_file(tmp_path / "a"), write_loop_file(tmp_path / "b")
    with pytest.raises(InputError, match="under one name"):
        find_loops([tmp_path / "a", tmp_path / "b"])


def test_parts_of_another_loop_of_the_same_name_stay(tmp_path: Path) -> None:
    """Two runs of one name make loops of one name."""
    mine, theirs = write_loop_file(tmp_path / "a"), write_loop_file(tmp_path / "b")
    beside = theirs.with_suffix(".json")
    beside.write_text(json.dumps(json.loads(beside.read_text("utf-8")) | {"run_folder": "/b"}), "utf-8")
    out, faster = tmp_path / "out", Wish(bpm=126)
    export_loops([mine], out, Parts(True, True, True))
    export_loops([mine], out, Parts(), faster)
    before = {path: path.read_bytes() for path in out.iterdir()}
    for parts, wish in [
        *((parts, Wish()) for parts in (STEMS, Parts(one_shots=True), Parts(midi=True))),
        (Parts(), faster),
    ]:
        with pytest.raises(InputError, match=r"was made of another loop of the name .*: export to another f"):
            export_loops([theirs], out, parts, wish)
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    export_loops([mine], out, Parts(), faster)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_of_a_loop_everything_is_written_or_nothing(tmp_path: Path) -> None:
    loop = write_loop_file(tmp_path / "loops")
    out = tmp_path / "out"
    out.mkdir()
    (out / f"{loop.stem}_music.flac").write_bytes(b"in the way")  # the last of the stems
    with pytest.raises(InputError, match="another format"):
        export_loops([loop], out, STEMS)
    assert [path.suffix for path in out.iterdir()] == [".flac"]


def test_what_an_earlier_export_wrote_outlives_one_that_fails(tmp_path: Path) -> None:
    loop = write_loop_file(tmp_path / "loops")
    out = tmp_path / "out"
    out.mkdir()
    earlier = {f"{loop.stem}{end}" for end in (".mid", "_one-shots.zip", "_drums.wav", "_music.flac")}
    for name in earlier:
        (out / name).write_bytes(b"earlier")
    with pytest.raises(InputError, match="another format"):
        export_loops([loop], out, STEMS)
    assert {path.name for path in out.iterdir()} == earlier
    assert (out / f"{loop.stem}.mid").read_bytes() == b"earlier"


def test_a_silent_loop_has_silent_parts(tmp_path: Path) -> None:
    about, wish = {"run": "my-run", "seed": 7, "bpm": 120.0, "beats": 8}, Wish(rate_hz=8000)
    loop = Path(write_files(tmp_path, "my-run_7_120bpm", np.zeros(32_000), wish, about)["file"])
    (exported,) = export_loops([loop], tmp_path / "out", Parts(True, True, True), Wish(bpm=130))
    assert exported["one_shots"]["hits"] == [] and set(exported["midi"]["notes"].values()) == {0}
    for file in [exported["moved"], *exported["stems"].values()]:
        assert not soundfile.read(file)[0].any()
        assert json.loads(Path(file).with_suffix(".json").read_text("utf-8"))["silent"]


def test_keys_may_be_spelt_with_flats(tmp_path: Path) -> None:
    flat = replace(read_loop(write_loop_file(tmp_path)), key="Bbm")
    assert flat.info == LoopInfo(120.0, 8, 60 + 10)


def test_a_name_that_is_no_utf_8_is_exported(tmp_path: Path) -> None:
    about, wish = {"run": "r\udce9", "seed": 7, "bpm": 120.0, "beats": 8}, Wish(rate_hz=8000)
    loop = read_loop(Path(write_files(tmp_path, "r\udce9_7", np.zeros(32_000), wish, about)["file"]))
    midi = Path(str(write_midi(loop, Lines(0.0, (), (), ()), tmp_path)["file"]))
    assert midi.name == "r\udce9_7.mid" and mido.MidiFile(midi).tracks[0].name == "r?_7"
    shots = write_one_shots(loop, [OneShot("kick", np.zeros(80), 9.0)], tmp_path)
    assert zipfile.ZipFile(str(shots["file"])).namelist() == ["kicks/r?_7_kick_1.wav"]


def test_nothing_to_export_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to export"):
        export_loops([], tmp_path, Parts())
