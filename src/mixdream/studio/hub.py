"""Hub: what every open page is told, the newest of each topic, as Server-Sent Events."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator
from typing import Any

from mixdream.files import valid_text

_ALIVE_S = 15.0  # a comment at least so often, so that pages that are gone are noticed


class Hub:
    """Remembers the newest content of each topic and tells all pages that are open what changed.

    A page that is slow is told the newest only: what it missed in between is of no use.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, str] = {}
        self._pages: set[_Page] = set()
        self._closed = False

    def publish(self, topic: str, content: dict[str, Any]) -> None:
        """Tell all pages, from any thread, unless they know it."""
        text = valid_text(json.dumps(content, ensure_ascii=False, allow_nan=False))
        with self._lock:
            if self._newest.get(topic) == text:
                return
            self._newest[topic] = text
            for page in self._pages:
                page.wake(topic)

    def close(self) -> None:
        """End all streams of events, from any thread: the server stops."""
        with self._lock:
            self._closed = True
            for page in self._pages:
                page.wake()

    async def events(self) -> AsyncGenerator[str]:
        """Yield events for one page as they are sent: first the newest of each topic, then what changes."""
        with self._lock:
            page = _Page(set(self._newest), self._lock)
            self._pages.add(page)
        try:
            yield "retry: 1000\n\n"
            while not self._closed:
                topics = await page.changed()
                if not topics:
                    yield ": alive\n\n"
                for topic in topics:
                    # In one piece: a line of data holds no line break, since JSON escapes it.
                    yield f"event: {topic}\ndata: {self._newest[topic]}\n\n"
        finally:
            with self._lock:
                self._pages.discard(page)


class _Page:
    """Topics that a page is still to be told."""

    def __init__(self, topics: set[str], lock: threading.Lock) -> None:
        self._topics, self._lock = topics, lock
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        if topics:
            self._woken.set()

    def wake(self, topic: str = "") -> None:
        """Add a topic, under the hub's lock."""
        if topic:
            self._topics.add(topic)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def changed(self) -> list[str]:
        """Wait for topics; none of them where nothing changed for a while."""
        try:
            async with asyncio.timeout(_ALIVE_S):
                await self._woken.wait()
        except TimeoutError:
            return []
        self._woken.clear()
        with self._lock:
            topics, self._topics = sorted(self._topics), set()
        return topics
