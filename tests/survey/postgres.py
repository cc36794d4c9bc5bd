"""A PostgreSQL server of our own, for as long as the tests need it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.survey.example import free_port

VARIABLE = "MIXDREAM_TEST_POSTGRES"
"""URL of a server to use instead: its database ``postgres`` is connected to, others are made in it."""


def why_not() -> str:
    """Why there cannot be a server; empty where there can."""
    if os.environ.get(VARIABLE):
        return ""
    if _bin() is None:
        return f"PostgreSQL is not installed, and {VARIABLE} names no server"
    if os.getuid() == 0 and (shutil.which("runuser") is None or not _is_user("postgres")):
        return "PostgreSQL does not run as root, and there is no user postgres to run it"
    return ""


@contextmanager
def postgres(durable: bool = False) -> Iterator[str]:
    """Yield the URL of a server.

    Parameters
    ----------
    durable : bool
        Whether it flushes to the disk, as a server does that people use.
    """
    if url := os.environ.get(VARIABLE):
        yield url
        return
    programs = _bin()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="mixdream-postgres-"))
    as_user = []
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    port = free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1" + ("" if durable else " -F")
    control = [*as_user, str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-s"]

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)

    try:
        initdb = [*as_user, str(programs / "initdb"), "-D", str(folder / "data")]
        run(*initdb, "-A", "trust", "-U", "mixdream", "-N")
        run(*control, "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://mixdream@127.0.0.1:{port}/postgres"
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _bin() -> Path | None:
    """Programs of the newest server that is installed as Debian does it, or those on the path."""
    paths = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3].zfill(4))
    on_path = shutil.which("initdb")
    if paths:
        return paths[-1].parent
    return Path(on_path).parent if on_path else None


def _is_user(name: str) -> bool:
    import pwd

    return name in {entry.pw_name for entry in pwd.getpwall()}
