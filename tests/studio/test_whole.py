"""The main job in the browser, from end to end: a file dropped, a short training, pads, sound, files out."""

import json
import re
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import soundfile
from playwright.sync_api import BrowserContext, Locator, Page, expect

from mixdream.project import Project
from mixdream.runs.run import Run
from mixdream.studio.jobs.jobs import Jobs
from tests.browsers import NEEDS_CHROMIUM
from tests.conftest import write_set
from tests.studio.made import state_of, wait_until

pytestmark = NEEDS_CHROMIUM

LONG_MS = 120_000  # for what takes its time on a machine that is busy


@contextmanager
def started(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, as a user starts it, and the link that it prints."""
    command = [sys.executable, "-m", "mixdream", "studio", str(folder), "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[1]
        finally:
            process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def seconds_trained(project: Project) -> float:
    """What the newest line of the metrics says; 0 where there is none yet."""
    lines = [path.read_text().splitlines() for path in project.runs.glob("*/metrics.jsonl")]
    return float(json.loads(lines[0][-1])["seconds"]) if lines and lines[0] else 0.0


def grows(number: Callable[[], float]) -> None:
    before = number()
    wait_until(lambda: number() > before)


def view(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def saved(page: Page, link: Locator, folder: Path) -> Path:
    """Download what a link names."""
    with page.expect_download() as download:
        link.click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


def test_from_a_file_to_a_recording(context: BrowserContext, tmp_path: Path) -> None:
    context.set_default_timeout(LONG_MS)
    project, port = Project(tmp_path / "project"), free_port()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    with started(project.folder, port) as (process, link):
        page.goto(link)
        page.locator("[data-part=files]").set_input_files(write_set(tmp_path / "night.wav", 40))
        expect(page.locator(".set").filter(has_text="night")).to_contain_text("120 BPM", timeout=LONG_MS)
        view(page, "Training")
        page.get_by_role("button", name="Start training").click()
        wait_until(lambda: seconds_trained(project) > 0)
        process.send_signal(signal.SIGKILL)
    # The training does not notice, and the page finds the studio again by itself.
    grows(lambda: seconds_trained(project))
    expect(page.locator("#connection")).to_be_visible(timeout=LONG_MS)
    with started(project.folder, port):
        expect(page.locator("#connection")).to_be_hidden(timeout=LONG_MS)
        page.reload()
        grows(lambda: seconds_trained(project))
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=LONG_MS)
        assert state_of(Jobs(project.folder), "training") == "stopped"
        (checkpoint,) = Run.open(project.runs / "dream").checkpoints()

        view(page, "Play")
        page.get_by_role("button", name="Record", exact=True).click()
        # An empty pad gets a loop of the model that was trained.
        page.locator("[data-control='pad 1']").click()
        pad = page.locator(".pad:has([data-control='pad 1'])")
        expect(pad).to_have_class(re.compile(r"\bplaying\b"), timeout=LONG_MS)
        loop = str(pad.get_attribute("data-loop"))
        page.keyboard.press("h")
        page.get_by_role("button", name="Record", exact=True).click()
        page.keyboard.press("Space")

        page.get_by_role("tab", name="Takes").click()
        take = saved(page, page.get_by_role("link", name=re.compile(r"Download .*\.wav")), tmp_path)
        page.get_by_role("tab", name="Shelf").click()
        hearts = saved(page, page.locator("a[download='hearts.zip']"), tmp_path)
    assert errors == []
    made = json.loads((project.loops / "pads" / f"{loop}.json").read_text("utf-8"))
    assert (made["run"], made["checkpoint"]) == ("dream", checkpoint.name)
    with zipfile.ZipFile(hearts) as pack:
        assert sorted(pack.namelist()) == [f"hearts/{loop}.json", f"hearts/{loop}.wav"]
    audio, rate_hz = soundfile.read(take)
    assert rate_hz == 44_100 and audio.shape[1] == 2
    assert abs(audio).max() > 0.05  # the loop is heard in it
