"""Whole sessions of MUSHRA in a real browser."""

import threading
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, expect

from mixdream.survey.storage.rows import Answer
from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.survey.browsing import forward, go_on, position, rows
from tests.survey.example import Server, rendered
from tests.survey.serving.mushra import CONDITIONS, PAGES, open_mushra, rate_all, written
from tests.survey.serving.test_browser import HURRY, SMALLEST

pytestmark = NEEDS_CHROMIUM


def check_rows(answers: list[Answer]) -> None:
    """Every page has a row for each condition, of clips that were heard."""
    assert len(answers) == len({(row.position, row.question) for row in answers}) == 3 * PAGES
    for place in range(1, PAGES + 1):
        on_page = [row for row in answers if row.position == place]
        assert {row.clips[0].condition for row in on_page} == set(CONDITIONS)
        assert len({row.clips[0].item for row in on_page}) == 1
    for row in answers:
        assert [clip.condition for clip in row.clips[1:]] == [CONDITIONS[0]]
        for clip in row.clips:
            assert clip.reached_end and clip.plays >= 1 and clip.heard_s >= 0.95 * clip.seconds


def test_a_whole_session_by_mouse(context: BrowserContext, mushra: Server) -> None:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    seen: list[bytes] = []
    page.on("response", lambda response: seen.append(f"{response.url}".encode() + response.body()))
    session = open_mushra(page, mushra)
    for number in range(PAGES):
        assert position(page) == number + 1
        page.locator(".play:enabled").last.wait_for(timeout=15_000)
        items = page.locator(".clips li")
        assert items.locator(".label").all_inner_texts() == ["Reference", "A", "B", "C"]
        # A slider is open once its own clip was played, while others may not have been.
        expect(page.locator("fieldset input:enabled")).to_have_count(0)
        items.nth(1).locator(".play").click()
        expect(items.nth(1)).to_have_class("playing")
        expect(page.locator("fieldset input:enabled")).to_have_count(1)
        items.nth(1).locator("input").click(position={"x": 10, "y": 20})
        expect(items.nth(1).locator("output")).to_contain_text("bad")
        rate_all(page)
        expect(page.locator(".playing")).to_have_count(1)
        assert rows(mushra, session) == [] or number == 1
        go_on(page)
        assert len(rows(mushra, session)) == 3 * (number + 1)
    check_rows(rows(mushra, session))
    assert errors == []
    for content in seen:
        assert not [word for word in CONDITIONS if word.encode() in content.lower()]


def test_a_session_by_keyboard(context: BrowserContext, mushra: Server) -> None:
    page = context.new_page()
    session = open_mushra(page, mushra)
    for number in range(PAGES):
        page.locator(".play:enabled").last.wait_for(timeout=15_000)
        items = page.locator(".clips li")
        page.keyboard.press("Space")
        expect(items.nth(0)).to_have_class("playing")
        items.nth(0).locator(".heard").wait_for(timeout=15_000)
        for place, letter in enumerate("abc", 1):
            page.keyboard.press(letter)
            expect(items.nth(place)).to_have_class("playing")
            expect(items.nth(place).locator("input")).to_be_focused()
            page.keyboard.press("ArrowRight")
            expect(items.nth(place).locator("output")).to_contain_text("51")
            items.nth(place).locator(".heard").wait_for(timeout=15_000)
        page.keyboard.press("r")
        expect(items.nth(0).locator("button")).to_be_focused()
        expect(items.nth(0)).to_have_class("playing")
        page.keyboard.press("Space")
        expect(page.locator(".playing")).to_have_count(0)
        # The handles of the loop are sliders, too.
        for handle, step in (("from", "ArrowRight"), ("to", "ArrowLeft")):
            before = page.locator(f"#timeline .{handle}").get_attribute("aria-valuetext")
            page.locator(f"#timeline .{handle}").focus()
            for _ in range(2):
                page.keyboard.press(step)
            assert page.locator(f"#timeline .{handle}").get_attribute("aria-valuetext") != before
        page.keyboard.press("Enter")
        page.locator(f"main:not([data-page='{number + 1}'])").wait_for(timeout=10_000)
    answers = rows(mushra, session)
    check_rows(answers)
    assert {row.value for row in answers} == {"51"}


def test_a_session_on_a_phone(browser: Browser, mushra: Server) -> None:
    context = browser.new_context(**PHONE, color_scheme="dark")
    page = context.new_page()
    session = open_mushra(page, mushra)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(SMALLEST) >= 44
    for handle in page.locator("#timeline input").all():
        box = handle.bounding_box()
        assert box is not None and box["height"] >= 44
    # From right to left the scale turns round, and time does not.
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for places in (".parts span", "#timeline input"):
        boxes = [page.locator(places).nth(i).bounding_box() for i in (0, 1)]
        assert boxes[0] is not None and boxes[1] is not None
        assert (boxes[0]["x"] < boxes[1]["x"]) == (places == "#timeline input")
    page.evaluate("document.documentElement.removeAttribute('dir')")
    # The reference stays in reach of the last clip.
    page.locator(".clips li").last.scroll_into_view_if_needed()
    expect(page.locator(".clips .play").first).to_be_in_viewport()
    page.locator(".clips .play").first.tap()
    expect(page.locator(".clips li").first).to_have_class("playing")
    rate_all(page)
    go_on(page)
    assert len(rows(mushra, session)) == 3
    context.close()


def test_a_server_that_dies_costs_no_rating(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    context.add_init_script(HURRY)
    with Server(rendered(written(tmp_path / "test"))) as server:
        page = context.new_page()
        session = open_mushra(page, server)
        rate_all(page)
        server.kill()
        page.click("#next")
        expect(page.locator("#state")).to_contain_text("trying again")
        expect(page.locator("fieldset input:enabled")).to_have_count(0)
        assert rows(server, session) == []
        # The window is closed meanwhile: what it kept is sent when it is opened again.
        page.close()
        starting = threading.Thread(target=server.start)
        starting.start()
        starting.join()
        page = context.new_page()
        page.goto(server.url)
        expect(page.locator("main")).to_have_attribute("data-page", "2", timeout=20_000)
        assert len(rows(server, session)) == 3
        forward(page, server, 1)
        check_rows(rows(server, session))
    context.close()
