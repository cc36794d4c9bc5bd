"""The view that plays, in a real browser, on the real server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from mixdream.project import Project
from mixdream.studio.studio import Studio
from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.studio.conftest import serving
from tests.studio.play_view import (
    BAR,
    BOTH_HEARD,
    CONTROLLER,
    CUT_AFTER_RELOAD,
    FAILS_ONCE,
    HEARS,
    HIT,
    LAST_BEGAN,
    NOTE_AUDITION,
    PLAYING,
    QUEUED,
    SMALL,
    WATCH_DRAGS,
    begin,
    pad,
    playing,
    press,
    saved,
    with_known_pack,
)

pytestmark = NEEDS_CHROMIUM

LONG_MS = 90_000  # for what a model makes on a machine that is busy
TAP = Path(__file__).parent / "tap.js"


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


def test_what_is_heard_is_on_the_bar(browser: Browser, link: str) -> None:
    """Measured by a worklet beside the loudspeaker, in real time: the page's own policy forbids it."""
    context = browser.new_context(bypass_csp=True)
    with playing(context, link) as page:
        press(page, 1)
        expect(pad(page, 1)).to_have_class(PLAYING)
        tap = f"URL.createObjectURL(new Blob([{json.dumps(TAP.read_text())}], {{ type: 'text/javascript' }}))"
        page.evaluate(f"import({tap}).then((it) => (globalThis.tap = it).listen(session.engine))")
        page.wait_for_function("() => tap.heard(session.engine).length > 0")
        press(page, 2)
        expect(pad(page, 2)).to_have_class(QUEUED)
        expect(pad(page, 2)).to_have_class(PLAYING)
        heard = page.wait_for_function(BOTH_HEARD).json_value()
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
    at, bar = page.evaluate(LAST_BEGAN, 2)
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
    expect(page.get_by_role("button", name="Hearted", exact=True)).to_be_visible()
    assert any("known_4" in heart for heart in saved(project)["hearts"])
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Mute", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("q")  # reads, does not play
    expect(pad(page, 1)).not_to_have_class(PLAYING)
    page.keyboard.press("Escape")
    # A button that was clicked does not take the keys.
    page.get_by_role("button", name="Solo", exact=True).click()
    page.get_by_role("button", name="Solo", exact=True).click()
    page.keyboard.press("Space")
    expect(page.locator(".pad.playing")).to_have_count(0)
    page.wait_for_function("() => !session.state.pads[4].solo")
    page.keyboard.press("Space")
    expect(pad(page, 5)).to_have_class(PLAYING)
    # What is written in a field is no key.
    page.locator("#bpm").press("5")
    expect(page.locator(".pad.playing")).to_have_count(1)


def test_two_pages_and_a_reload_show_one_state(page: Page, link: str) -> None:
    with playing(page.context, link) as other:
        press(page, 5)
        page.get_by_role("slider", name="Volume", exact=True).fill("0.5")
        page.get_by_role("slider", name="Low cut").fill("0.5")
        page.get_by_label("Half a bar").check()
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
        other.close()
    page.reload()
    press(page, 5)
    expect(page.get_by_role("slider", name="Volume", exact=True)).to_have_js_property("value", "0.5")
    assert page.evaluate(CUT_AFTER_RELOAD) == pytest.approx(632, abs=2)


def test_a_scene_is_named_and_a_loop_is_as_long_as_asked(page: Page) -> None:
    press(page, 8)
    expect(pad(page, 8)).to_have_attribute("data-loop", re.compile("bpm"), timeout=LONG_MS)
    whole = page.evaluate("session.pad(7).loop.bars")
    page.get_by_label("Name of the scene of row 2").fill(" Break ")
    page.get_by_label("Name of the scene of row 2").press("Enter")
    expect(page.locator("[data-control='scene 2']")).to_contain_text("Break")
    page.evaluate("document.activeElement.blur()")
    page.get_by_label("Bars of new loops").select_option("1")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    page.wait_for_function("() => session.pad(7).loop.bars === 1", timeout=LONG_MS)
    page.get_by_label("Bars of new loops").select_option("2")
    assert whole > 1


def test_a_mix_is_stopped_and_a_recording_becomes_one(page: Page, project: Project) -> None:
    page.get_by_role("tab", name="Takes").click()
    page.get_by_label("Minutes", exact=True).fill("200")
    page.get_by_role("button", name="Make a mix", exact=True).click()
    page.get_by_role("button", name="Stop the mix").click(timeout=LONG_MS)
    expect(page.get_by_role("button", name="Stop the mix")).to_be_hidden(timeout=LONG_MS)
    folder = project.loops / "takes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "live.json").write_text(json.dumps({"bar_samples": BAR, "samples": BAR, "events": []}))
    page.get_by_role("button", name="Make a mix of the loops of live").click()
    expect(page.locator(".work").last).to_contain_text("nothing to mix", timeout=LONG_MS)
    (folder / "live.json").unlink()


def test_any_number_of_pages_shares_one_connection(page: Page) -> None:
    """Browsers have six to a host: the seventh page would get nothing at all."""
    others = [page.context.new_page() for _ in range(7)]
    for other in others:
        other.goto(page.url.replace("#play", "#sets"))
    others[-1].evaluate("import('/static/play/play.js').then((it) => { globalThis.session = it.session; })")
    others[-1].wait_for_function("() => session.state.pads.length === 16")
    for other in others:
        other.close()


def test_the_xy_pad(page: Page) -> None:
    page.get_by_role("tab", name="XY").click()
    area = page.locator(".area")
    expect(area).to_have_attribute("aria-disabled", "true")
    # Made by the model: of known loops nobody knows what is between them.
    page.evaluate("document.activeElement.blur()")
    press(page, 9)
    expect(pad(page, 9)).to_have_attribute("data-loop", re.compile("bpm"), timeout=LONG_MS)
    for corner in range(3):
        page.locator(".corner").nth(corner).click()
    before = str(pad(page, 9).get_attribute("data-loop"))
    page.keyboard.press("v")
    expect(pad(page, 9)).not_to_have_attribute("data-loop", before, timeout=LONG_MS)
    page.locator(".corner").nth(3).click()
    expect(area).to_have_attribute("aria-disabled", "false")
    box = area.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 3 * box["height"] / 4)
    page.mouse.up()
    expect(area).to_have_attribute("aria-valuetext", "50 % right, 75 % down")
    area.press("ArrowLeft")
    expect(area).to_have_attribute("aria-valuetext", "45 % right, 75 % down")
    page.wait_for_function("() => session.engine.voices.get('xy').at(session.engine.now)", timeout=LONG_MS)
    at, bar = page.evaluate(LAST_BEGAN, "xy")
    assert at % bar == 0
    page.locator("[data-control='pad 9']").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Keep on pad 10").click()
    expect(pad(page, 10)).to_have_attribute("data-loop", re.compile("bpm"))
    page.get_by_role("tabpanel").get_by_role("button", name="Stop").click()
    page.wait_for_function("() => !session.engine.loops.has('xy')")


def test_the_shelf(page: Page) -> None:
    page.get_by_role("tab", name="Shelf").click()
    pack = page.get_by_role("list", name="Pack").get_by_role("listitem")
    expect(pack).to_have_count(6)
    page.get_by_label("Search loops").fill("8")
    expect(pack.locator("strong")).to_have_text(["Am", "C"])
    page.get_by_label("Search loops").fill("11a")
    expect(pack.locator("strong")).to_have_text(["F#m"])
    page.get_by_label("Search loops").fill("")
    page.get_by_label("Order").select_option("key")
    expect(pack.locator("strong")).to_have_text(["Dm", "Am", "C", "F#m", "no key", "no key"])
    row = pack.nth(3)
    row.locator(".hear").click()
    expect(row.locator(".hear")).to_have_attribute("aria-pressed", "true")
    # Dragged onto an empty pad, and put on the selected one.
    row.drag_to(pad(page, 16))
    expect(pad(page, 16)).to_have_attribute("data-loop", re.compile("known_2"))
    press(page, 16)
    pack.nth(1).get_by_role("button", name="Put it on pad 16").click()
    expect(pad(page, 16)).to_have_attribute("data-loop", re.compile("known_0"))
    page.get_by_role("tab", name="Pad", exact=True).click()
    page.get_by_role("button", name="Clear").click()
    expect(pad(page, 16)).to_have_class(re.compile("empty"))


def test_a_copy_is_marked_in_words(page: Page) -> None:
    expect(pad(page, 6)).to_have_attribute("data-copy", "")
    press(page, 6)
    expect(page.locator(".nearest .mark")).to_have_text("⚠ May be a copy")
    expect(page.locator(".nearest p")).to_contain_text("A set")
    expect(page.get_by_role("button", name="Hear the moment")).to_be_visible()
    expect(page.get_by_role("button", name="Hear the loop")).to_be_visible()
    expect(page.get_by_role("button", name="Pad 6")).to_have_attribute(
        "aria-label", re.compile("may be a copy")
    )


def test_the_loop_beside_its_moment_has_its_own_tempo(page: Page) -> None:
    """As the moment has, whatever the pads play at: else they could not be compared by ear."""
    press(page, 6)
    page.locator("#bpm").fill("140")
    page.locator("#bpm").press("Enter")
    page.wait_for_function("() => session.state.bar_samples === 75600")
    page.evaluate(NOTE_AUDITION)
    page.get_by_role("button", name="Hear the loop").click()
    assert page.wait_for_function("() => globalThis.heard").json_value() == 2 * BAR
    page.evaluate("delete session.engine.audition")


def test_a_place_that_is_made_after_everything_was_stopped_stays_silent(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/morph", lambda route: held.append(route))
    press(page, 1)
    expect(pad(page, 1)).to_have_class(PLAYING)
    with page.expect_request("**/api/morph"):
        page.evaluate("session.xy.move(0.5, 0.5)")
    page.get_by_role("button", name="Stop all").click()
    loop = page.evaluate("session.pad(1).loop")
    held[0].fulfill(json={"loop": loop})
    page.wait_for_function("() => !document.querySelector('#panel-xy p').textContent.includes('is made')")
    assert not page.evaluate("session.isOn('xy')")
    page.unroute("**/api/morph")


def test_a_limiter_that_did_not_come_is_asked_for_again(browser: Browser, link: str) -> None:
    context = browser.new_context()
    context.set_default_timeout(LONG_MS)
    page = context.new_page()
    page.add_init_script(FAILS_ONCE)
    page.goto(link)
    page.goto(page.url + "#play")
    expect(pad(page, 1)).to_have_attribute("data-loop", re.compile("known_0"), timeout=LONG_MS)
    press(page, 1)
    expect(pad(page, 1)).to_have_class(re.compile(r"\bbad\b"))
    press(page, 1)
    expect(pad(page, 1)).to_have_class(PLAYING)
    context.close()


def test_a_pad_is_dragged_out_as_a_file(page: Page) -> None:
    page.evaluate(WATCH_DRAGS)
    page.locator(".grip").first.hover()
    page.mouse.down()
    page.mouse.move(600, 4, steps=4)  # onto nothing that takes it
    page.mouse.up()
    by_the_browser, dragged = page.evaluate("dragged")
    kind, name, url = dragged.split(":", 2)
    assert by_the_browser and (kind, name) == ("audio/wav", f"{pad(page, 1).get_attribute('data-loop')}.wav")
    answer = page.request.get(url)
    assert answer.ok and answer.body()[:4] == b"RIFF"
    assert "attachment" in answer.headers["content-disposition"]
    press(page, 1)
    with page.expect_download() as download:
        page.get_by_role("link", name="WAV").click()
    assert download.value.suggested_filename == name


def test_what_is_played_is_written_down(page: Page) -> None:
    """What the page sends; what the server makes of it is tested with the server."""
    sent: list[Request] = []
    page.on(
        "request", lambda request: sent.append(request) if request.url.endswith("/api/recordings") else None
    )
    press(page, 1)
    expect(pad(page, 1)).to_have_class(PLAYING)
    page.locator("#record").click()
    press(page, 2)
    expect(pad(page, 2)).to_have_class(PLAYING)
    page.locator("#bpm").fill("140")
    page.locator("#bpm").press("Enter")
    page.wait_for_function("() => session.engine.clock.at(session.engine.now).barSamples === 75600")
    page.wait_for_function("() => session.engine.now > session.engine.change.at + 1000")
    page.locator("#record").click()
    page.wait_for_function("() => document.querySelector('#record').textContent.includes('Rec')")
    (request,) = sent
    content: Any = request.post_data_json
    assert (content["bar_samples"], content["pitch"]) == (BAR, "keep")
    launches = [
        (event["pad"], event["at"] % BAR == 0, event["bar_samples"], event["continues"])
        for event in content["events"]
        if event["do"] == "launch"
    ]
    assert launches == [
        (0, True, BAR, False),
        (1, True, BAR, False),
        (0, True, 75_600, True),
        (1, True, 75_600, True),
    ]
    (tempo,) = [event for event in content["events"] if event["do"] == "tempo"]
    assert tempo["bar_samples"] == 75_600 and tempo["at"] % BAR == 0
    assert content["samples"] > tempo["at"]


def test_a_midi_controller_is_learnt(context: BrowserContext, link: str) -> None:
    """With a controller made up: there is none on machines that run tests."""
    context.add_init_script(CONTROLLER)
    with playing(context, link) as page:
        page.keyboard.press("?")
        page.get_by_role("button", name="Learn").click()
        expect(page.locator("#message")).to_contain_text("Click what is to be moved")
        press(page, 4)
        expect(pad(page, 4)).not_to_have_class(re.compile("queued|playing"))
        page.evaluate("send(0x90, 36, 100)")
        page.wait_for_function("() => session.state.midi['note 0 36']?.do === 'pad 4'")
        page.evaluate("send(0x90, 36, 0)")
        page.evaluate("send(0x90, 36, 100)")
        expect(pad(page, 4)).to_have_class(PLAYING)
        page.keyboard.press("?")
        page.get_by_role("button", name="Forget all").click()
        page.wait_for_function("() => Object.keys(session.state.midi).length === 0")


def test_on_a_phone(browser: Browser, link: str) -> None:
    context = browser.new_context(**PHONE)
    with playing(context, link) as page:
        page.locator("[data-control='pad 1']").tap()
        expect(pad(page, 1)).to_have_class(PLAYING)
        for tab in ("Pad", "XY", "Shelf", "Takes"):
            page.get_by_role("tab", name=tab, exact=True).tap()
            assert page.evaluate("document.documentElement.scrollWidth") == 390
            assert page.evaluate(SMALL) == []
        # All sixteen pads can be seen at once.
        page.evaluate("scrollTo(0, 0)")
        box = page.locator(".pad").last.bounding_box()
        assert box and box["y"] + box["height"] < 844
    context.close()
