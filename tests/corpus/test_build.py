import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mixdream.corpus.build import BuildResult, build_corpus
from mixdream.corpus.store import Corpus, audio_path, read_index
from mixdream.errors import InputError, Interrupted
from tests.audio import media

OPTIONS = ["--rate", "8000", "--channels", "1"]


def wav(path: Path, seed: int, seconds: float = 6) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return media.write_wav(path, media.noise(seconds, 8000, seed)[0], 8000)


def names(result: BuildResult) -> list[str]:
    return [record.name for record in result.corpus.sets]


def state(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_inputs_again_do_no_work(tmp_path: Path) -> None:
    for i in range(3):
        wav(tmp_path / "in" / f"{i}.wav", i)
    first = build_corpus([tmp_path / "in"], tmp_path / "out", jobs=1)
    assert first.built == ("0", "1", "2") and first.unchanged == ()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    again = build_corpus([tmp_path / "in"], tmp_path / "out", jobs=1)
    assert again.built == () and again.unchanged == ("0", "1", "2")
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    os.utime(tmp_path / "in" / "1.wav", (1, 1))  # touched, but the same content
    assert build_corpus([tmp_path / "in"], tmp_path / "out", jobs=1).built == ()
    assert Corpus.open(tmp_path / "out").verify() == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_bad_file_never_stops_the_others(tmp_path: Path, jobs: int) -> None:
    wav(tmp_path / "in/good.wav", 1)
    (tmp_path / "in/empty.mp3").touch()
    (tmp_path / "in/text.flac").write_text("no")
    media.write_wav(tmp_path / "in/silent.wav", np.zeros(80_000, np.int16), 8000)
    result = build_corpus([tmp_path / "in"], tmp_path / "out", jobs=jobs)
    assert names(result) == ["good"]
    reasons = {Path(item.source).name: item.reason for item in result.rejected}
    assert reasons["empty.mp3"] == "is empty (0 bytes)"
    assert "silence" in reasons["silent.wav"] and "cannot be decoded" in reasons["text.flac"]
    again = build_corpus([tmp_path / "in"], tmp_path / "out", jobs=jobs)
    assert again.built == () and len(again.rejected) == 3


def test_nothing_usable_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").touch()
    with pytest.raises(InputError, match=r"a\.mp3' is empty"):
        build_corpus([tmp_path / "a.mp3"], tmp_path / "out", jobs=1)
    assert not (tmp_path / "out").exists()


def test_two_sets_of_one_name(tmp_path: Path) -> None:
    sources = [
        wav(tmp_path / folder / name, i)
        for i, (folder, name) in enumerate([("a", "Mix.wav"), ("b", "mix.wav")])
    ]
    assert names(build_corpus(sources, tmp_path / "out", jobs=2)) == ["Mix", "mix-2"]


def test_the_same_content_is_used_once(tmp_path: Path) -> None:
    first = wav(tmp_path / "a.wav", 1)
    shutil.copy(first, tmp_path / "b.wav")
    tagged = tmp_path / "c.wav"
    tagged.write_bytes(first.read_bytes() + b"LIST\x04\0\0\0INFO")
    for jobs in (1, 2):
        result = build_corpus([first, tmp_path / "b.wav", tagged], tmp_path / f"out{jobs}", jobs=jobs)
        assert names(result) == ["a"]
        reasons = [item.reason for item in result.duplicates]
        assert "is the same file as" in reasons[0] and "sounds exactly like" in reasons[1]
    assert build_corpus([tmp_path / "b.wav", tagged], tmp_path / "out1", jobs=1).built == ()


def test_sets_are_added_and_changed_ones_made_again(tmp_path: Path) -> None:
    a, b = wav(tmp_path / "a.wav", 1), wav(tmp_path / "b.wav", 2)
    build_corpus([a], tmp_path / "out", jobs=1)
    first = Corpus.open(tmp_path / "out").hash
    assert names(build_corpus([b], tmp_path / "out", jobs=1)) == ["a", "b"]
    second = Corpus.open(tmp_path / "out").hash
    wav(a, 3)
    result = build_corpus([a, b], tmp_path / "out", jobs=1)
    assert result.built == ("a",) and result.unchanged == ("b",)
    assert len({first, second, result.corpus.hash}) == 3


def test_a_moved_source_is_known_by_its_content(tmp_path: Path) -> None:
    a = wav(tmp_path / "a.wav", 1)
    build_corpus([a], tmp_path / "out", jobs=1)
    result = build_corpus([a.rename(tmp_path / "z.wav")], tmp_path / "out", jobs=1)
    assert result.built == () and result.unchanged == ("a",)


def test_the_hash_is_of_the_audio_not_of_the_place(tmp_path: Path) -> None:
    hashes = set()
    for place in ("x", "y"):
        sources = [wav(tmp_path / place / f"{i}.wav", i) for i in range(2)]
        hashes.add(build_corpus(sources, tmp_path / place / "out", jobs=1).corpus.hash)
    assert len(hashes) == 1


def test_a_folder_with_other_things_is_never_touched(tmp_path: Path) -> None:
    a = wav(tmp_path / "a.wav", 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.doc").write_text("precious")
    with pytest.raises(InputError, match=r"holds other things \(thesis.doc\)"):
        build_corpus([a], tmp_path / "out")
    with pytest.raises(InputError, match="cannot make a corpus"):
        build_corpus([a], a / "out")


def test_another_rate_needs_another_folder(tmp_path: Path) -> None:
    a = wav(tmp_path / "a.wav", 1)
    build_corpus([a], tmp_path / "out", jobs=1)
    for rate_hz, channels in ((16_000, 1), (8000, 2)):
        with pytest.raises(InputError, match="give the same, or build into a new folder"):
            build_corpus([a], tmp_path / "out", rate_hz=rate_hz, channels=channels)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"rate_hz": 10}, "1000 to"), ({"channels": 3}, "1 .mono."), ({"jobs": 0}, "1 or more")],
)
def test_wrong_options_are_refused(tmp_path: Path, settings: dict, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        build_corpus([tmp_path / "a.wav"], tmp_path / "out", **settings)


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mixdream.corpus.ingest._Writer.write", full)
    with pytest.raises(Exception, match=r"disk is full, '.*/a\.npy' was not written: free"):
        build_corpus([wav(tmp_path / "a.wav", 1)], tmp_path / "out", jobs=1)


def test_an_unforeseen_error_rejects_only_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mixdream.corpus import ingest

    real = ingest.ingest

    def fragile(path, *arguments):  # type: ignore[no-untyped-def]
        if path.stem == "bad":
            raise RuntimeError("odd")
        return real(path, *arguments)

    monkeypatch.setattr(ingest, "ingest", fragile)
    result = build_corpus(
        [wav(tmp_path / "bad.wav", 1), wav(tmp_path / "good.wav", 2)], tmp_path / "out", jobs=1
    )
    assert names(result) == ["good"] and "RuntimeError: odd" in result.rejected[0].reason


def test_ctrl_c_leaves_a_state_to_go_on_from(tmp_path: Path) -> None:
    sources = [wav(tmp_path / f"{i}.wav", i) for i in range(3)]

    def stop(done: float, note: str) -> None:
        if note == "1" and done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"1 sets done.*same command again"):
        build_corpus(sources, tmp_path / "out", jobs=1, report=stop)
    with pytest.raises(InputError, match="not come to an end"):
        Corpus.open(tmp_path / "out")
    assert not (tmp_path / "out/.building").exists()
    assert build_corpus(sources, tmp_path / "out", jobs=1).unchanged == ("0",)


def test_a_second_build_is_turned_away(tmp_path: Path) -> None:
    a = wav(tmp_path / "a.wav", 1)

    def meanwhile(done: float, note: str) -> None:
        with pytest.raises(InputError, match="another build is at work"):
            build_corpus([a], tmp_path / "out", jobs=1)

    build_corpus([a], tmp_path / "out", jobs=1, report=meanwhile)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A corpus of six sources, which lie in the folder beside it, built without a break."""
    folder = tmp_path_factory.mktemp("six")
    for i in range(6):
        wav(folder / "in" / f"{i}.wav", i, seconds=60)
    return build_corpus([folder / "in"], folder / "whole", jobs=1).corpus


HELD = """
import time
from mixdream.cli.main import main
from mixdream.corpus.folder import BuildFolder
take_in = BuildFolder.take_in
def held(folder, name):
    time.sleep(600 * (len(folder.index.sets) == 5))
    take_in(folder, name)
BuildFolder.take_in = held
main()
"""
"""The command line, with a build that never takes in its sixth set: it is always stopped before its end."""


def start_and_wait_for(sets: int, source: Path, out: Path, jobs: int) -> subprocess.Popen[str]:
    """A build in a process of its own that has come to some number of sets."""
    words = ["corpus", "build", *OPTIONS, str(source), "-o", str(out), "--jobs", str(jobs)]
    process = subprocess.Popen([sys.executable, "-c", HELD, *words], stderr=subprocess.PIPE, text=True)
    while process.poll() is None and len(list(out.glob("sets/*.npy"))) < sets:
        time.sleep(0.01)
    return process


@pytest.mark.parametrize(("jobs", "sets_done"), [(1, 3), (2, 2)])
def test_killed_at_any_moment_it_goes_on_and_ends_the_same(
    tmp_path: Path, whole: Corpus, jobs: int, sets_done: int
) -> None:
    source, out = whole.folder.parent / "in", tmp_path / "out"
    process = start_and_wait_for(sets_done, source, out, jobs)
    process.kill()
    process.wait(timeout=20)  # its workers go a little later
    for path in out.glob("sets/*.npy"):
        assert path.read_bytes() == (whole.folder / "sets" / path.name).read_bytes()
    assert process.returncode != 0 and not read_index(out).complete
    with pytest.raises(InputError, match="goes on where it stopped"):
        Corpus.open(out)
    result = build_corpus([source], out, jobs=1)
    assert len(result.unchanged) >= 1 and result.corpus.verify() == []
    assert result.corpus.hash == whole.hash and state(out) == state(whole.folder)


@pytest.mark.parametrize("jobs", [1, 2])
def test_sigterm_says_how_to_go_on(tmp_path: Path, whole: Corpus, jobs: int) -> None:
    process = start_and_wait_for(1, whole.folder.parent / "in", tmp_path / "out", jobs)
    process.send_signal(signal.SIGTERM)
    message = process.communicate(timeout=20)[1]
    assert process.returncode == 1
    assert message.count("\n") == 1 and "run the same command again" in message
    assert not list((tmp_path / "out").glob(".building/*"))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak")
def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    piece = media.noise(60, 44_100, channels=2).T
    samples = np.tile(np.rint(piece * 32767).astype(np.int16), (15, 1))
    media.write_wav(path, samples, 44_100)
    del samples
    code = (
        "import sys\nfrom mixdream.corpus.build import build_corpus\n"
        "build_corpus([sys.argv[1]], sys.argv[2], jobs=1)\n"
        "assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules\n"
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path, tmp_path / "out"], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) * 1024 < 250e6


def test_verify_names_what_changed(tmp_path: Path) -> None:
    corpus = build_corpus([wav(tmp_path / f"{i}.wav", i) for i in range(3)], tmp_path / "out", jobs=1).corpus
    path = audio_path(corpus.folder, "1")
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    audio_path(corpus.folder, "2").unlink()
    problems = corpus.verify()
    assert len(problems) == 2 and "1.npy: changed" in problems[0] and "2.npy: missing" in problems[1]
    with pytest.raises(InputError, match="missing"):
        corpus.audio("2")
    rebuilt = build_corpus([tmp_path / f"{i}.wav" for i in range(3)], tmp_path / "out", jobs=1)
    assert rebuilt.built == ("2",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"format_version": 99}', "format 99"),
        ('{"format_version": 2}', "damaged"),
    ],
)
def test_a_broken_index_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "corpus.json").write_text(content)
    with pytest.raises(InputError, match=reason):
        Corpus.open(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        Corpus.open(tmp_path / "nowhere")
