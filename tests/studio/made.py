"""Studios to test with: projects of small sets, made once, and who asks things of them."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.testclient import TestClient

from mixdream.project import Project
from mixdream.studio.app import create_app
from mixdream.studio.job_report import JobReport
from mixdream.studio.jobs import Job, Jobs
from mixdream.studio.studio import Studio
from mixdream.studio.work.reading import read_sets
from tests.conftest import write_set

PORT = 8321


@cache
def _read() -> TemporaryDirectory:
    """A project with two sets of 20 s that were read, and a file that is no music."""
    kept = TemporaryDirectory()
    project = Project(Path(kept.name) / "made")
    project.sets.mkdir(parents=True)
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


def read_project(folder: Path) -> Project:
    """A copy of the project that was read."""
    shutil.copytree(Path(_read().name) / "made", folder, copy_function=shutil.copy2)
    project = Project(folder)
    return project


@contextmanager
def asking(studio: Studio) -> Iterator[TestClient]:
    """Who has the link of a studio."""
    address = f"http://127.0.0.1:{PORT}"
    with TestClient(create_app(studio, PORT), base_url=address, headers={"origin": address}) as client:
        client.get(f"/?token={studio.token()}")
        yield client


def wait_until(true: Callable[[], object], seconds: float = 120) -> None:
    """Wait for what other processes do; the time is for machines that are busy."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def state_of(jobs: Jobs, kind: str) -> str:
    """State of a job."""
    return jobs.states()[kind]["state"]
