"""What lies beside the pads, in a real browser: the selected pad, the XY pad, the shelf, takes."""

import json
import re

from playwright.sync_api import Page, Route, expect

from mixdream.project import Project
from tests.browsers import NEEDS_CHROMIUM
from tests.studio.play_view import (
    BAR,
    LAST_BEGAN,
    LONG_MS,
    NOTE_AUDITION,
    PLAYING,
    link,
    pad,
    page,
    press,
    project,
    window,
)

__all__ = ["link", "page", "project", "window"]

pytestmark = NEEDS_CHROMIUM


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
