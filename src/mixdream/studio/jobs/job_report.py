"""What a job says of itself while it works, for the page."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from mixdream.studio.jobs.jobs import Job, State

_WRITE_EVERY_S = 0.4
_SURE_SHARE, _SURE_S = 0.02, 3.0  # of a step, before the time left can be told from it


class JobReport:
    """Writes down how far a job is: a `mixdream.progress.Report`, and `step` for what it is about."""

    def __init__(self, path: Path, job: Job) -> None:
        self._path, self._job = path, job
        self._began = self._written = time.monotonic()
        self._lasts_s: float | None = None

    def step(self, title: str, lasts_s: float | None = None) -> None:
        """Begin a step of the job, which takes so many seconds where that is known."""
        self._began, self._lasts_s = time.monotonic(), lasts_s
        self._write(replace(self._job, step=title, share=0.0, note="", left_s=lasts_s))

    def __call__(self, done: float, note: str = "") -> None:
        """Say what share of the step is done, in [0, 1], and a word on what is going on."""
        if time.monotonic() >= self._written + _WRITE_EVERY_S:
            self._write(replace(self._job, share=done, note=note, left_s=self._left_s(done)))

    def end(self, state: State, error: str | None = None, result: dict[str, Any] | None = None) -> None:
        """Write down how the job ended."""
        share = 1.0 if state == "done" else self._job.share
        message = None if error is None else " ".join(error.split())
        self._write(
            replace(self._job, state=state, share=share, note="", left_s=None, error=message, result=result)
        )

    def _left_s(self, done: float) -> float | None:
        if self._lasts_s is not None:
            return round(self._lasts_s * (1 - done), 1)
        passed = time.monotonic() - self._began
        if done < _SURE_SHARE or passed < _SURE_S:
            return None
        return round(passed * (1 - done) / done, 1)

    def _write(self, job: Job) -> None:
        self._job, self._written = job, time.monotonic()
        job.write(self._path)
