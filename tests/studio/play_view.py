"""The view that plays, as a browser shows it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from mixdream.project import Project
from mixdream.studio.studio import Studio
from tests.studio.conftest import serving
from tests.studio.playing import impulses, write_known

BAR = 42_000  # samples
START_MS = 60_000  # for a server that begins on a machine that is busy
LONG_MS = 90_000  # for what a model makes on a machine that is busy
HIT = 2000  # samples from the beginning of a bar to the peak in it
BPM = 252  # as fast as it is, nobody waits long for a bar
PLAYING, QUEUED = re.compile(r"\bplaying\b"), re.compile(r"\bqueued\b")
AT_TEMPO = "(bar) => session.state?.bar_samples === bar"
SMALL = """() => [...document.querySelectorAll("#play :is(button, select, a.button, input[type=range])")]
    .filter((shown) => {
        const { width, height } = shown.getBoundingClientRect();
        return width > 0 && (height < 44 || width < 44);
    }).map((shown) => shown.outerHTML)"""
BOTH_HEARD = """() => {
    const peaks = tap.heard(session.engine);
    return peaks.filter(([, height]) => height > 1.5 * peaks[0][1]).length > 1 && peaks;
}"""
"""Peaks of two loops at once, after those of one."""
HOLD_UP = """(samples) => {
    const { engine } = session;
    engine.boundary = (quantum) => {
        delete engine.boundary;
        const at = engine.boundary(quantum);
        while (engine.now < at + samples);
        return at;
    };
}"""
"""The page's next launch is held up until so many samples after the moment it is for."""
HEARS = "([key, id]) => session.engine.voices.get(key).at(session.engine.now)?.played.id === id"
WATCH_DRAGS = """() => addEventListener("dragstart", (event) => {
    globalThis.dragged = [event.isTrusted, event.dataTransfer.getData("DownloadURL")];
})"""
"""What the browser itself takes along when the mouse begins to drag."""
CONTROLLER = """
const input = { onmidimessage: null };
globalThis.send = (...data) => input.onmidimessage({ data });
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["one", input]]) });
"""
NOTE_AUDITION = """() => {
    session.engine.audition = (buffer) => { globalThis.heard = buffer.length; return () => {}; };
}"""
FAILS_ONCE = """
const add = AudioWorklet.prototype.addModule;
AudioWorklet.prototype.addModule = async function () {
    AudioWorklet.prototype.addModule = add;
    throw new Error("It did not come.");
};
"""
CUT_AFTER_RELOAD = "import('/static/play/play.js').then((it) => it.session.engine.heard(4).low_cut_hz)"
LAST_BEGAN = """(key) => {
    const { origin, barSamples } = session.engine.clock.segment;
    return [session.engine.voices.get(key).sounds.at(-1).at - origin, barSamples];
}"""


def with_known_pack(folder: Path) -> Project:
    """A project with a pack of known loops, which come onto the first pads; the last may be a copy."""
    loops = folder / "loops"
    loops.mkdir(parents=True)
    keys = [("Am", "8A"), ("C", "8B"), ("F#m", "11A"), (None, None), ("Dm", "7A")]
    for number, (key, camelot) in enumerate(keys):
        write_known(loops, f"known_{number}", impulses(HIT, samples=BAR), BPM, key=key, camelot=camelot)
    near = {"set": "A set", "time": "12:34", "time_s": 754.0, "seconds": 1.9, "speed": 1.0, "distance": 0.1}
    audio = impulses(HIT, BAR + HIT, samples=2 * BAR)
    write_known(loops, "known_5", audio, BPM, nearest=near, copy=True)
    return Project(folder)


@contextmanager
def playing(context: BrowserContext, link: str) -> Iterator[Page]:
    """The view that plays, at the tempo of the loops; nothing may go wrong in its scripts."""
    context.set_default_timeout(START_MS)
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")  # which is drawn with little work
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(link)
    page.goto(page.url.split("#")[0] + "#play")
    begin(page)
    yield page
    assert errors == []


def begin(page: Page) -> None:
    """Silence, the first pad, and the tempo of the loops; `session` is the page's own from here on."""
    page.evaluate("import('/static/play/play.js').then((it) => { globalThis.session = it.session; })")
    expect(pad(page, 1)).to_have_attribute("data-loop", re.compile("known_0"), timeout=START_MS)
    page.evaluate("session.engine?.stopAll(); session.select(0)")
    page.get_by_role("tab", name="Pad", exact=True).click()
    page.locator("#bpm").fill(str(BPM))
    page.locator("#bpm").press("Enter")
    page.wait_for_function(AT_TEMPO, arg=BAR)
    page.evaluate("document.activeElement.blur()")


def pad(page: Page, number: int) -> Locator:
    return page.locator(f".pad:has([data-control='pad {number}'])")


def press(page: Page, number: int) -> None:
    page.locator(f"[data-control='pad {number}']").click()


def saved(project: Project) -> Any:
    return json.loads((project.folder / "studio.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return with_known_pack(tmp_path_factory.mktemp("studio") / "project")


@pytest.fixture(scope="module")
def link(project: Project) -> Iterator[str]:
    with serving(Studio(project)) as server:
        yield server.link


@pytest.fixture(scope="module")
def window(browser: Browser, link: str) -> Iterator[Page]:
    with playing(browser.new_context(viewport={"width": 1280, "height": 800}), link) as page:
        yield page


@pytest.fixture
def page(window: Page) -> Page:
    """The page that most tests share, as if it had just been opened."""
    begin(window)
    return window
