"""Jobs: long work in processes of their own, which outlive the page and the server."""

import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from mixdream.errors import InputError
from mixdream.files import LOCK_NAME, valid_text

OWN_FOLDER = ".studio"
"""Folder in a project for what is the studio's alone."""

State = Literal["running", "done", "stopped", "failed", "lost"]

STOP_NAME = "stop"
"""File in the folder of a job that asks it to end."""

_ALONE = frozenset({"reading", "training"})  # of these one at a time
_LOST = "it was ended from outside, perhaps for want of memory; start it again, it goes on where it was"


@dataclass(frozen=True)
class Job:
    """What a job says of itself; ``left_s`` is None where that cannot be told."""

    state: State
    began: str
    minutes: float | None = None
    step: str = ""
    share: float = 0.0
    note: str = ""
    left_s: float | None = None
    error: str | None = None
    result: dict[str, Any] | None = None

    @classmethod
    def begin(cls, options: dict[str, Any]) -> "Job":
        """A job that has begun now."""
        return cls("running", datetime.now(UTC).isoformat(timespec="seconds"), options.get("minutes"))

    @classmethod
    def read(cls, path: Path) -> "Job | None":
        """Read what `write` wrote; None where there is nothing, or a power cut left it damaged."""
        try:
            return cls(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write it whole, though not through to the disk: twice a second that would hold up the work."""
        temporary = path.with_name(f".{path.name}.partial")
        temporary.write_text(valid_text(json.dumps(asdict(self), ensure_ascii=False)), "utf-8")
        temporary.replace(path)


def job_file(folder: Path, kind: str) -> Path:
    """File with what a job says of itself, in the folder of all jobs."""
    return folder / f"{kind}.json"


def job_lock(folder: Path, kind: str) -> FileLock:
    """Lock that a job holds while it lives, however it ends."""
    (folder / kind).mkdir(parents=True, exist_ok=True)
    return FileLock(folder / kind / LOCK_NAME, mode=0o644)


class Jobs:
    """The jobs in the folder of a project, one of each kind at most.

    A job is a process of `mixdream.studio.jobs.worker`. Whether it is alive is told by its lock, not by who
    started it, so a server that starts anew finds the jobs of the one before.
    What they say of themselves lies in ``.studio/jobs``: ``KIND.json``, ``KIND.log``, ``KIND/``.
    """

    def __init__(self, project: Path) -> None:
        self._project, self._folder = project, project / OWN_FOLDER / "jobs"
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._starting, self._probing = threading.Lock(), threading.Lock()

    def start(self, kind: str, options: dict[str, Any]) -> None:
        """Start a job.

        Raises
        ------
        InputError
            One of its kind is running, or one that it cannot run beside.
        """
        with self._starting:
            for other in sorted({kind} | (_ALONE if kind in _ALONE else set())):
                if self.is_running(other):
                    raise InputError(f"{other} is still going on: wait for its end, or stop it first")
            own = self._folder / kind
            own.mkdir(parents=True, exist_ok=True)
            (own / STOP_NAME).unlink(missing_ok=True)
            Job.begin(options).write(job_file(self._folder, kind))
            # -P: a folder that happens to be the current one gives no modules.
            command = [sys.executable, "-P", "-m", "mixdream.studio.jobs.worker"]
            with self._folder.joinpath(f"{kind}.log").open("wb") as log:
                self._started[kind] = subprocess.Popen(
                    [*command, str(self._project.resolve()), kind, json.dumps(options)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # not ended with the server
                )

    def stop(self, kind: str) -> None:
        """Ask a job to end in a state that can be gone on from; InputError where none is running."""
        if not self.is_running(kind):
            raise InputError(f"{kind} is not going on, so there is nothing to stop")
        (self._folder / kind / STOP_NAME).touch()

    def is_running(self, kind: str) -> bool:
        """Whether a job of a kind lives."""
        job = Job.read(job_file(self._folder, kind))
        return job is not None and job.state == "running" and self._lives(kind)

    def states(self) -> dict[str, dict[str, Any]]:
        """What all jobs say of themselves, for the page."""
        return {
            path.stem: asdict(self._state(path.stem, job))
            for path in sorted(self._folder.glob("*.json"))
            if (job := Job.read(path)) is not None
        }

    def _state(self, kind: str, job: Job) -> Job:
        if job.state != "running":
            return job
        if not self._lives(kind):
            # It may have ended since it was read.
            last = Job.read(job_file(self._folder, kind)) or job
            return last if last.state != "running" else replace(last, state="lost", left_s=None, error=_LOST)
        if (self._folder / kind / STOP_NAME).exists():
            return replace(job, note="stopping", left_s=None)
        return job

    def _lives(self, kind: str) -> bool:
        process = self._started.get(kind)
        if process is not None and process.poll() is None:
            return True  # its lock may be still to come
        lock = job_lock(self._folder, kind)
        with self._probing:  # or one that looks would take another one for the job
            try:
                lock.acquire(blocking=False)
            except Timeout:
                return True
            lock.release()
            return False
