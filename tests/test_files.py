import errno
import threading
from pathlib import Path

import numpy as np
import pytest

from mixdream.files import (
    all_or_none,
    folder_atomically,
    is_full,
    naming,
    secret_in,
    whole_or_absent,
    write_with,
)

FULL = Path("/dev/full")  # every write to it says that the disk is full
needs_full = pytest.mark.skipif(not FULL.exists(), reason="Linux has it")


@needs_full
def test_a_full_disk_leaves_no_file_and_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    path.write_text("as it was")
    with pytest.raises(OSError) as raised, whole_or_absent(path) as temporary:
        temporary.write_text("half of it")
        FULL.write_bytes(b"the rest")
    assert is_full(raised.value)
    assert raised.value.filename == str(path)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["as it was"]


@needs_full
def test_a_full_disk_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError) as raised, folder_atomically(tmp_path / "run") as folder:
        (folder / "recipe.toml").touch()
        with naming(folder / "run.json"):
            FULL.write_bytes(b"{}")
    assert raised.value.filename == str(tmp_path / "run" / "run.json"), "not that of the temporary folder"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as raised, folder_atomically(tmp_path / "file" / "run"):
        pass
    assert raised.value.filename == str(tmp_path / "file" / "run")


def test_errors_keep_the_names_that_they_have(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised, whole_or_absent(tmp_path / "new"):
        (tmp_path / "missing").read_bytes()
    assert raised.value.filename == str(tmp_path / "missing")


def test_what_a_library_saves_is_whole_or_absent(tmp_path: Path) -> None:
    array = np.arange(12.0).reshape(3, 4)
    write_with(tmp_path / "array.npy", lambda file: np.save(file, array))
    np.testing.assert_array_equal(np.load(tmp_path / "array.npy"), array)
    with pytest.raises(ZeroDivisionError):
        write_with(tmp_path / "array.npy", lambda file: file.write(b"half") // 0)
    np.testing.assert_array_equal(np.load(tmp_path / "array.npy"), array)
    assert len(list(tmp_path.iterdir())) == 1


def test_all_files_or_none(tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    with all_or_none(paths):
        paths[0].touch()
    assert paths[0].exists()
    with pytest.raises(KeyboardInterrupt), all_or_none(paths):
        raise KeyboardInterrupt
    assert not paths[0].exists()


def test_only_a_full_disk_is_full() -> None:
    assert is_full(OSError(errno.EDQUOT, "Disk quota exceeded"))
    assert not is_full(OSError(errno.EACCES, "Permission denied"))


def test_an_empty_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "token").touch()  # as a kill or a full disk leaves it
    secret = secret_in(tmp_path / "token")
    assert len(secret) > 20
    assert secret_in(tmp_path / "token") == secret


def test_a_secret_that_is_about_to_be_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.touch()
    writing = threading.Timer(0.1, path.write_text, ["of another process\n"])
    writing.start()
    assert secret_in(path) == "of another process"
    writing.join()
