"""The view that plays, in a real browser, on the real server."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from mixdream.project import Project
from mixdream.studio.studio import Studio
from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.studio.conftest import serving
from tests.studio.playing import BAR, impulses, write_known

pytestmark = NEEDS_CHROMIUM

LONG_MS = 60_000  # for what a model makes on a machine that is busy
HIT = 2000  # samples from the beginning of a bar to the peak in it
TAP = Path(__file__).parent / "tap.js"
SMALL = """() => [...document.querySelectorAll("#play :is(button, select, a.button, input:not([type=radio]))")]
    .filter((shown) => {
        const { width, height } = shown.getBoundingClientRect();
        return width > 0 && (height < 44 || width < 44) && !shown.matches("[type=checkbox]");
    }).map((shown) => shown.outerHTML)"""
AT_TEMPO = "async (bar) => (await import('/static/play.js')).session.state.bar_samples === bar"
HEARS = """async ([key, id]) => {
    const { session: { engine } } = await import("/static/play.js");
    return engine.voices.get(key).at(engine.now)?.played.id === id;
}"""
PLAYING, QUEUED = re.compile(r"\bplaying\b"), re.compile(r"\bqueued\b")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A pack of known loops, which come onto the first pads; the last of them may be a copy."""
    project = Project(tmp_path_factory.mktemp("studio") / "project")
    loops = project.folder / "loops"
    loops.mkdir(parents=True)
    keys = [("Am", "8A"), ("C", "8B"), ("F#m", "11A"), (None, None), ("Dm", "7A")]
    for number, (key, camelot) in enumerate(keys):
        write_known(loops, f"known_{number}", impulses(HIT), key=key, camelot=camelot)
    near = {"set": "A set", "time": "12:34", "time_s": 754.0, "seconds": 1.9, "speed": 1.0, "distance": 0.1}
    write_known(loops, "known_5", impulses(HIT, BAR + HIT, samples=2 * BAR), nearest=near, copy=True)
    return project


@pytest.fixture(scope="module")
def link(project: Project) -> Iterator[str]:
    with serving(Studio(project)) as server:
        yield server.link


@pytest.fixture
def page(context: BrowserContext, link: str) -> Iterator[Page]:
    with playing(context, link) as opened:
        yield opened


@contextmanager
def playing(context: BrowserContext, link: str) -> Iterator[Page]:
    """The view that plays, at the tempo of the loops; nothing may go wrong in its scripts."""
    context.set_default_timeout(LONG_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(link)
    page.goto(page.url.split("#")[0] + "#play")
    expect(pad(page, 1)).to_have_attribute("data-loop", re.compile("known_0"))
    page.locator("#bpm").fill("126")
    page.locator("#bpm").press("Enter")
    page.wait_for_function(AT_TEMPO, arg=BAR)
    page.evaluate("document.activeElement.blur()")
    yield page
    assert errors == []


def pad(page: Page, number: int) -> Locator:
    return page.locator(f".pad:has([data-control='pad {number}'])")


def press(page: Page, number: int) -> None:
    page.locator(f"[data-control='pad {number}']").click()


def of_session(page: Page, what: str) -> Any:
    """An expression of `session`, the page's own."""
    return page.evaluate(f"async () => {{ const {{ session }} = await import('/static/play.js'); return {what}; }}")


def saved(project: Project) -> Any:
    return json.loads((project.folder / "studio.json").read_text("utf-8"))


def test_what_is_heard_is_on_the_bar(browser: Browser, link: str) -> None:
    """Measured by a worklet beside the loudspeaker, in real time; the page's own policy allows none from here."""
    context = browser.new_context(bypass_csp=True)
    with playing(context, link) as page:
        press(page, 1)
        expect(pad(page, 1)).to_have_class(PLAYING)
        tap = f"URL.createObjectURL(new Blob([{json.dumps(TAP.read_text())}], {{ type: 'text/javascript' }}))"
        of_session(page, f"import(globalThis.tap = {tap}).then((it) => it.listen(session.engine))")
        press(page, 2)
        expect(pad(page, 2)).to_have_class(QUEUED)
        expect(pad(page, 2)).to_have_class(PLAYING)
        heard = of_session(page, "import(globalThis.tap).then((it) => it.heard(session.engine, 2))")
    context.close()
    late = [(at - HIT) % BAR for at, _ in heard]
    assert [min(off, BAR - off) for off in late] == [0] * len(late)
    # One loop, and two at once from the bar on which the second began.
    assert {round(height / heard[0][1], 3) for _, height in heard} == {1, 2}


def test_pads_of_a_column_give_way_and_everything_stops(page: Page) -> None:
    press(page, 1)
    press(page, 2)
    expect(pad(page, 2)).to_have_class(PLAYING)
    press(page, 6)
    expect(pad(page, 6)).to_have_class(PLAYING)
    expect(pad(page, 2)).not_to_have_class(re.compile("playing|ending"))
    expect(pad(page, 1)).to_have_class(PLAYING)
    assert page.locator("#position").text_content() != "– . –"
    page.get_by_role("button", name="Stop column 2").click()
    expect(pad(page, 6)).not_to_have_class(re.compile("playing|ending"))
    page.get_by_role("button", name="Stop all").click()
    expect(page.locator(".pad.playing")).to_have_count(0)
    expect(page.locator("#toggle")).to_have_text("Play")
    page.locator("#toggle").click()
    expect(pad(page, 1)).to_have_class(PLAYING)
    page.get_by_role("button", name="Scene 1").click()
    for number in (1, 2, 3, 4):
        expect(pad(page, number)).to_have_class(PLAYING)


def test_a_new_loop_takes_over_on_a_bar_and_can_be_undone(page: Page) -> None:
    press(page, 3)
    expect(pad(page, 3)).to_have_class(PLAYING)
    page.get_by_role("button", name="New loop", exact=True).click()
    expect(pad(page, 3)).not_to_have_attribute("data-loop", re.compile("known"), timeout=LONG_MS)
    new = str(pad(page, 3).get_attribute("data-loop"))
    page.wait_for_function(HEARS, arg=[2, new], timeout=LONG_MS)
    at, bar = of_session(page, "(({ at }, clock) => [at - clock.origin, clock.barSamples])(session.engine.voices.get(2).sounds.at(-1), session.engine.clock.segment)")
    assert at % bar == 0
    page.keyboard.press("z")
    expect(pad(page, 3)).to_have_attribute("data-loop", re.compile("known_2"))
    page.wait_for_function(HEARS, arg=[2, pad(page, 3).get_attribute("data-loop")])
    page.keyboard.press("Shift+Z")
    expect(pad(page, 3)).to_have_attribute("data-loop", new)
    page.get_by_role("button", name="Undo").click()
    expect(pad(page, 3)).to_have_attribute("data-loop", re.compile("known_2"))


def test_keys(page: Page, project: Project) -> None:
    page.keyboard.press("w")
    expect(pad(page, 2)).to_have_class(PLAYING)
    page.keyboard.press("Space")
    expect(pad(page, 2)).not_to_have_class(PLAYING)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Pad 1 · Am")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("heading", name="Pad 5 · Dm")).to_be_visible()
    page.keyboard.press("Enter")
    expect(pad(page, 5)).to_have_class(PLAYING)
    page.keyboard.press("h")
    expect(page.get_by_role("button", name="Hearted")).to_be_visible()
    assert any("known_4" in heart for heart in saved(project)["hearts"])
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("q")  # reads, does not play
    expect(pad(page, 1)).not_to_have_class(PLAYING)
    page.keyboard.press("Escape")
    # What is written in a field is no key.
    page.locator("#bpm").press("5")
    expect(page.locator(".pad.playing")).to_have_count(1)


def test_two_pages_and_a_reload_show_one_state(page: Page, context: BrowserContext, link: str) -> None:
    with playing(context, link) as other:
        press(page, 5)
        page.get_by_role("slider", name="Volume", exact=True).fill("0.5")
        page.get_by_role("slider", name="Low cut").fill("0.5")
        page.get_by_label("½").check()
        other.locator("[data-control='pad 5']").focus()
        other.keyboard.press("ArrowRight")
        other.keyboard.press("ArrowLeft")
        expect(other.get_by_role("slider", name="Volume", exact=True)).to_have_js_property("value", "0.5")
        expect(other.locator("#launch :checked")).to_have_attribute("value", "half")
        # Each page plays by itself.
        expect(pad(page, 5)).to_have_class(PLAYING)
        expect(other.locator(".pad.playing")).to_have_count(0)
        other.get_by_role("button", name="Clear").click()
        expect(pad(page, 5)).to_have_class(re.compile("empty"))
        expect(pad(page, 5)).not_to_have_class(PLAYING)
        other.get_by_role("button", name="Undo").click()
        expect(pad(page, 5)).to_have_attribute("data-loop", re.compile("known_4"))
        other.get_by_label("Bar", exact=True).check()
    page.reload()
    press(page, 5)
    expect(page.get_by_role("slider", name="Volume", exact=True)).to_have_js_property("value", "0.5")
    assert of_session(page, "session.engine.heard(4)")["low_cut_hz"] == pytest.approx(632, abs=2)


def test_the_xy_pad(page: Page) -> None:
    page.get_by_role("tab", name="XY").click()
    area = page.locator(".area")
    expect(area).to_have_attribute("aria-disabled", "true")
    for corner in range(4):
        press(page, corner + 1) if corner == 0 else page.keyboard.press("ArrowRight")
        page.locator(".corner").nth(corner).click()
        page.locator(f"[data-control='pad {corner + 1}']").focus()
    expect(area).to_have_attribute("aria-disabled", "false")
