"""A listener with a real browser."""

import httpx
from playwright.sync_api import Page, expect

from mixdream.survey.storage.rows import Answer
from tests.survey.example import Server, answers_in
from tests.survey.walk import answer


def rows(server: Server, session: str) -> list[Answer]:
    with answers_in(server.folder) as store:
        return [row for row in store.answers() if row.session == session]


def begin(page: Page, server: Server) -> str:
    """Agree; the public id of the session."""
    page.goto(server.url)
    page.click("#agree")
    expect(page.locator("main")).to_have_attribute("data-page", "0")
    return str(page.locator("main").get_attribute("data-session"))


def position(page: Page) -> int | None:
    shown = page.locator("main").get_attribute("data-page")
    return None if shown is None else int(shown)


def forward(page: Page, server: Server, pages: int) -> None:
    """Answer pages without the browser, to come to the one that matters sooner."""
    (cookie,) = page.context.cookies()
    cookies = {cookie["name"]: cookie["value"]}
    # Nothing is encrypted here, and it takes long to load certificates.
    with httpx.Client(base_url=server.url, cookies=cookies, verify=False) as client:
        for _ in range(pages):
            answer(client)
    page.reload()


def hear_all(page: Page) -> None:
    for item in page.locator(".clips li").all():
        item.locator(".play").click()
        item.locator(".heard").wait_for(timeout=15_000)


def choose(page: Page) -> None:
    """Fill in what is asked, by mouse or finger."""
    for field in page.locator("fieldset").all():
        kind = field.get_attribute("data-kind")
        if kind in ("choice", "scale"):
            field.locator("label").nth(1).click()
        elif kind == "slider":
            field.locator("input").click(position={"x": 50, "y": 20})
        else:
            field.locator("textarea").fill("as it was")


def go_on(page: Page) -> None:
    """Save, if anything was asked, and wait for the page that follows."""
    before = position(page)
    page.click("#next")
    page.locator(f"main:not([data-page='{before}'])").wait_for(timeout=40_000)


def answer_page(page: Page) -> None:
    hear_all(page)
    choose(page)
    go_on(page)
