"""Worker: the process of one job, ``python -m mixdream.studio.jobs.worker PROJECT KIND OPTIONS``."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from filelock import Timeout

from mixdream.errors import Interrupted, MixdreamError
from mixdream.files import is_full
from mixdream.studio.jobs.job_report import JobReport
from mixdream.studio.jobs.jobs import OWN_FOLDER, STOP_NAME, Job, job_file, job_lock

Work = Callable[[Path, dict[str, Any], JobReport], dict[str, Any]]
"""Work of a kind in the folder of a project, by options; it returns what the page is told of it."""

# Modules whose function ``work`` does it; imported where they work, since most load much.
WORK = {
    "mix": "mixdream.studio.jobs.mix",
    "reading": "mixdream.studio.jobs.reading",
    "recording": "mixdream.studio.jobs.recording",
    "training": "mixdream.studio.jobs.training",
}

_LOOK_EVERY_S = 0.25  # for the wish to stop
_LOCK_S = 5.0  # a server that looks whether a job lives holds its lock for a moment
_NICE = 10  # what is played goes first


def main() -> None:
    """Do the job that the command line names."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    signal.signal(signal.SIGTERM, _interrupt)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    project, kind, options = sys.argv[1:]
    run_job(Path(project), kind, json.loads(options), lambda *args: import_module(WORK[kind]).work(*args))


def run_job(project: Path, kind: str, options: dict[str, Any], work: Work) -> None:
    """Do a job in this process, with its lock held; whatever becomes of it is written down.

    Nothing is done where another process has the lock. Errors that nobody expected are raised again, so that
    the log has them.
    """
    folder = project / OWN_FOLDER / "jobs"
    lock = job_lock(folder, kind)
    try:
        lock.acquire(timeout=_LOCK_S)
    except Timeout:
        return
    path = job_file(folder, kind)
    report = JobReport(path, Job.read(path) or Job.begin(options))
    try:
        with _stopped_by(folder / kind / STOP_NAME):
            result = work(project, options, report)
    except (KeyboardInterrupt, Interrupted):
        report.end("stopped")
    except MixdreamError as error:
        report.end("failed", str(error))
    except Exception as error:
        if isinstance(error, OSError) and is_full(error):
            report.end("failed", "the disk is full: free some space, then start it again")
        else:
            reason = f"{type(error).__name__}: {error}"
            report.end("failed", f"{reason}; '{folder / kind}.log' says more")
        raise
    else:
        report.end("done", result=result)
    finally:
        lock.release()


@contextmanager
def _stopped_by(path: Path) -> Iterator[None]:
    """Interrupt the main thread as Ctrl-C does, once, where a file appears."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_EVERY_S):
            if path.exists():
                os.kill(os.getpid(), signal.SIGINT)
                return

    threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
