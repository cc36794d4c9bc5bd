"""Jobs: they outlive the server, end when they are asked to, and what killed them is told."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mixdream.errors import InputError, Interrupted
from mixdream.studio.jobs import job_report, worker
from mixdream.studio.jobs.job_report import JobReport
from mixdream.studio.jobs.jobs import Job, Jobs, job_file, job_lock
from mixdream.studio.jobs.worker import run_job
from tests.studio.made import state_of, wait_until

WORKING = """
import signal, sys, time
from pathlib import Path
from mixdream.studio.jobs.worker import run_job

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it

def work(folder, options, report):
    report.step("Working", 100)
    while True:
        report(0.25, "on it")
        time.sleep(0.02)

run_job(Path(sys.argv[1]), sys.argv[2], {}, work)
"""


@pytest.fixture
def working(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has a job which does not end by itself."""
    process = subprocess.Popen([sys.executable, "-c", WORKING, str(tmp_path), "training"])
    wait_until(lambda: Jobs(tmp_path).states().get("training", {}).get("note") == "on it")
    yield process
    process.kill()
    process.wait()


def test_all_who_look_at_once_see_that_a_job_is_gone(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    with job_lock(tmp_path / ".studio" / "jobs", "training"):
        Job.begin({}).write(job_file(tmp_path / ".studio" / "jobs", "training"))
        assert jobs.is_running("training")
    with ThreadPoolExecutor(8) as pages:
        seen = list(pages.map(lambda _: jobs.is_running("training"), range(400)))
    assert not any(seen)


def test_a_server_that_starts_anew_finds_the_job_and_can_stop_it(
    working: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    jobs = Jobs(tmp_path)
    told = jobs.states()["training"]
    assert (told["state"], told["step"], told["share"], told["left_s"]) == ("running", "Working", 0.25, 75)
    for kind in ("training", "reading"):
        with pytest.raises(InputError, match="training is still going on"):
            jobs.start(kind, {})
    with pytest.raises(InputError, match="nothing to stop"):
        jobs.stop("reading")
    jobs.stop("training")
    assert jobs.states()["training"]["note"] == "stopping" or state_of(jobs, "training") == "stopped"
    assert working.wait(60) == 0
    assert state_of(jobs, "training") == "stopped"
    assert not jobs.is_running("training")


def test_what_is_killed_is_lost_and_can_be_started_again(
    working: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    jobs = Jobs(tmp_path)
    working.kill()
    working.wait()
    told = jobs.states()["training"]
    assert told["state"] == "lost" and "start it again" in told["error"] and told["left_s"] is None
    jobs.start("reading", {})  # there is nothing to read
    wait_until(lambda: state_of(jobs, "reading") == "failed")
    assert "there are no sets yet" in jobs.states()["reading"]["error"]
    assert state_of(jobs, "training") == "lost"


def test_sigterm_stops_a_job_that_the_server_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module is one of the test's own, found where Python is told to look."""
    (tmp_path / "endless.py").write_text(WORKING.partition("run_job(Path")[0])
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    begin = "from mixdream.studio.jobs import worker; worker.WORK['mix'] = 'endless'; worker.main()"
    jobs = Jobs(tmp_path)
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        at = command.index("-m")
        started.append(popen([*command[:at], "-c", begin, *command[at + 2 :]], **options))
        return started[0]

    monkeypatch.setattr("mixdream.studio.jobs.jobs.subprocess.Popen", start)
    jobs.start("mix", {"minutes": 5})
    wait_until(lambda: jobs.states()["mix"]["note"] == "on it")
    assert jobs.states()["mix"]["minutes"] == 5
    assert os.getsid(started[0].pid) != os.getsid(0)  # a terminal that closes does not end it
    os.kill(started[0].pid, signal.SIGTERM)
    wait_until(lambda: state_of(jobs, "mix") == "stopped")
    assert started[0].wait(60) == 0


def test_only_one_process_has_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_LOCK_S", 0.05)
    folder = tmp_path / ".studio" / "jobs"
    with job_lock(folder, "mix"):
        before = Job.begin({"minutes": 3})
        before.write(job_file(folder, "mix"))
        run_job(tmp_path, "mix", {}, lambda *_: pytest.fail("it works"))
        assert Job.read(job_file(folder, "mix")) == before


@pytest.mark.parametrize(
    ("error", "state", "message", "raised"),
    [
        (InputError("this is\nwrong"), "failed", "this is wrong", False),
        (Interrupted("stopped, nothing is lost"), "stopped", None, False),
        (OSError(errno.ENOSPC, "No space left"), "failed", "the disk is full: free some space", True),
        (ValueError("odd \udce9"), "failed", "ValueError: odd ?; '", True),
    ],
)
def test_how_a_job_ended_is_told(
    error: Exception, state: str, message: str | None, raised: bool, tmp_path: Path
) -> None:
    def work(*_: object) -> dict[str, Any]:
        raise error

    if raised:
        with pytest.raises(type(error)):
            run_job(tmp_path, "mix", {}, work)
    else:
        run_job(tmp_path, "mix", {}, work)
    told = Jobs(tmp_path).states()["mix"]
    assert told["state"] == state
    assert (told["error"] or "").startswith(message or "")
    run_job(tmp_path, "mix", {}, lambda *_: {"loops": 3})
    told = Jobs(tmp_path).states()["mix"]
    assert (told["state"], told["share"], told["result"]) == ("done", 1.0, {"loops": 3})


def test_time_left_is_told_as_soon_as_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(job_report.time, "monotonic", lambda: now)
    path = tmp_path / "job.json"
    report = JobReport(path, Job.begin({}))

    def left_s(share: float) -> float | None:
        report(share)
        job = Job.read(path)
        assert job is not None and job.share == share
        return job.left_s

    report.step("Reading")
    now = 102.0
    assert left_s(0.5) is None  # after two seconds nobody knows
    now = 110.0
    assert left_s(0.01) is None  # nor after a hundredth
    assert Job.read(path) is not None
    now = 130.0
    assert left_s(0.25) == 90
    report.step("Training", 600)
    now = 131.0
    assert left_s(0.5) == 300
    before = path.read_bytes()
    report(0.9)  # within the same moment nothing is written
    assert path.read_bytes() == before


def test_what_a_power_cut_left_of_a_file_is_no_job(tmp_path: Path) -> None:
    folder = tmp_path / ".studio" / "jobs"
    folder.mkdir(parents=True)
    for content in ("", "{", "[]", '{"state": "running"}', '{"other": 1}'):
        (folder / "mix.json").write_text(content)
        assert Jobs(tmp_path).states() == {}
        assert not Jobs(tmp_path).is_running("mix")
