"""What the pages of a listening test are made from: designs, clips, templates, secrets."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import jinja2

from mixdream.errors import InputError
from mixdream.survey.design.design import Design
from mixdream.survey.rendering.clips import RENDERED, read_clips
from mixdream.survey.serving.settings import Settings, progress_token
from mixdream.survey.serving.usage import Usage
from mixdream.survey.serving.visits import Visit
from mixdream.survey.storage.store import Store

WRITERS = 5
"""Threads of a worker that may change the database; it has twice as many connections (`Database`)."""

_TURN_S = 10.0  # browsers give up after 20 and try again
_SLOT_DIGITS = 24
T = TypeVar("T")


class Site:
    """A listening test that is served."""

    def __init__(self, settings: Settings) -> None:
        folder = Path(settings.folder)
        self.settings = settings
        self.store = Store(settings.db)
        self.clips = read_clips(folder)
        # The only files that are ever served; clips that a session was given stay when the design changes.
        self.files = {path.stem: path for path in (folder / RENDERED).glob("*.flac")}
        self.progress_token = progress_token(folder)
        self.cookie = _cookie_name(folder) + ("-preview" if settings.preview else "")
        self.usage = Usage(self.store)
        self._writers = ThreadPoolExecutor(WRITERS)
        self._turns = asyncio.Semaphore(WRITERS)
        self._designs = dict(self.store.designs())
        self._lock = Lock()

    @property
    def design(self) -> Design:
        """The one that new listeners get."""
        return self.design_of(self.settings.design_hash)

    @property
    def is_framed(self) -> bool:
        """Whether other sites show the test in a frame."""
        return bool(self.design.panel.frames)

    def design_of(self, design_hash: str) -> Design:
        """The design that a session began with."""
        with self._lock:
            if design_hash not in self._designs:
                self._designs.update(self.store.designs())
            return self._designs[design_hash]

    async def write(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run what changes the database, and may have to wait for it, where no page waits behind it.

        Few wait for the database itself, the others for them; OSError where that takes too long.
        """
        try:
            async with asyncio.timeout(_TURN_S):
                await self._turns.acquire()
        except TimeoutError:
            raise OSError("too many are waiting to save: the database is locked or slow") from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._writers, work, *arguments)
        finally:
            self._turns.release()

    def clip_file(self, visit: Visit, slot: str) -> Path | None:
        """The clip behind an opaque id: of a page that the session has come to, or None."""
        for position, page in enumerate(visit.plan[: visit.page + 1]):
            for index, clip in enumerate(page.clips):
                if slot_of(visit, position, index) == slot:
                    return self.files.get(clip.id)
        return None

    def render(self, template: str, **content: Any) -> str:
        """A page as HTML; texts are escaped."""
        return _templates().get_template(template).render(preview=self.settings.preview, **content)


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mixdream.survey.serving", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _cookie_name(folder: Path) -> str:
    """Two tests on one host have two cookies, and every server of a test the same."""
    path = folder / RENDERED / "secret"
    try:
        return "mixdream-" + hashlib.sha256(b"cookie " + path.read_bytes()).hexdigest()[:8]
    except FileNotFoundError:
        raise InputError(
            f"{path} is missing: bring it back, or delete {path.parent} to have it made again"
        ) from None


def slot_of(visit: Visit, position: int, index: int) -> str:
    """Opaque id of a clip in its place: of a clip that is heard twice, as A and as X, there are two."""
    return hashlib.sha256(f"{visit.public} {position} {index}".encode()).hexdigest()[:_SLOT_DIGITS]
