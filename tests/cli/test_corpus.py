import json
import sys
from pathlib import Path

import numpy as np
import pytest

from mixdream.cli.main import main
from tests.analysis.beats.beat_audio import drums
from tests.audio import media
from tests.corpus.dj_files import rekordbox


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    before, sys.argv = sys.argv, ["mixdream", *map(str, arguments)]
    try:
        with pytest.raises(SystemExit) as stopped:
            main()
    finally:
        sys.argv = before
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return int(stopped.value.code or 0), out, err


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    media.write_wav(folder / "good.wav", media.noise(20, 8000, 1)[0], 8000)
    gap = np.concatenate(
        [media.noise(10, 8000, 2, 1.2)[0], np.zeros(40_000, np.float32), media.noise(9, 8000, 3)[0]]
    )
    media.write_wav(folder / "gap.wav", gap, 8000)
    (folder / "empty.mp3").touch()
    (folder / "copy.wav").write_bytes((folder / "good.wav").read_bytes())
    return folder


def test_build_show_verify_and_images(
    tmp_path: Path, music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "corpus"
    lower = ("--rate", 8000, "--channels", 1)
    code, text, errors = run(capsys, "corpus", "build", music, "-o", out, "--jobs", 1, *lower)
    assert code == 0 and "0:00:05" in text and "digital silence" in text and "Next: " in text
    assert len(errors.splitlines()) == 2
    assert f"not used: '{music}/empty.mp3' is empty (0 bytes)" in errors and "used once: " in errors

    code, text, _ = run(capsys, "corpus", "build", music, "-o", out, "--json")
    built = json.loads(text)
    assert code == 0 and built["built"] == [] and sorted(built["unchanged"]) == ["copy", "gap"]
    assert [item["reason"] for item in built["rejected"]] == ["is empty (0 bytes)"]
    gap = built["sets"][1]
    assert gap["gain_db"] == pytest.approx(-1.58, abs=0.01) and gap["dropped"][0]["start_s"] == pytest.approx(
        10, abs=0.01
    )

    code, text, _ = run(capsys, "corpus", "show", out, "--json", "--figures", tmp_path / "f")
    shown = json.loads(text)
    assert (
        code == 0
        and shown["hash"] == built["hash"]
        and all(Path(path).is_file() for path in shown["figures"])
    )
    assert run(capsys, "corpus", "show", out)[0] == 0
    assert run(capsys, "corpus", "verify", out)[:2] == (0, "2 sets are as they were built\n")

    images, stack = tmp_path / "images", tmp_path / "x.npy"
    code, text, _ = run(capsys, "corpus", "export-images", out, "-o", images, "-n", 7, "--bits", 16, "--json")
    assert code == 0 and json.loads(text)["images"] == 7
    code, text, _ = run(capsys, "corpus", "import-images", images, "-o", stack, "--json")
    assert code == 0 and json.loads(text)["shape"] == [7, 128, 128] == list(np.load(stack).shape)

    (out / "sets/gap.npy").unlink()
    code, text, _ = run(capsys, "corpus", "verify", out, "--json")
    assert code == 1 and "gap.npy: missing" in json.loads(text)["problems"][0]


def test_what_was_built_stays_until_it_is_removed(
    tmp_path: Path, music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "corpus"
    (music / "thesis.pdf").write_bytes(b"%PDF-1.7")
    build = ["corpus", "build", music, "-o", out, "--jobs", 1]
    assert run(capsys, *build)[0] == 0
    music.rename(tmp_path / "unplugged")
    code, text, errors = run(capsys, *build)
    assert code == 0
    assert "2 sets, 32000 Hz, stereo" in text
    assert "no source is there" in text
    lines = errors.splitlines()
    assert len(lines) == 4, "a line for each source that is known"
    assert all(line.startswith(f"missing: '{music}/") for line in lines)
    assert "its set 'gap' is kept until 'mixdream corpus remove'" in errors
    built = json.loads(run(capsys, *build, "--json")[1])
    assert sorted(Path(item["source"]).name for item in built["missing"]) == [
        "copy.wav",
        "empty.mp3",
        "gap.wav",
        "good.wav",
    ]
    code, _, errors = run(capsys, *build, tmp_path / "typo")
    assert code == 2
    assert "typo' does not exist" in errors
    (tmp_path / "unplugged").rename(music)
    code, text, errors = run(capsys, *build, "--json")
    assert json.loads(text)["built"] == json.loads(text)["missing"] == []
    assert json.loads(text)["not_taken"] == [{"source": f"{music}/thesis.pdf", "reason": "is no audio"}]
    assert f"not taken: '{music}/thesis.pdf' is no audio" in errors

    code, _, errors = run(capsys, "corpus", "remove", out, "gaps")
    assert code == 2
    assert "did you mean 'gap'?" in errors
    code, text, _ = run(capsys, "corpus", "remove", out, "gap", "--json")
    assert (code, json.loads(text)["removed"], json.loads(text)["sets"]) == (0, ["gap"], ["copy"])
    code, text, _ = run(capsys, "corpus", "remove", out, "copy")
    assert code == 0
    assert "0 sets left\nThe corpus is empty. Next: mixdream corpus build" in text
    for command in ("show", "verify"):
        code, _, errors = run(capsys, "corpus", command, out)
        assert code == 2
        assert "has no sets" in errors


def test_what_is_known_of_a_set_is_shown_in_a_few_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    media.write_wav(tmp_path / "house.wav", drums(np.arange(0, 24, 0.48), 24), 8000)
    tracks = [
        f'TRACK {i} AUDIO\nTITLE "T{i}"\nPERFORMER "P"\nINDEX 01 00:{2 * i:02d}:00' for i in range(1, 6)
    ]
    (tmp_path / "house.cue").write_text("\n".join(['FILE "house.wav" WAVE', *tracks]))
    library = rekordbox({"file://localhost/house.wav": ['Inizio="0.48" Bpm="125.00" Battito="1"']})
    (tmp_path / "library.xml").write_text(library)
    build = ["corpus", "build", tmp_path / "house.cue", "-o", tmp_path / "out", "--jobs", 1]
    code, text, _ = run(capsys, *build, "--library", tmp_path / "library.xml")
    assert code == 0
    assert "library: 1 of 1 sets found, 1 grid agrees\n" in text
    assert "house: 5 tracks: 0:00:02 P - T1; 0:00:04 P - T2; 0:00:06 P - T3 and 2 more\n" in text
    code, text, _ = run(capsys, *build, "--bpm", "house=62.5", "--downbeat", "house=0:01.92")
    assert code == 0
    assert "beats tracked again: house\n" in text
    assert "Nothing had to be done" not in text
    text = run(capsys, "corpus", "show", tmp_path / "out")[1]
    assert "house: you said: 62.5 BPM, downbeat at 0:00:01.9\n" in text
    assert "62.5" in text.splitlines()[4]
    code, text, _ = run(capsys, *build, "--bpm", "house=", "--downbeat", "house=", "--json")
    made = json.loads(text)
    assert (made["built"], made["tracked"], made["library"]) == ([], ["house"], None)
    assert made["sets"][0]["hints"]["grid_late_s"] == pytest.approx(0, abs=0.005)
    for option, words in (("--bpm", "no set is called 'x'"), ("--downbeat", "no set is called 'x'")):
        code, _, errors = run(capsys, *build, option, "x=100")
        assert (code, errors.count("\n")) == (2, 1)
        assert words in errors


def bad_inputs(folder: Path) -> list[tuple[list[object], str]]:
    """Arguments of commands and the words of their one line."""
    good = media.write_wav(folder / "good.wav", media.noise(6, 8000)[0], 8000)
    (folder / "empty.mp3").touch()
    (folder / "text.wav").write_text("hello")
    silent = media.write_wav(folder / "silent.wav", np.zeros(99_000, np.int16), 8000)
    short = media.write_wav(folder / "short.wav", media.noise(3, 8000)[0], 8000)
    nan = media.write_wav(folder / "nan.wav", np.full(99_000, np.nan, np.float32), 8000)
    (folder / "other").mkdir()
    (folder / "other/thing.txt").touch()
    out = folder / "out"
    build = ["corpus", "build"]
    return [
        ([*build, folder / "empty.mp3", "-o", out], "is empty"),
        ([*build, folder / "text.wav", "-o", out], "not a media file"),
        ([*build, silent, "-o", out], "digital silence"),
        ([*build, short, "-o", out], "shorter than a window"),
        ([*build, nan, "-o", out], "not numbers"),
        ([*build, folder / "none.wav", "-o", out], "does not exist"),
        ([*build, good, folder / "none.wav", "-o", out], "does not exist"),
        ([*build, "", "-o", out], "empty text"),
        ([*build, good, "", "-o", out], "empty text"),
        ([*build, "https://example.org/mix.mp3", "-o", out], "download it first"),
        (["corpus", "remove", folder / "nowhere", "a"], "no such folder"),
        ([*build, silent, short, "-o", out], "none of 2 sources can be used"),
        ([*build, folder / "other", "-o", out], "no audio or video file"),
        ([*build, good, "-o", folder / "other"], "holds other things"),
        ([*build, good, "-o", good], "cannot make a corpus"),
        ([*build, good, "-o", out, "--rate", 3], "1000 to 192000 Hz"),
        ([*build, good, "-o", out, "--channels", 5], "channels"),
        ([*build, good], "output"),
        (["corpus", "show", folder / "other"], "not a corpus"),
        (["corpus", "verify", folder / "nowhere"], "no such folder"),
        (["corpus", "export-images", folder, "-o", out], "not a corpus"),
        (["corpus", "import-images", folder / "other", "-o", "x.npy"], "no PNG images"),
        (["corpus", "import-images", folder / "other", "-o", "x.txt"], "must end in .npy"),
    ]


def test_every_bad_input_gives_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, words in bad_inputs(tmp_path):
        code, out, errors = run(capsys, *arguments)
        assert (code, out) == (2, ""), arguments
        assert len(errors.splitlines()) == 1 and words in errors, (arguments, errors)
    assert not (tmp_path / "out").exists()
