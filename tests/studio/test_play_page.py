"""The view that plays, in a real browser, on the real server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from mixdream.project import Project
from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.studio.play_view import (
    BAR,
    BOTH_HEARD,
    CONTROLLER,
    CUT_AFTER_RELOAD,
    FAILS_ONCE,
    HEARS,
    HIT,
    HOLD_UP,
    LAST_BEGAN,
    LONG_MS,
    PLAYING,
    QUEUED,
    SMALL,
    WATCH_DRAGS,
    link,
    pad,
    page,
    playing,
    press,
    project,
    saved,
    window,
)

__all__ = ["link", "page", "project", "window"]

pytestmark = NEEDS_CHROMIUM

TAP = Path(__file__).parent / "tap.js"


@pytest.mark.parametrize("held_up", [False, True])
def test_what_is_heard_is_on_the_bar(browser: Browser, link: str, held_up: bool) -> None:
    """Measured by a worklet beside the loudspeaker, in real time: the page's own policy forbids it.

    Also where the page was held up between its reading of the clock and the beginning of the second loop.
    """
    context = browser.new_context(bypass_csp=True)
    with playing(context, link) as page:
        press(page, 1)
        expect(pad(page, 1)).to_have_class(PLAYING)
        tap = f"URL.createObjectURL(new Blob([{json.dumps(TAP.read_text())}], {{ type: 'text/javascript' }}))"
        page.evaluate(f"import({tap}).then((it) => (globalThis.tap = it).listen(session.engine))")
        page.wait_for_function("() => tap.heard(session.engine).length > 0")
        if held_up:
            page.evaluate(HOLD_UP, HIT + BAR // 10)
        press(page, 2)
        if not held_up:
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
    expect(pad(page, 5)).to_have_attribute("data-loop", re.compile("known_4"))
    press(page, 5)
    expect(page.get_by_role("slider", name="Volume", exact=True)).to_have_js_property("value", "0.5")
    assert page.evaluate(CUT_AFTER_RELOAD) == pytest.approx(632, abs=2)


def test_any_number_of_pages_shares_one_connection(page: Page) -> None:
    """Browsers have six to a host: the seventh page would get nothing at all."""
    others = [page.context.new_page() for _ in range(7)]
    for other in others:
        other.goto(page.url.replace("#play", "#sets"))
    others[-1].evaluate("import('/static/play/play.js').then((it) => { globalThis.session = it.session; })")
    others[-1].wait_for_function("() => session.state.pads.length === 16")
    for other in others:
        other.close()


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
