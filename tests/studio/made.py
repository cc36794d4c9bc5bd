"""A project of small sets that were read, made once; and waiting for other processes."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mixdream.project import Project
from mixdream.studio.hub import Hub
from mixdream.studio.jobs.job_report import JobReport
from mixdream.studio.jobs.jobs import Job, Jobs
from mixdream.studio.jobs.reading import read_sets
from tests.conftest import write_set


@cache
def _made() -> TemporaryDirectory:
    kept = TemporaryDirectory()
    project = Project(Path(kept.name))
    project.sets.mkdir()
    for name, bpm in (("A.wav", 120), ("B.wav", 140)):
        write_set(project.sets / name, 20, bpm, bpm)
    (project.sets / "broken.wav").write_bytes(b"RIFF but no more")
    read(project)
    return kept


def read(project: Project) -> None:
    """Read what is new, in this process."""
    told = project.folder / "told.json"
    read_sets(project.folder, JobReport(told, Job.begin({})))
    told.unlink()


def fill(project: Project) -> Project:
    """Give a project two sets of 20 s, A and B, that were read, and a file that is broken."""
    made = Path(_made().name)
    shutil.copytree(made, project.folder, copy_function=shutil.copy2, dirs_exist_ok=True)
    index = project.corpus / "corpus.json"
    index.write_text(index.read_text("utf-8").replace(str(made), str(project.folder)), "utf-8")
    return project


def newest(hub: Hub, topic: str) -> dict[str, Any]:
    """What a page that opens now is told of a topic."""

    async def first() -> str:
        return [event async for event in _until(hub, f"event: {topic}\n")][-1]

    return json.loads(asyncio.run(first()).partition("data: ")[2])


async def _until(hub: Hub, beginning: str) -> AsyncIterator[str]:
    async for event in hub.events():
        yield event
        if event.startswith(beginning):
            return


def wait_until(true: Callable[[], object], seconds: float = 120) -> None:
    """Wait for what other processes do; the time is for machines that are busy."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def state_of(jobs: Jobs, kind: str) -> str:
    """State of a job."""
    return jobs.states()[kind]["state"]
