"""A listener whom a panel sends: by its link, through the test in a browser, back with a code."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.survey.browsing import choose, forward, go_on, hear_all, position
from tests.survey.example import Server, answers_in, example_design, rendered, write_test

pytestmark = NEEDS_CHROMIUM
BACK = "https://panel.example/complete?cc={code}&pid={PROLIFIC_PID}"


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A test for Prolific, with a code for each listener."""
    names = ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID"]
    design = example_design(panel={"parameters": names, "return_url": BACK}, completion={"own_code": True})
    with Server(rendered(write_test(tmp_path_factory.mktemp("panel") / "test", design))) as server:
        yield server


def by_hand(page: Page) -> None:
    hear_all(page)
    choose(page)
    go_on(page)


def by_keys(page: Page) -> None:
    """The volume page: heard by space, left by Enter."""
    expect(page.locator(".play").first).to_be_enabled()
    page.keyboard.press("Space")
    expect(page.locator("#next")).to_be_enabled(timeout=15_000)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_have_attribute("data-page", "1")


@pytest.mark.parametrize("way", ["mouse", "keyboard", "phone"])
def test_a_panels_listener_comes_and_goes_back_with_a_code(browser: Browser, panel: Server, way: str) -> None:
    context = browser.new_context(**(PHONE if way == "phone" else {}))
    page = context.new_page()
    context.route("https://panel.example/**", lambda route: route.fulfill(status=200, body="back"))
    page.goto(f"{panel.url}?PROLIFIC_PID=pid-{way}&STUDY_ID=s1&SESSION_ID=x1&utm_source=mail")
    agree = page.locator("#agree")
    if way == "keyboard":
        agree.focus()
        page.keyboard.press("Enter")
    else:
        agree.click()
    expect(page.locator("main")).to_have_attribute("data-page", "0")
    (by_keys if way == "keyboard" else by_hand)(page)
    assert position(page) == 1
    forward(page, panel, 9)
    code = page.locator(".code").inner_text()
    back = page.locator("a.button.primary")
    if way == "keyboard":
        back.focus()
        page.keyboard.press("Enter")
    else:
        back.click()
    page.wait_for_url("https://panel.example/**")
    assert parse_qs(urlparse(page.url).query) == {"cc": [code], "pid": [f"pid-{way}"]}
    with answers_in(panel.folder) as store:
        (session,) = (one for one in store.sessions() if f"pid-{way}" in one.panel)
    assert json.loads(session.panel) == {"PROLIFIC_PID": f"pid-{way}", "STUDY_ID": "s1", "SESSION_ID": "x1"}
    assert session.code == code and session.finished is not None
    context.close()
