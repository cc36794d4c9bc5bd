"""Files that are dropped onto the page: whole or not there, and never anywhere else."""

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mixdream.errors import InputError
from mixdream.project import Project
from mixdream.studio.sets.uploads import BUSY_S, Uploads, safe_parts
from tests.texts import CHARACTERS

TRICKS = [
    "../a.wav",
    "/a.wav",
    "a/../../b.wav",
    "a//b.wav",
    "",
    ".",
    "..",
    ".hidden.wav",
    "a/.b/c.wav",
    "a\\b.wav",
]
TRICKS += ["a\x00.wav", "a\nb.wav", "\ud800.wav", "x" * 241, "/".join("a" * 17)]


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(Project(tmp_path / "p"))


def sets(tmp_path: Path) -> dict[str, bytes]:
    """Files in the project's sets/ by their paths."""
    folder = tmp_path / "p" / "sets"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("path", TRICKS)
def test_paths_that_lead_elsewhere_are_refused(path: str, uploads: Uploads, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        uploads.add(path, 0, 3, b"abc")
    with pytest.raises(InputError):
        uploads.have(path)
    with pytest.raises(InputError):
        uploads.discard(path)
    assert list(tmp_path.rglob("*")) == []


@given(st.text(CHARACTERS, max_size=40) | st.text(alphabet="a./\\~\x00", max_size=12))
@example("mixes/June <b>.mp3")
@example("夏/é.wav")
def test_a_path_that_is_taken_lies_where_it_says(path: str) -> None:
    try:
        parts = safe_parts(path)
    except InputError:
        return
    root = Path("/project/sets")
    target = root.joinpath(*parts)
    assert "/".join(parts) == path
    assert target.is_relative_to(root) and ".." not in target.parts
    assert str(target) == f"{root}/{path}"
    assert not any(part.startswith(".") for part in parts)


@settings(max_examples=40)
@given(st.binary(max_size=60), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 30)), max_size=12))
def test_parts_in_any_order_and_size_give_the_file(content: bytes, asked: list[tuple[int, int]]) -> None:
    """Whatever is sent, what is there is a beginning of the file; who goes on where it says completes it."""
    with TemporaryDirectory() as folder:
        project = Project(Path(folder))
        whole = project.sets / "mixes" / "a.wav"
        for offset, length in asked:
            if whole.exists():
                break
            part = content[offset : offset + length]
            if offset > len(content):
                with pytest.raises(InputError):
                    Uploads(project).add("mixes/a.wav", offset, len(content), part)
            else:
                Uploads(project).add("mixes/a.wav", offset, len(content), part)
        while not whole.exists():
            have = Uploads(project).have("mixes/a.wav")
            Uploads(project).add("mixes/a.wav", have, len(content), content[have : have + 7])
        assert whole.read_bytes() == content
        assert Uploads(project).states() == []
        assert [path.name for path in project.sets.rglob("*") if path.is_file()] == ["a.wav"]


def test_a_file_is_gone_on_with_after_the_server_was_killed(uploads: Uploads, tmp_path: Path) -> None:
    assert uploads.add("a.wav", 0, 10, b"01234") == 5
    assert sets(tmp_path) == {}
    part = next((tmp_path / "p" / ".studio" / "uploads").glob("*.part"))
    part.write_bytes(b"0123456")  # of the next part some bytes came
    again = Uploads(Project(tmp_path / "p"))
    assert again.states() == [{"path": "a.wav", "bytes": 7, "size": 10}]
    assert again.add("a.wav", 5, 10, b"56789") == 7
    assert again.add("a.wav", 7, 10, b"789") == 10
    assert sets(tmp_path) == {"a.wav": b"0123456789"}


def test_a_file_that_was_whole_when_the_server_was_killed_is_moved(uploads: Uploads, tmp_path: Path) -> None:
    uploads.add("a.wav", 0, 4, b"012")
    next((tmp_path / "p" / ".studio" / "uploads").glob("*.part")).write_bytes(b"0123")
    again = Uploads(Project(tmp_path / "p"))
    assert sets(tmp_path) == {"a.wav": b"0123"} and again.states() == []


def test_whoever_missed_the_last_answer_need_not_begin_anew(uploads: Uploads, tmp_path: Path) -> None:
    assert uploads.add("a.wav", 0, 4, b"0123", modified=7) == 4
    assert uploads.have("a.wav", 4, modified=7) == 4
    assert uploads.add("a.wav", 2, 4, b"23", modified=7) == 4
    assert uploads.have("a.wav", 4, modified=8) == 0  # another file
    (tmp_path / "p" / "sets" / "a.wav").unlink()
    assert uploads.have("a.wav", 4, modified=7) == 0


def test_another_file_of_the_same_name_begins_anew(uploads: Uploads, tmp_path: Path) -> None:
    uploads.add("a.wav", 0, 4, b"012", modified=1)
    assert uploads.have("a.wav", 4, modified=1) == 3
    assert uploads.have("a.wav", 4, modified=2) == 0
    with pytest.raises(InputError, match="another file of this name is just being sent"):
        uploads.add("a.wav", 0, 4, b"wxyz", modified=2)
    assert uploads.have("a.wav", 4, modified=1) == 3  # nor is it hurt
    (part,) = (tmp_path / "p" / ".studio" / "uploads").glob("*.part")
    os.utime(part, (0, time.time() - BUSY_S - 1))
    assert uploads.add("a.wav", 3, 4, b"x", modified=2) == 0
    assert uploads.add("a.wav", 0, 4, b"wxyz", modified=2) == 4
    assert sets(tmp_path) == {"a.wav": b"wxyz"}


def test_what_lies_there_is_kept(uploads: Uploads, tmp_path: Path) -> None:
    for content in (b"one", b"one", b"two", b"one", b""):
        uploads.add("mixes/a.wav", 0, len(content), content)
    assert sets(tmp_path) == {"mixes/a.wav": b"one", "mixes/a-2.wav": b"two", "mixes/a-3.wav": b""}
    with pytest.raises(InputError, match=r"'a.wav' is a file in the project"):
        uploads.add("mixes/a.wav/b.wav", 0, 1, b"x")


def test_a_link_does_not_lead_out_of_the_project(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "p" / "sets").mkdir(parents=True)
    (tmp_path / "p" / "sets" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="leads out"):
        uploads.add("link/a.wav", 0, 1, b"x")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_impossible_sizes_are_refused_before_anything_is_written(uploads: Uploads, tmp_path: Path) -> None:
    for offset, size in ((0, 2), (-1, 9), (8, 9), (0, -1)):
        with pytest.raises(InputError, match="bytes"):
            uploads.add("a.wav", offset, size, b"abc")
    with pytest.raises(InputError, match="the disk has room for"):
        uploads.add("a.wav", 0, 10**17, b"abc")
    assert uploads.states() == [] and sets(tmp_path) == {}


def test_a_file_can_be_forgotten(uploads: Uploads, tmp_path: Path) -> None:
    uploads.add("a.wav", 0, 4, b"012")
    uploads.discard("a.wav")
    assert uploads.states() == [] and uploads.have("a.wav") == 0
    assert list((tmp_path / "p" / ".studio" / "uploads").iterdir()) == []


def test_uploads_over_http(client: TestClient, tmp_path: Path) -> None:
    binary = {"content-type": "application/octet-stream"}
    address = f"/api/uploads/{quote('a folder/<b>é.wav')}?size=6"
    assert client.put(f"{address}&offset=0", content=b"012", headers=binary).json() == {"bytes": 3}
    assert client.get(address).json() == {"bytes": 3}
    assert client.put(f"{address}&offset=3", content=b"345", headers=binary).json() == {"bytes": 6}
    for trick in ("..%2Fa.wav", "%2Fetc%2Fa.wav", "a%2F..%2F..%2Fb.wav", "%00.wav", ".studio%2Ftoken"):
        answer = client.put(f"/api/uploads/{trick}?size=1&offset=0", content=b"x", headers=binary)
        assert answer.status_code == 400 and "error" in answer.json()
    assert client.post("/api/uploads/discard", json={"path": "../a"}).status_code == 400
    assert client.post("/api/uploads/discard", json={"path": "a"}).status_code == 200
    files = {path for path in tmp_path.rglob("*") if path.is_file() and path.name != "token"}
    assert files == {tmp_path / "project" / "sets" / "a folder" / "<b>é.wav"}
