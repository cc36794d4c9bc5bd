"""Files and folders that are either whole or not there, whatever kills the process."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name, flush it to the disk and rename it over ``path``."""
    temporary = path.with_name(f".{path.name}.partial")
    # File names need not be UTF-8; their stray bytes become \udcXX, which is JSON's own escape for them.
    temporary.write_bytes(
        content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    )
    flush(temporary)
    temporary.replace(path)
    flush(path.parent)


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
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for file in temporary.iterdir():
            flush(file)
        flush(temporary)
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
        flush(path.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def flush(path: Path) -> None:
    """Force a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
