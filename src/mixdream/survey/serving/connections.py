"""Connections that wait for nobody: a bound on their number, and on the time until a request is whole."""

import asyncio
import resource
from functools import cache
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""Seconds in which the head of a request must be whole."""

MOST = 1000
"""Connections of a worker; one more takes the place of the one that has asked for nothing for longest."""

_LONGEST_S = 120.0  # of a request, where the places are taken
_FILES_EACH = 2  # of a connection: itself, and what it is sent
_FILES_OWN = 100  # of a worker


class Connection(H11Protocol):
    """Uvicorn's connection, closed where nothing comes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._late: asyncio.TimerHandle | None = None
        self._since = self.loop.time()  # when it last began to wait for a request, or to answer one

    @property
    def is_waiting(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, in the place of another one where all are taken; there it is refused if none is idle."""
        if len(self.connections) >= most_connections() and not self._make_room():
            transport.abort()
            return
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop()
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        was_waiting = self.is_waiting
        super().data_received(data)
        if not self.is_waiting:
            self._stop()
            if was_waiting:
                self._since = self.loop.time()
        elif self._late is None and not self.transport.is_closing():
            self._expect()

    def _expect(self) -> None:
        self._since = self.loop.time()
        self._late = self.loop.call_later(HEAD_S, self._give_up)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self.is_waiting:
            self.transport.abort()

    def _make_room(self) -> bool:
        others = [other for other in self.connections if isinstance(other, Connection)]
        idle = [other for other in others if other.is_waiting]
        stuck = [other for other in others if self.loop.time() - other._since > _LONGEST_S]
        if not (given_up := idle or stuck):
            return False
        oldest = min(given_up, key=lambda other: other._since)
        self.connections.discard(oldest)
        oldest.transport.abort()
        return True


def allow_files() -> None:
    """Raise this process's bound on open files, which its children have, to what `MOST` connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _FILES_EACH * MOST + _FILES_OWN
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@cache
def most_connections() -> int:
    """`MOST`, or fewer where the system allows fewer open files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, max(8, (soft - _FILES_OWN) // _FILES_EACH))
