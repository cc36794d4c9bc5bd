"""Many listeners at once against ``mixdream survey serve``, which is killed twice while they answer.

``python -m benchmarks.survey_load 50 300``: 50 listeners, and 300 half-open connections beside them.
"""

import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from tests.survey.example import CLIP_S, CONDITIONS, Server, example_design, write_test
from tests.survey.postgres import postgres, why_not
from tests.survey.walk import consent, first, seen, submission

from mixdream.survey.storage.store import Store

LISTENERS, ITEMS, KILLS = 200, 20, 2

Key = tuple[str, int, str]
"""Session, position of the page, question."""


@dataclass
class Load:
    """What the listeners saw.

    Attributes
    ----------
    confirmed : dict
        Values that the server confirmed.
    waits_s : list of float
        From sending an answer to its confirmation, of requests that did not meet a dead server.
    longest_s : float
        The longest wait of a listener for a confirmation, dead servers included.
    seconds : float
        From the first request to the last, but for the time without a server.
    """

    confirmed: dict[Key, str] = field(default_factory=dict)
    waits_s: list[float] = field(default_factory=list)
    longest_s: float = 0.0
    seconds: float = 0.0

    @property
    def p99_s(self) -> float:
        """Of a hundred answers 99 are confirmed within it."""
        return statistics.quantiles(self.waits_s, n=100)[98]


def run_load(folder: Path, listeners: int, items: int, kills: int, *options: str, half_open: int = 0) -> Load:
    """Let listeners answer a test of so many items; each page and its clip are fetched, as browsers do.

    Parameters
    ----------
    folder : Path
        Empty, for the test.
    listeners, items : int
    kills : int
        How often the server and its workers get SIGKILL, and are started again, on the way.
    *options : str
        Of ``mixdream survey serve``.
    half_open : int
        Connections beside them that never send the whole head of a request.
    """
    block = {
        "kind": "rate",
        "name": "load",
        "conditions": [CONDITIONS[0]],
        "per_condition": items,
        "questions": [{"name": "quality", "ask": "How good?", "kind": "scale"}],
    }
    design = example_design(demographics=[], blocks=[block])
    with Server(write_test(folder, design, items), "--workers", "2", "--proxy", *options) as server:
        return asyncio.run(_load(server, listeners, items, kills, half_open))


async def _load(server: Server, listeners: int, items: int, kills: int, half_open: int) -> Load:
    load = Load()
    halves = [asyncio.create_task(_send_half(server.port)) for _ in range(half_open)]
    began = time.perf_counter()
    answering = asyncio.gather(*(_listen(server.url, number, load) for number in range(listeners)))
    dead_s = 0.0
    for kill in range(kills):
        while len(load.confirmed) < listeners * items * (kill + 1) / (kills + 1):
            if answering.done():
                break
            await asyncio.sleep(0.01)
        died = time.perf_counter()
        server.kill()
        await asyncio.to_thread(server.start)
        dead_s += time.perf_counter() - died
    await answering
    load.seconds = time.perf_counter() - began - dead_s
    for half in halves:
        half.cancel()
    return load


async def _send_half(port: int) -> None:
    """Send half a head, and again when the server has given it up."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
            await reader.read()
            writer.close()
        except OSError:
            await asyncio.sleep(0.2)


async def _listen(url: str, number: int, load: Load) -> None:
    # Each has an address of its own, as behind a proxy: one address alone is held back.
    headers = {"X-Forwarded-For": f"10.0.{number // 250}.{number % 250}"}
    # A pool of connections for all of them would be searched through at every request.
    transport = httpx.AsyncHTTPTransport(verify=False, limits=httpx.Limits(max_connections=1))
    client = httpx.AsyncClient(base_url=url, transport=transport, headers=headers, timeout=30)
    await _reached(client, "POST", "start", load, json=consent())
    while page := seen((await _reached(client, "GET", "./", load)).text):
        for slot in page.slots:
            await _reached(client, "GET", f"clips/{slot}", load)
        content = submission(page, [CLIP_S] * len(page.slots), _any)
        sent = time.perf_counter()
        await _reached(client, "POST", "answers", load, json=content)
        load.longest_s = max(load.longest_s, time.perf_counter() - sent)
        for question, value in content["answers"].items():
            load.confirmed[page.session, page.position, question] = value


async def _reached(
    client: httpx.AsyncClient, method: str, path: str, load: Load, **content: object
) -> httpx.Response:
    """Try until the server answers, as the browser does."""
    wait_s = 0.2
    while True:
        sent = time.perf_counter()
        try:
            response = await client.request(method, path, **content)  # type: ignore[arg-type]
            if response.status_code < 400:
                if path == "answers":
                    load.waits_s.append(time.perf_counter() - sent)
                return response
            if response.status_code < 500 and response.status_code != 429:
                raise RuntimeError(f"{path}: {response.status_code} {response.text}")
        except httpx.TransportError:
            pass
        await asyncio.sleep(wait_s * (0.5 + secrets.randbelow(1000) / 1000))
        wait_s = min(2 * wait_s, 3.0)


def _any(name: str, values: list[str]) -> str:
    return secrets.choice(values) if values else first(name, values)


def check(load: Load, url: str, expected: int) -> None:
    """Raise where a confirmed answer is not in the database exactly once, or something else is."""
    with Store(url) as store:
        rows = list(store.answers())
    stored = {(row.session, row.position, row.question): row.value for row in rows}
    times = Counter((row.session, row.position, row.question) for row in rows)
    if stored != load.confirmed or set(times.values()) != {1} or len(rows) != expected:
        raise RuntimeError(f"{len(rows)} rows, {len(load.confirmed)} confirmed, {expected} expected")


def main(listeners: int = LISTENERS, half_open: int = 0) -> None:
    """Print answers per second and the 99th percentile for both databases."""
    for name in ("SQLite", "PostgreSQL"):
        if name == "PostgreSQL" and (reason := why_not()):
            print(f"listening test, {name}: {reason}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            test = Path(folder) / "test"
            if name == "SQLite":
                load = run_load(test, listeners, ITEMS, KILLS, half_open=half_open)
                check(load, f"sqlite:///{test / 'answers.sqlite'}", listeners * ITEMS)
            else:
                with postgres(durable=True) as url:
                    load = run_load(test, listeners, ITEMS, KILLS, "--db", url, half_open=half_open)
                    check(load, url, listeners * ITEMS)
        number = len(load.confirmed)
        print(
            f"listening test, {name}: {listeners} listeners and {half_open} half-open connections, {number} "
            f"answers, server killed {KILLS} times, each confirmed answer stored once; "
            f"{number / load.seconds:.0f} answers per second with page and clip, "
            f"p99 {1000 * load.p99_s:.0f} ms, longest wait with a restart {load.longest_s:.1f} s"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
