"""Files and folders that are either whole or not there, whatever kills the process; one lock for both.

Libraries write to memory (`write_with`) and this module to the disk: few of them say which file they could
not write, or that the disk is full.
"""

import errno
import io
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from mixdream.errors import InputError

LOCK_NAME = ".lock"
"""File in a folder that one process at a time works in; it stays, empty, when the work ends."""

_TRIES, _BETWEEN_TRIES_S = 20, 0.05  # how long a secret may take from its file to its text


def is_full(error: OSError) -> bool:
    """Whether an error says that the disk, or the user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def naming(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Let errors of the operating system name the file that is written, which those of writing do not.

    ``path`` also stands for the temporary name that a file or folder has before it is whole.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:  # not one that somebody raised in words
            error.filename = str(path)
        elif temporary is not None and isinstance(error.filename, str):
            error.filename = error.filename.replace(str(temporary), str(path), 1)
        raise


@contextmanager
def whole_or_absent(path: Path) -> Iterator[Path]:
    """Yield a temporary name for a file; once written and on the disk, it takes the name ``path``."""
    temporary = path.with_name(f".{path.name}.partial")
    with naming(path, temporary):
        try:
            yield temporary
            flush(temporary)
            temporary.replace(path)
            flush(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file, whole or not at all."""
    with whole_or_absent(path) as temporary:
        # File names need not be UTF-8; their stray bytes become \udcXX, which is JSON's own escape for them.
        temporary.write_bytes(
            content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
        )


def write_with(path: Path, save: Callable[[BinaryIO], object]) -> None:
    """Let a library save something to a file in memory, and write it, whole or not at all."""
    file = io.BytesIO()
    save(file)
    write_atomically(path, file.getvalue())


def secret_in(path: Path) -> str:
    """Secret that only its owner can read, made at the first call; who deletes the file gets a new one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        for _ in range(_TRIES):
            if known := path.read_text("utf-8").strip():
                return known
            time.sleep(_BETWEEN_TRIES_S)  # somebody is about to write it
        path.unlink()  # a kill or a full disk left it empty: everybody would know it
        return secret_in(path)
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(24)
        file.write(secret + "\n")
    return secret


def valid_text(text: str) -> str:
    """Text that is UTF-8: stray bytes of names of files become question marks."""
    return text.encode("utf-8", "replace").decode()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON for people and programs, whole or not at all; NaN is refused."""
    write_atomically(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def folder_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary folder to fill; it takes the name ``path`` once it is complete and on the disk.

    Left by an error, nothing of it remains. A folder that a killed process left half-filled is cleared.
    """
    temporary = path.with_name(f".{path.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    with naming(path, temporary):
        try:
            temporary.mkdir(parents=True)
            yield temporary
            for file in temporary.rglob("*"):
                flush(file)
            flush(temporary)
            if path.exists():
                shutil.rmtree(path)
            temporary.rename(path)
            flush(path.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


@contextmanager
def all_or_none(paths: Sequence[Path]) -> Iterator[None]:
    """Remove files again where an error ends the work before all of them are written."""
    try:
        yield
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


@contextmanager
def only_one_in(folder: Path, taken: str) -> Iterator[None]:
    """Keep other processes out of a folder for as long as this one works in it, however it ends.

    The folder is made if need be, and goes again if nothing was written to it. The lock is the operating
    system's: it goes when the process does.

    Parameters
    ----------
    folder : Path
    taken : str
        Message of the InputError where another process is at work in it.
    """
    from filelock import FileLock, Timeout  # here: not for every 'mixdream --help'

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK_NAME, blocking=False, mode=0o644)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(taken) from None
    try:
        yield
    finally:
        if [path.name for path in folder.iterdir()] == [LOCK_NAME]:
            (folder / LOCK_NAME).unlink()
        lock.release()
        with suppress(OSError):
            folder.rmdir()


def flush(path: Path) -> None:
    """Force a file, or a folder's list of names, to the disk."""
    if os.name == "nt":
        if path.is_dir():
            return  # Windows writes names through
        descriptor = os.open(path, os.O_RDWR)
    else:
        descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
