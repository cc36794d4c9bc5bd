"""Pages are told the newest of each topic."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from mixdream.studio import hub as hub_module
from mixdream.studio.hub import Hub


def content(event: str) -> tuple[str, dict[str, object]]:
    """Topic and content of an event as it is sent."""
    topic, data, *end = event.split("\n")
    assert end == ["", ""]
    return topic.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def next_of(events: AsyncIterator[str]) -> tuple[str, dict[str, object]]:
    return content(await anext(events))


def test_a_page_is_told_the_newest_of_each_topic_then_what_changes() -> None:
    async def page() -> None:
        hub = Hub()
        hub.publish("a", {"n": 1})
        hub.publish("a", {"n": 2, "text": "line\nbreak \u2028 <b>"})
        hub.publish("b", {})
        events = hub.events()
        assert await anext(events) == "retry: 1000\n\n"
        assert await next_of(events) == ("a", {"n": 2, "text": "line\nbreak \u2028 <b>"})
        assert await next_of(events) == ("b", {})
        hub.publish("b", {})  # nothing new
        for n in range(3, 6):
            await asyncio.to_thread(hub.publish, "a", {"n": n})
        assert await next_of(events) == ("a", {"n": 5})  # what a slow page missed is of no use
        hub.close()
        assert [event async for event in events] == []

    asyncio.run(page())


def test_two_pages_are_told_the_same_and_one_that_left_is_forgotten() -> None:
    async def pages() -> None:
        hub = Hub()
        first, second = hub.events(), hub.events()
        for events in (first, second):
            await anext(events)
        hub.publish("a", {"n": 1})
        assert await next_of(first) == await next_of(second) == ("a", {"n": 1})
        await first.aclose()
        hub.publish("a", {"n": 2})
        assert await next_of(second) == ("a", {"n": 2})
        await second.aclose()
        assert hub._pages == set()

    asyncio.run(pages())


def test_what_is_no_text_ends_no_stream() -> None:
    async def page() -> None:
        hub = Hub()
        hub.publish("a", {"file": "\udcff.wav"})
        events = hub.events()
        await anext(events)
        assert await next_of(events) == ("a", {"file": "?.wav"})
        await events.aclose()

    asyncio.run(page())


def test_a_page_hears_that_the_studio_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_ALIVE_S", 0.01)

    async def page() -> None:
        events = Hub().events()
        assert [await anext(events), await anext(events)] == ["retry: 1000\n\n", ": alive\n\n"]
        await events.aclose()

    asyncio.run(page())
