"""The server: one for a project, on this machine alone, as the command line starts it."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect

from mixdream.errors import InputError
from mixdream.project import Project
from mixdream.studio.server import Server
from mixdream.studio.studio import Studio
from tests.browsers import NEEDS_CHROMIUM
from tests.studio.conftest import serving

LONG_MS = 120_000  # on a machine that is busy


def test_one_studio_for_a_project_and_one_for_a_port(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    first = Server(project, 0)
    with first.listening():
        with pytest.raises(InputError, match="is open already"), Server(project, 0).listening():
            pass
        other = Server(Project(tmp_path / "other"), first.port)
        with pytest.raises(InputError, match=f"port {first.port} cannot be used.*--port"), other.listening():
            pass
    with Server(project, first.port).listening():  # both are free again
        pass
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="is a file"),
        Server(Project(tmp_path / "file"), 0).listening(),
    ):
        pass


def test_a_studio_that_is_open_already_is_not_worked_in(tmp_path: Path) -> None:
    project = Project(tmp_path)
    with Server(project, 0).listening():
        (tmp_path / "studio.json").write_text("the other one is just writing it")
        with pytest.raises(InputError, match="is open already"), Server(project, 0).listening():
            pass
        assert (tmp_path / "studio.json").exists()
    with Server(project, 0).listening():
        assert not (tmp_path / "studio.json").exists()  # put aside


@NEEDS_CHROMIUM
def test_the_browser_gets_a_file_that_only_the_owner_reads(context: BrowserContext, tmp_path: Path) -> None:
    with serving(Studio(Project(tmp_path / "<p>"))) as server:
        page = server.link_file()
        assert page.stat().st_mode & 0o077 == 0 and server.studio.token() in page.read_text()
        opened = context.new_page()
        opened.goto(page.as_uri())
        opened.wait_for_url(f"http://127.0.0.1:{server.port}/", timeout=LONG_MS)
        expect(opened.get_by_role("link", name="Training")).to_be_visible(timeout=LONG_MS)
        assert server.studio.token() not in opened.url


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mixdream", "studio", str(tmp_path / "p q"), "--no-browser"]
    with subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().split()[1]
        with httpx.Client(follow_redirects=True) as client:
            assert "mixdream studio" in client.get(link).text
            with client.stream("GET", f"http://127.0.0.1:{port}/api/events") as events:  # a page that is open
                assert next(events.iter_lines()) == "retry: 1000"
                process.send_signal(signal.SIGINT)
                rest = process.stdout.read()
        assert process.wait() == 0
    assert rest.splitlines()[-1] == f"ended; to go on: mixdream studio '{tmp_path / 'p q'}'"
