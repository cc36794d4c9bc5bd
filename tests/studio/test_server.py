"""The server: one for a project, on this machine alone, as the command line starts it."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mixdream.errors import InputError
from mixdream.project import Project
from mixdream.studio.server import Server
from mixdream.studio.studio import Studio


def test_one_studio_for_a_project_and_one_for_a_port(tmp_path: Path) -> None:
    studio = Studio(Project(tmp_path / "project"))
    first = Server(studio, 0)
    with first.listening():
        with pytest.raises(InputError, match="is open already"), Server(studio, 0).listening():
            pass
        other = Server(Studio(Project(tmp_path / "other")), first.port)
        with pytest.raises(InputError, match=f"port {first.port} cannot be used.*--port"), other.listening():
            pass
    with Server(studio, first.port).listening():  # both are free again
        pass
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="is a file"),
        Server(Studio(Project(tmp_path / "file")), 0).listening(),
    ):
        pass


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
