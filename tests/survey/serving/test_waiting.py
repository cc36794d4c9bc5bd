"""Nobody who only reads waits for somebody who writes."""

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest

from mixdream.survey.serving import usage, visits
from mixdream.survey.serving.app import create_app
from mixdream.survey.serving.usage import Usage
from mixdream.survey.storage.store import Store
from tests.survey.example import answers_in, example_design, settings_for, write_rendered
from tests.survey.walk import consent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rendered(tmp_path, example_design())
    return tmp_path


def test_pages_are_shown_while_somebody_else_has_the_database_locked(folder: Path) -> None:
    app = create_app(settings_for(folder, example_design()))

    async def visit() -> list[int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            (await client.post("/start", json=consent())).raise_for_status()
            other = sqlite3.connect(folder / "answers.sqlite", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            waiting = [asyncio.create_task(client.post("/start", json=consent(new=True))) for _ in range(60)]
            await asyncio.sleep(0.5)
            try:
                for path in ("/new", "/"):
                    async with asyncio.timeout(5):
                        assert (await client.get(path)).status_code == 200
                assert not any(task.done() for task in waiting)
            finally:
                other.rollback()
                other.close()
            return [(await task).status_code for task in waiting]

    assert asyncio.run(visit()) == [200] * 60


def test_whoever_waits_too_long_is_told_to_try_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixdream.survey.serving.site._TURN_S", 0.2)
    app = create_app(settings_for(folder, example_design()))

    async def visit() -> set[int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            other = sqlite3.connect(folder / "answers.sqlite", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            waiting = [asyncio.create_task(client.post("/start", json=consent(new=True))) for _ in range(9)]
            done, _ = await asyncio.wait(waiting, timeout=2)
            while len(done) < 4:  # on a busy machine
                done, _ = await asyncio.wait(waiting, timeout=0.1)
            other.rollback()
            other.close()
            assert len(done) == 4
            return {(await task).status_code for task in waiting}

    assert asyncio.run(visit()) == {200, 503}


def test_sessions_are_counted_while_nobody_is_kept_from_writing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them aside, inside the transaction only those that began since."""
    design = example_design()
    settings_for(folder, design)
    clips = write_rendered(folder / "again", design)
    asked: list[str] = []
    count = usage._loads

    with answers_in(folder) as store, answers_in(folder) as other:
        counting = Usage(store, clock=iter(range(100)).__next__)  # it takes long

        def watched(connection: object, which: object) -> object:
            try:
                free = sqlite3.connect(folder / "answers.sqlite", timeout=0, isolation_level=None)
                free.execute("BEGIN IMMEDIATE")
                free.close()
                asked.append("all, nobody waits")
            except sqlite3.OperationalError:
                asked.append(f"since {which.right.value}")  # type: ignore[attr-defined]
            return count(connection, which)  # type: ignore[arg-type]

        monkeypatch.setattr(usage, "_loads", watched)
        for i in range(4):
            visits.start(store if i % 2 else other, design, clips, "en", f"token{i}", counting)
        assert asked == ["all, nobody waits", "since -1", "since -1", "since -1", "since -1"]
        with store.reading() as connection:
            assert counting.loads(connection) == used(store)


def used(store: Store) -> usage.Loads:
    fresh = Usage(store)
    fresh.count()
    with store.reading() as connection:
        return fresh.loads(connection)
