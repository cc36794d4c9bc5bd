"""The studio's server: one for a project, on 127.0.0.1."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn

from mixdream.errors import InputError
from mixdream.files import only_one_in
from mixdream.project import Project
from mixdream.studio.app import create_app
from mixdream.studio.guard import leading_to
from mixdream.studio.jobs.jobs import OWN_FOLDER
from mixdream.studio.studio import Studio

_HOST = "127.0.0.1"


class Server:
    """The studio of a project on a port of this machine.

    Parameters
    ----------
    project : Project
    port : int
        0 takes any that is free.

    Attributes
    ----------
    studio : Studio
        From `listening` on: what it finds unfinished in the project is no other one's work.
    """

    studio: Studio

    def __init__(self, project: Project, port: int) -> None:
        self.project, self.port = project, port
        self._socket: socket.socket | None = None
        self._answering: _Uvicorn | None = None

    @property
    def link(self) -> str:
        """What to open in a browser."""
        return f"http://{_HOST}:{self.port}/?token={self.studio.token()}"

    def link_file(self) -> Path:
        """Page that leads to the link, which only its owner can read: all see the arguments of a browser."""
        page = self.studio.own_folder / "open.html"
        page.unlink(missing_ok=True)
        descriptor = os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(leading_to(self.link))
        return page.resolve()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the port, and the project, for as long as this context lasts.

        Raises
        ------
        InputError
            A folder that cannot be used, a project whose studio is open already, or a port that is taken.
        """
        folder = self.project.folder
        if folder.exists() and not folder.is_dir():
            raise InputError(f"'{folder}' is a file: name a folder for the project")
        taken = f"the studio of '{folder}' is open already: use its page, or end it first"
        with only_one_in(folder / OWN_FOLDER / "server", taken):
            try:
                self._socket = socket.create_server((_HOST, self.port))
            except OSError as error:
                raise InputError(
                    f"port {self.port} cannot be used ({error.strerror}): choose another with --port"
                ) from None
            with self._socket:
                self.port = self._socket.getsockname()[1]
                self.studio = Studio(self.project)
                yield

    def run(self) -> None:
        """Answer until SIGINT or SIGTERM, or until `stop`."""
        assert self._socket is not None
        config = uvicorn.Config(
            create_app(self.studio, self.port),
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=3,
        )
        self._answering = _Uvicorn(config, self.studio)
        self._answering.run(sockets=[self._socket])

    def stop(self) -> None:
        """End `run`, from any thread."""
        if self._answering:
            self._answering.end()


class _Uvicorn(uvicorn.Server):
    """Ends the pages' streams of events when it is told to stop: it would wait for them."""

    def __init__(self, config: uvicorn.Config, studio: Studio) -> None:
        super().__init__(config)
        self._studio = studio

    def end(self) -> None:
        """End the streams, then the rest."""
        self._studio.hub.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See uvicorn.Server."""
        self._studio.hub.close()
        super().handle_exit(sig, frame)
