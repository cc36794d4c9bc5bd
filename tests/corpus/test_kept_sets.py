"""What was built stays until its owner says otherwise, whatever becomes of its source."""

import random
import shutil
from pathlib import Path

import pytest

from mixdream.corpus.build import BuildResult, build_corpus
from mixdream.corpus.remove import remove_sets
from mixdream.corpus.store import Corpus, audio_path, beats_path, read_index
from mixdream.errors import InputError
from tests.audio import media


def wav(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return media.write_wav(path, media.noise(4.5, 8000, seed)[0], 8000)


def retagged(path: Path, of: Path) -> Path:
    """The same music in other bytes."""
    path.write_bytes(of.read_bytes() + b"LIST\x04\0\0\0INFO")
    return path


def build(*sources: Path, into: Path) -> BuildResult:
    return build_corpus(sources, into, jobs=1)


def sets(result: BuildResult) -> dict[str, str]:
    """Names of the sets and of the files that they are from."""
    return {record.name: Path(record.source).name for record in result.corpus.sets}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize("gone", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_sets_of_missing_sources_are_kept_and_named(tmp_path: Path, out: Path, gone: list[str]) -> None:
    files = {name: wav(tmp_path / f"{name}.wav", seed) for seed, name in enumerate("abc")}
    before = build(*files.values(), into=out).corpus
    for name in gone:
        files[name].rename(tmp_path / f"{name}.away")
    result = build(*files.values(), into=out)
    assert result.corpus == before
    assert result.corpus.verify() == []
    assert [Path(item.source).stem for item in result.missing] == gone
    assert f"its set '{gone[0]}' is kept" in result.missing[0].reason
    assert result.unchanged == tuple(sorted(set("abc") - set(gone)))
    assert read_index(out).rejected == ()
    for name in gone:  # the drive is back
        (tmp_path / f"{name}.away").rename(files[name])
    again = build(*files.values(), into=out)
    assert (again.built, again.missing) == ((), ())
    assert again.corpus == before


def test_a_folder_that_is_gone_or_empty_keeps_its_sets(tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "drive" / "sets"
    for seed, name in enumerate("ab"):
        wav(folder / "deep" / f"{name}.wav", seed)
    (folder / "deep" / "c.wav").touch()
    before = build(folder, into=out).corpus
    folder.parent.rename(tmp_path / "unplugged")
    result = build(folder, into=out)
    assert result.corpus == before
    assert [item.name for item in result.missing] == ["a", "b", "c"], "and what could not be used"
    folder.mkdir(parents=True)  # a mount point without its drive
    result = build(folder, into=out)
    assert result.corpus == before
    assert [item.name for item in result.missing] == ["a", "b"]


@pytest.mark.parametrize("garbage", [b"", b"not music at all"])
def test_garbage_does_not_replace_a_set(tmp_path: Path, out: Path, garbage: bytes) -> None:
    a = wav(tmp_path / "a.wav", 0)
    before = build(a, into=out).corpus
    music = a.read_bytes()
    a.write_bytes(garbage)
    for _ in range(2):
        result = build(a, into=out)
        assert result.corpus == before
        assert result.built == ()
        assert result.rejected[0].reason.endswith("its set 'a', built before, is kept")
    a.write_bytes(music)
    result = build(a, into=out)
    assert result.rejected == read_index(out).rejected == ()
    assert result.unchanged == ("a",)
    assert result.corpus.hash == before.hash


@pytest.mark.parametrize("same_file", [True, False])
@pytest.mark.parametrize("fate", ["gone", "garbage", "other music"])
@pytest.mark.parametrize("both_named", [True, False])
def test_a_duplicate_takes_over(
    tmp_path: Path, out: Path, same_file: bool, fate: str, both_named: bool
) -> None:
    a = wav(tmp_path / "a.wav", 0)
    b = tmp_path / "b.wav"
    shutil.copy(a, b) if same_file else retagged(b, a)
    music = a.read_bytes()
    first = build(a, b, into=out)
    assert sets(first) == {"a": "a.wav"}
    if fate == "gone":
        a.unlink()
    elif fate == "garbage":
        a.write_bytes(b"garbage")
    else:
        wav(a, 1)
    result = build(*((a, b) if both_named else (b,)), into=out)
    new = {"a-2": "a.wav"} if fate == "other music" and both_named else {}
    assert sets(result) == {"a": "b.wav", **new}
    assert result.corpus.sets[0].audio_sha256 == first.corpus.sets[0].audio_sha256
    assert result.corpus.verify() == []
    b.unlink()  # now both are gone
    if fate == "gone":
        again = build(a, b, into=out)
        assert sets(again) == {"a": "b.wav"}
        assert len(again.missing) == 2
        a.write_bytes(music)  # the first is back
        assert sets(build(a, b, into=out)) == {"a": "a.wav"}


def test_a_new_copy_of_music_whose_source_is_gone_takes_over(tmp_path: Path, out: Path) -> None:
    a = wav(tmp_path / "a.wav", 0)
    hash_before = build(a, into=out).corpus.hash
    retagged(tmp_path / "b.wav", a)
    a.unlink()
    result = build(tmp_path / "b.wav", into=out)
    assert sets(result) == {"a": "b.wav"}
    assert result.corpus.hash == hash_before


def test_a_missing_duplicate_is_known(tmp_path: Path, out: Path) -> None:
    a = wav(tmp_path / "a.wav", 0)
    copy = retagged(tmp_path / "copy.wav", a)
    before = build(a, copy, into=out).corpus
    copy.unlink()
    result = build(copy, into=out)
    assert result.corpus == before
    assert result.missing[0].reason == f"it sounds exactly like '{a}' (set 'a')"


def test_two_files_that_swap_their_names_keep_their_music(tmp_path: Path, out: Path) -> None:
    a, b = wav(tmp_path / "a.wav", 0), wav(tmp_path / "b.wav", 1)
    before = {record.audio_sha256 for record in build(a, b, into=out).corpus.sets}
    a.rename(tmp_path / "x")
    b.rename(a)
    (tmp_path / "x").rename(b)
    result = build(a, b, into=out)
    assert {record.audio_sha256 for record in result.corpus.sets} == before
    assert result.corpus.verify() == []


def test_a_mistyped_name_is_an_error_and_changes_nothing(tmp_path: Path, out: Path) -> None:
    a, b = wav(tmp_path / "a.wav", 0), wav(tmp_path / "b.wav", 1)
    with pytest.raises(InputError, match="does not exist"):
        build(a, tmp_path / "bb.wav", into=out)
    assert not out.exists()
    build(a, into=out)
    index = read_index(out)
    with pytest.raises(InputError, match=r"bb\.wav' does not exist.*mistyped"):
        build(a, b, tmp_path / "bb.wav", into=out)
    assert read_index(out) == index


def test_without_any_set_a_build_is_no_success(tmp_path: Path, out: Path) -> None:
    a, bad = wav(tmp_path / "a.wav", 0), tmp_path / "bad.wav"
    bad.write_text("no music")
    build(a, into=out)
    with pytest.raises(InputError, match="not a media file"):
        build(bad, into=out)
    assert [record.name for record in Corpus.open(out).sets] == ["a"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no audio or video file"):
        build(tmp_path / "empty", into=out)
    assert [record.name for record in Corpus.open(out).sets] == ["a"]


def test_copies_of_what_cannot_be_used_share_its_fate(tmp_path: Path, out: Path) -> None:
    bad, copy = tmp_path / "bad.mp3", tmp_path / "copy.mp3"
    for path in (bad, copy):
        path.touch()
    with pytest.raises(InputError, match=r"none of 2 .*bad.mp3' is empty.*copy.mp3' is the same file as"):
        build(bad, copy, into=out)
    assert not out.exists()
    a = wav(tmp_path / "a.wav", 0)
    first = build(a, bad, copy, into=out)
    assert [Path(item.source).name for item in first.rejected] == ["bad.mp3", "copy.mp3"]
    index = read_index(out)
    build(a, bad, copy, into=out)
    assert read_index(out) == index


def test_files_of_the_corpus_that_are_lost_too_are_told(tmp_path: Path, out: Path) -> None:
    a, b = wav(tmp_path / "a.wav", 0), wav(tmp_path / "b.wav", 1)
    build(a, b, into=out)
    audio_path(out, "a").unlink()
    music = a.read_bytes()
    a.unlink()
    result = build(a, b, into=out)
    assert "files of its set 'a' are missing, too" in result.missing[0].reason
    retagged(tmp_path / "c.wav", b).write_bytes(music + b"LIST\x04\0\0\0INFO")
    result = build(tmp_path / "c.wav", into=out)
    assert sets(result) == {"b": "b.wav", "c": "c.wav"}, "a copy replaces what is broken"
    assert result.corpus.verify() == []


def test_a_drive_that_goes_while_it_is_read_is_tried_again(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mixdream.corpus import ingest

    a, b = wav(tmp_path / "a.wav", 0), wav(tmp_path / "b.wav", 1)
    real = ingest.ingest

    def unplugged(path, *arguments):  # type: ignore[no-untyped-def]
        if path == b and b.exists():
            b.rename(tmp_path / "away")
        return real(path, *arguments)

    monkeypatch.setattr(ingest, "ingest", unplugged)
    result = build(a, b, into=out)
    assert result.rejected[0].reason == "is missing"
    monkeypatch.undo()
    (tmp_path / "away").rename(b)
    assert build(a, b, into=out).built == ("b",)


def test_sets_are_removed_by_name(tmp_path: Path, out: Path) -> None:
    a, b = wav(tmp_path / "a.wav", 0), wav(tmp_path / "b.wav", 1)
    copy = tmp_path / "copy.wav"
    shutil.copy(a, copy)
    before = build(a, b, copy, into=out).corpus.hash
    for names in (["beta"], ["a", "beta"]):
        with pytest.raises(InputError, match=r"no set 'beta'.*did you mean 'b'"):
            remove_sets(out, names)
    left = remove_sets(out, ["a"])
    assert [record.name for record in left.sets] == ["b"]
    assert left.duplicates == ()
    for path_of in (audio_path, beats_path):
        assert not path_of(out, "a").exists()
        assert path_of(out, "b").exists()
    assert Corpus.open(out).hash != before
    assert Corpus.open(out).verify() == []
    assert sets(build(a, b, into=out)) == {"a": "a.wav", "b": "b.wav"}


def test_without_its_last_set_a_corpus_is_empty_and_can_be_added_to(tmp_path: Path, out: Path) -> None:
    a = wav(tmp_path / "a.wav", 0)
    build(a, into=out)
    (out / "figures").mkdir()
    assert remove_sets(out, ["a"]).sets == ()
    with pytest.raises(InputError, match="has no sets: add some"):
        Corpus.open(out)
    with pytest.raises(InputError, match="it is empty"):
        remove_sets(out, ["a"])
    a.rename(tmp_path / "bad.wav").write_text("no music")
    with pytest.raises(InputError, match="not a media file"):
        build(tmp_path / "bad.wav", into=out)
    assert sets(build(wav(a, 0), into=out)) == {"a": "a.wav"}


@pytest.mark.parametrize("moment", ["before the index", "before the files"])
def test_a_killed_removal_leaves_a_valid_corpus(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    build(wav(tmp_path / "a.wav", 0), wav(tmp_path / "b.wav", 1), into=out)

    class KilledError(Exception):
        pass

    def kill(*_arguments: object, **_options: object) -> None:
        raise KilledError

    target = "write_index" if moment == "before the index" else "_delete"
    monkeypatch.setattr(f"mixdream.corpus.folder.BuildFolder.{target}", kill)
    with pytest.raises(KilledError):
        remove_sets(out, ["a"])
    monkeypatch.undo()
    corpus = Corpus.open(out)
    assert [record.name for record in corpus.sets] == (["a", "b"] if target == "write_index" else ["b"])
    assert corpus.verify() == []
    if target == "_delete":
        remove_sets(out, [])
        assert not audio_path(out, "a").exists(), "what was left is swept"


def test_nothing_is_removed_while_a_build_is_at_work(tmp_path: Path, out: Path) -> None:
    a, b = wav(tmp_path / "a.wav", 0), wav(tmp_path / "b.wav", 1)
    build(a, into=out)

    def meanwhile(done: float, note: str) -> None:
        with pytest.raises(InputError, match="a build is at work"):
            remove_sets(out, ["a"])

    build_corpus([a, b], out, jobs=1, report=meanwhile)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_files_no_music_is_lost_or_there_twice(
    tmp_path: Path, out: Path, seed: int
) -> None:
    """Files are written, copied, retagged, damaged and deleted at random between builds."""
    rng = random.Random(seed)
    pieces = [wav(tmp_path / f"piece{k}.wav", k).read_bytes() for k in range(3)]
    pieces += [piece + b"LIST\x04\0\0\0INFO" for piece in pieces]
    files = [wav(tmp_path / "in" / f"{name}.wav", 0) for name in "abc"]
    heard: dict[bytes, str] = {}  # what the corpus makes of a piece
    before: dict[str, str] = {}  # names by what is heard
    for _ in range(4):
        for file in files:
            content = rng.choice([*pieces, b"garbage", None])
            if content is None:
                file.unlink(missing_ok=True)
            else:
                file.write_bytes(content)
        named = rng.choice([[tmp_path / "in"], [file for file in files if file.exists()]])
        try:
            result = build(*named, into=out)
        except InputError:
            continue
        for record in result.corpus.sets:
            if record.name in result.built:
                piece = Path(record.source).read_bytes()
                heard |= {same: record.audio_sha256 for same in pieces if same[:72000] == piece[:72000]}
        now = [record.audio_sha256 for record in result.corpus.sets]
        assert len(now) == len(set(now))
        there = {heard[file.read_bytes()] for file in files if file.exists() and file.read_bytes() in pieces}
        assert there <= set(now)
        lost = set(before) - set(now)
        assert {before[audio] for audio in lost} <= set(result.built), "other music came in its place"
        assert result.corpus.verify() == []
        again = build(*named, into=out)
        assert (again.built, again.corpus) == ((), result.corpus)
        before = {record.audio_sha256: record.name for record in result.corpus.sets}
