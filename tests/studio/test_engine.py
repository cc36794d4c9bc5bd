"""The studio's engine, rendered in a browser's offline context: where every sample of it falls."""

import base64
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

import mixdream.studio
from mixdream.studio.play.play_state import Pitch
from mixdream.studio.takes.performance import Performance, lines_of
from mixdream.studio.takes.rendering import render
from tests.browsers import NEEDS_CHROMIUM

pytestmark = NEEDS_CHROMIUM
RATE_HZ = 44_100
FOLDERS = {"static": Path(mixdream.studio.__file__).parent, "checks": Path(__file__).parent}


class Scripts(BaseHTTPRequestHandler):
    """The engine's files and the checks beside this one, and an empty page."""

    def do_GET(self) -> None:
        place, _, name = self.path[1:].partition("/")
        folder = FOLDERS.get(place)
        file = None if folder is None else (folder / "static" if place == "static" else folder) / name
        body = (
            b"<!doctype html><title>engine</title><link rel=icon href=data:>"
            if file is None
            else file.read_bytes()
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if file is None else "text/javascript")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shown = browser.new_page()
    shown.goto(f"http://127.0.0.1:{server.server_port}/")
    yield shown
    shown.close()
    server.shutdown()
    server.server_close()


def check(page: Page, name: str, *arguments: Any) -> Any:
    """Run a check of engine_checks.js."""
    script = "async ([name, given]) => (await import('/checks/engine_checks.js'))[name](...given)"
    return page.evaluate(script, [name, arguments])


def test_no_gap_and_no_click_over_fifty_repeats(page: Page) -> None:
    seam = check(page, "seam", 50)
    assert seam["repeats"] >= 50 and seam["loudest"] > 0.29
    # Bit by bit the tiled loop, filters and gains at rest in its way.
    assert seam["worst"] == 0
    assert seam["before"]


def test_launches_are_on_the_next_boundary_to_the_sample(page: Page) -> None:
    margin = 0.02 * RATE_HZ
    parts = {"bar": 1, "half": 2, "beat": 4}
    found = check(page, "launches")
    assert len(found) == 15
    for launch in found:
        step = launch["barSamples"] / parts[launch["quantum"]]
        due = math.ceil((launch["pressed"] + margin) / step) * step
        assert launch["heard"] == math.floor(due + 0.5), launch


def test_two_pads_do_not_drift_in_ten_minutes(page: Page) -> None:
    drift = check(page, "drift", 10)
    assert drift["off"] == [0, 0, 0]
    assert drift["counts"][0] > 310 and drift["counts"][1] > 150


def test_a_column_holds_one_loop_and_a_row_begins_together(page: Page) -> None:
    assert check(page, "columns") == {
        "0": [0, 1],
        "4": [2, 3],
        "8": [4, 5],  # until its column was stopped
        "1": [0, 1, 2, 3],
        "9": [4, 5, 6, 7, 8, 9],
    }
    handover = check(page, "handover")
    assert (handover["before"], handover["first"], handover["after"]) == (0.25, 0.25, 0.5)
    # A fade over the other's beginning: never silent, never louder than both.
    assert handover["lowest"] == 0.25
    assert 0.5 < handover["highest"] < 0.75


def test_tempo_changes_at_the_bar_for_all_that_plays(page: Page) -> None:
    found = check(page, "tempo")
    begin = found["origin"]
    first, second = begin + 3 * 40_000, begin + 3 * 40_000 + 3 * 30_000
    bars = {int(bit): at for bit, at in found["bars"].items()}
    # A loop of two bars: bar 3 was its second one, and is at the new tempo, too.
    assert bars[0] == [begin, begin + 80_000, first + 30_000, second, second + 100_002]
    assert bars[1] == [begin + 40_000, first, first + 60_000, second + 50_001, second + 150_003]
    # Launched on a beat, nine beats in: three quarters of its bar had passed at the change.
    late = begin + 90_000
    assert bars[3][:4] == [late, first + 7_500, first + 37_500, first + 67_500]
    assert bars[3][4] == second + round(50_001 / 4)
    # The second change: of two that were asked for the newest; what is launched into it has its tempo.
    assert bars[2][-1] < second
    assert bars[5] == [second + i * 50_001 for i in range(4)]
    assert found["position"]["bar"] == 3 + 3 + (9 * RATE_HZ - second) // 50_001
    # What ended is gone: nothing piles up over hours.
    assert sum(found["sounds"]) == 3


def test_another_loop_goes_on_at_the_same_place(page: Page) -> None:
    bars = check(page, "replaced")
    again = bars.pop("5")
    assert bars == {"0": [0], "1": [1], "2": [2, 4], "3": [3, 5]}
    # Stopped at 2.6 s with all that was to come; launched at 3 s, the clock began anew, as soon as could be.
    assert again[1] - again[0] == 1
    assert 0 <= round(again[0] * 22_050) - 3 * RATE_HZ < 128  # contexts wait between blocks


def test_the_limiter_never_passes_its_ceiling(page: Page) -> None:
    found = check(page, "limited")
    assert found["loudest"] > 3.5
    assert 0.891 < found["highest"] <= 10 ** (-1 / 20)
    assert found["quiet"] == 0  # below the ceiling it only delays
    assert found["sides"] == 0
    assert found["step"] < 0.01  # of gain, from one sample to the next


def test_cuts_volume_mute_and_solo(page: Page) -> None:
    def warped(hz: float) -> float:
        return math.tan(math.pi * hz / RATE_HZ)

    def butterworth_db(ratio: float) -> float:
        return -10 * math.log10(1 + ratio**4)

    tried = [
        ({"hz": 50, "set": {"low_cut_hz": 200}}, butterworth_db(warped(200) / warped(50))),
        ({"hz": 5000, "set": {"high_cut_hz": 1000}}, butterworth_db(warped(5000) / warped(1000))),
        ({"hz": 441, "set": {"low_cut_hz": 20, "high_cut_hz": 20000}}, 0),
        ({"hz": 441, "set": {"volume": 0.5}}, -6.0206),
        ({"hz": 441, "set": {"mute": True}}, None),
        ({"hz": 441, "set": {}, "others": {3: {"solo": True}}}, None),
        ({"hz": 441, "set": {"mute": True, "solo": True}}, 0),
    ]
    gains = check(page, "settings", [one for one, _ in tried])
    for (what, expected), gain in zip(tried, gains, strict=True):
        assert gain == (expected if expected is None else pytest.approx(expected, abs=0.02)), what


def test_a_loop_that_does_not_come_changes_nothing(page: Page) -> None:
    assert check(page, "unloaded") == {"told": "gone", "bars": 7, "other": False, "loops": [0]}


def test_what_is_written_down_is_rendered_as_it_was_heard(page: Page) -> None:
    """The page's engine and the server's rendering are two programs; they have to agree on every sample."""
    found = check(page, "performance")
    heard = np.frombuffer(base64.b64decode(found["heard"]), np.float32)
    written = Performance.model_validate(found["content"])
    assert {event.do for event in written.events} == {"launch", "stop", "set", "tempo"}

    def played(loop_id: str, bar_samples: int, pitch: Pitch) -> np.ndarray:
        i = np.arange((2 if loop_id == "1" else 1) * bar_samples, dtype=float)
        return np.tile(0.3 * np.sin(int(loop_id) + 1e-6 * i * i), (2, 1))

    rendered = np.concatenate(list(render(written, played)), axis=1)[0]
    assert len(rendered) == len(heard) > 5 * RATE_HZ
    assert np.abs(heard).max() > 0.5
    # What played before begins with a fade, and filters from rest, in a file that begins there.
    assert np.abs(rendered - heard)[1000:].max() < 5e-5


def test_of_a_column_the_pad_that_was_pressed_last_plays(page: Page) -> None:
    assert check(page, "pressedLast") == ["4"]


def test_what_was_stopped_before_it_began_is_not_written_down(page: Page) -> None:
    found = check(page, "cancelled")
    assert found["heard"] == ["0"]
    lines = lines_of(Performance.model_validate(found["content"]))
    assert len(lines[0].sounds) == 1
    assert lines[1].sounds == []


def test_a_tempo_that_could_not_be_loaded_can_be_asked_for_again(page: Page) -> None:
    assert check(page, "again") == 40_000
