"""The studio, with the model that comes with mixdream: from what is asked for to what can be heard.

What is heard begins on the next bar; until it is all there, what played before plays on.
"""

import os

# As the command line does; torch reads it when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
from tests.browsers import CHROMIUM

from benchmarks.studio_page import ask_in_browser
from benchmarks.table import Row, print_table
from mixdream.project import Project
from mixdream.studio.play.play_state import bar_of
from mixdream.studio.play.played import Played
from mixdream.studio.server import Server
from mixdream.studio.studio import Studio
from mixdream.studio.takes.performance import Performance
from mixdream.studio.takes.rendering import render

TIMES = 40
HOUR_S = 3600
RENDERED_S = 120
OTHER_BPM = 126.0  # than the model's own


class Page:
    """What a page of a studio asks."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        """Ask for something to be done."""
        answer = self._client.post(f"/api/{path}", json=body)
        answer.raise_for_status()
        return dict(answer.json())

    def hear(self, answered: dict[str, object], bar_samples: int) -> str:
        """Get the audio of the loop that was answered; return its id."""
        loop = answered["loop"]
        assert isinstance(loop, dict)
        query: dict[str, int | str] = {"bar_samples": bar_samples, "pitch": "keep"}
        self._client.get(f"/api/loops/{quote(loop['id'])}/played.wav", params=query).raise_for_status()
        return str(loop["id"])


def timed(what: str, ask: Callable[[int], object]) -> Row:
    """Median and 95 % of the time that something takes."""
    spent = []
    for i in range(TIMES):
        began = time.perf_counter()
        ask(i)
        spent.append(1000 * (time.perf_counter() - began))
    median, most = np.quantile(spent, [0.5, 0.95])
    return Row(f"studio: {what}", f"{median:.0f} ms (95 %: {most:.0f} ms)")


def ask_all(page: Page, studio: Studio) -> Iterator[Row]:
    """Time all that is asked of a studio while it plays: asked, made, written, fetched."""
    own = bar_of(studio.desk.maker.plan("bundled").bpm)
    rng = np.random.default_rng(0)
    some = rng.random((TIMES, 2))
    yield timed("a new loop", lambda i: page.hear(page.post(f"pads/{i % 4}/new", {}), own))
    pads = [pad["loop"]["id"] for pad in studio.desk.content()["pads"][:4]]
    fits = {"fits": pads[:1]}
    yield timed("a new loop in a key that mixes", lambda i: page.hear(page.post("pads/4/new", fits), own))
    other = bar_of(OTHER_BPM)
    yield timed(
        "a new loop at another tempo, pitch kept", lambda i: page.hear(page.post("pads/5/new", {}), other)
    )
    yield timed("a variation", lambda i: page.hear(page.post("pads/0/vary", {"strength": 0.3}), own))
    page.post("corners", {"ids": pads})
    yield timed(
        "a place of the XY pad",
        lambda i: page.hear(page.post("morph", {"x": some[i, 0], "y": some[i, 1]}), own),
    )
    yield timed("the volume of a pad", lambda i: page.post("pads/0", {"volume": i / TIMES}))
    yield time_rendering(studio, pads, own)


def time_rendering(studio: Studio, pads: list[str], bar: int) -> Row:
    """How much faster than it plays four pads with cuts are rendered."""
    rate_hz = 44_100
    launches = [{"do": "launch", "pad": i, "loop": loop, "at": 0} for i, loop in enumerate(pads)]
    cuts = [{"do": "set", "pad": i, "at": 0, "low_cut_hz": 200, "high_cut_hz": 8000} for i in range(4)]
    performance = Performance.model_validate(
        {"bar_samples": bar, "samples": RENDERED_S * rate_hz, "events": [*launches, *cuts]}
    )
    played = Played(studio.desk.shelf)
    began = time.perf_counter()
    for _ in render(performance, played.audio):
        pass
    speed = RENDERED_S / (time.perf_counter() - began)
    return Row(
        "studio: rendering four pads with cuts", f"an hour in {HOUR_S / speed:.0f} s", "real time", speed
    )


def rows() -> Iterator[Row]:
    """Times of a studio, warm, in a new project."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Project(Path(folder)), 0)
        with server.listening():
            studio = server.studio
            studio.desk.warm_up()
            thread = threading.Thread(target=server.run)
            thread.start()
            try:
                origin = f"http://127.0.0.1:{server.port}"
                transport = httpx.HTTPTransport(retries=10)
                with httpx.Client(
                    base_url=origin, headers={"Origin": origin}, transport=transport, timeout=60
                ) as client:
                    client.get(server.link, follow_redirects=True).raise_for_status()
                    yield from ask_all(Page(client), studio)
                if CHROMIUM:
                    yield from ask_in_browser(server.link)
            finally:
                server.stop()
                thread.join()


if __name__ == "__main__":
    print_table(rows())
