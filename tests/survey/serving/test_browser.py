"""Whole sessions in a real browser."""

import threading
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, Route, expect

from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.survey.browsing import answer_page, begin, choose, forward, go_on, hear_all, position, rows
from tests.survey.example import SECRET_WORDS, Server, rendered, write_test

pytestmark = NEEDS_CHROMIUM
SMALLEST = """() => Math.min(...[...document.querySelectorAll("button, label, summary")].flatMap(
    (shown) => { const box = shown.getBoundingClientRect(); return [box.width, box.height]; }))"""
HURRY = """const later = setTimeout, after = AbortSignal.timeout.bind(AbortSignal);
window.setTimeout = (wake, ms, ...rest) => later(wake, ms / 20, ...rest);
AbortSignal.timeout = (ms) => after(ms / 50);"""
"""Pauses between tries, and time until a try is given up, go by faster."""
PAGES = 10
ROWS = 12


def is_new(page: Page, seen: set[str]) -> bool:
    """Whether the browser has not shown such a page before; attention items last 4 s and are as others."""
    asked = page.locator("fieldset").evaluate_all(
        "(all) => all.map((field) => field.dataset.question).join()"
    )
    known = asked == "attention" or (asked and asked in seen)
    seen.add(asked)
    return not known


def test_a_whole_session_by_mouse(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    session = begin(page, server)
    stored = 0
    for number in range(PAGES):
        assert position(page) == number
        asked = page.locator("fieldset").count() > 0
        if page.locator(".clips li").count():
            # Nothing can be answered, nor the volume page be left, before it was heard.
            expect(page.locator("#next")).to_be_disabled()
            expect(page.locator("fieldset input:enabled")).to_have_count(0)
            hear_all(page)
        choose(page)
        go_on(page)
        # One press, and the next page is shown: now the rows are there.
        now = len(rows(server, session))
        assert (now > stored) == asked
        stored = now
    expect(page.locator(".code")).to_have_text("THANKS-42")
    expect(page.locator(".session")).to_have_text(session)
    answers = rows(server, session)
    assert len(answers) == len({(row.position, row.question) for row in answers}) == ROWS
    for row in answers:
        for clip in row.clips:
            assert clip.plays == 1 and clip.reached_end
            assert clip.heard_s == pytest.approx(clip.seconds, abs=0.06)
    assert errors == []
    assert len(responses) > 40
    for response in responses:
        seen = f"{response.url} {response.all_headers()}".encode().lower() + response.body().lower()
        assert not [word for word in SECRET_WORDS if word.encode() in seen]


def test_a_session_by_keyboard(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.goto(server.url)
    for _ in range(10):
        if page.evaluate("document.activeElement.id") == "agree":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_have_attribute("data-page", "0")
    session = str(page.locator("main").get_attribute("data-session"))
    known: set[str] = set()
    for number in range(PAGES):
        assert position(page) == number
        if not is_new(page, known):
            forward(page, server, 1)
            continue
        for item in page.locator(".clips li").all():
            expect(item.locator(".play")).to_be_enabled()
            page.keyboard.press("Space")
            item.locator(".heard").wait_for(timeout=15_000)
        for field in page.locator("fieldset").all():
            if field.get_attribute("data-kind") in ("choice", "scale"):
                page.keyboard.press("2")
                expect(field.locator("input").nth(1)).to_be_checked()
            elif field.get_attribute("data-kind") == "slider":
                page.keyboard.press("Tab")
                expect(field.locator("input")).to_be_focused()
                # It stands at 50 before anybody has chosen: that can be accepted, too.
                expect(page.locator("#next")).to_be_disabled()
                page.keyboard.press("Enter")
                expect(field.locator("output")).to_have_text("50")
        expect(page.locator("#next")).to_be_enabled()
        page.keyboard.press("Enter")
        page.locator(f"main:not([data-page='{number}'])").wait_for(timeout=10_000)
    expect(page.locator(".code")).to_be_visible()
    # Texts that need not be given were not, but for the second rating, which was not by keyboard.
    assert len(rows(server, session)) == ROWS - 3


def test_a_session_on_a_phone(browser: Browser, server: Server) -> None:
    context = browser.new_context(**PHONE, color_scheme="dark", reduced_motion="reduce")
    page = context.new_page()
    session = begin(page, server)
    known: set[str] = set()
    for _ in range(PAGES):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(SMALLEST) >= 44
        if is_new(page, known):
            answer_page(page)
        else:
            forward(page, server, 1)
    assert len(rows(server, session)) == ROWS
    context.close()


def test_two_sessions_in_one_browser_are_kept_apart(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    session = begin(page, server)
    forward(page, server, 1)
    link = page.locator("a.whole").text_content()
    choose(page)
    other = context.new_page()
    other.goto(f"{server.url}new")
    other.click("#agree")
    expect(other.locator("main")).to_have_attribute("data-page", "0")
    newer = str(other.locator("main").get_attribute("data-session"))
    assert newer != session
    forward(other, server, 1)
    page.click("#next")
    expect(page.locator("#state")).to_contain_text("another test was begun", ignore_case=True)
    assert position(page) == 1
    assert rows(server, session) == rows(server, newer) == []
    # By its own link the session goes on, and sends what was kept.
    page.goto(str(link))
    expect(page.locator("main")).to_have_attribute("data-page", "2")
    assert [row.value for row in rows(server, session)] == ["older", "as it was"]
    assert rows(server, newer) == []


def test_only_the_servers_own_word_confirms_and_refuses(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.add_init_script(HURRY)
    session = begin(page, server)
    forward(page, server, 1)
    login = {"content_type": "text/html", "body": "<main data-kind=page>Log in</main>"}
    others: list[Any] = [
        {"status": 200, **login},
        {"status": 404, **login},
        {"status": 403, **login},
        {"status": 409, "json": {"reason": "busy"}},
        {"status": 200, "json": None},
        {"status": 200, "json": {"page": 7}},
    ]
    sent: list[Any] = []

    def meddle(route: Route) -> None:
        sent.append(route.request.post_data_json)
        if others:
            route.fulfill(**others.pop(0))
        else:
            route.continue_()

    page.route("**/answers", meddle)
    choose(page)
    page.click("#next")
    expect(page.locator("#state")).to_contain_text("trying again")
    expect(page.locator("#next")).to_be_disabled()
    # It is kept, whatever was said.
    page.reload()
    expect(page.locator("main")).to_have_attribute("data-page", "2", timeout=60_000)
    assert others == [] and len(sent) == 7
    assert all(content == sent[0] for content in sent)
    assert sent[0]["session"] == session
    assert len(rows(server, session)) == 2
    # So it is with consent, which begins one session however often it is sent.
    sent.clear()
    others.append({"status": 200, **login})
    page.route("**/start", meddle)
    page.goto(f"{server.url}new")
    page.click("#agree")
    expect(page.locator("main")).to_have_attribute("data-page", "0")
    assert len(sent) == 2 and sent[0] == sent[1] and sent[0]["new"]


def test_a_connection_that_hangs_is_given_up(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.add_init_script(HURRY)
    begin(page, server)
    hanging: list[Route] = []

    def hang(route: Route) -> None:
        if hanging and hanging[-1].request.url == route.request.url:
            route.continue_()
        else:
            hanging.append(route)

    page.route("**/clips/*", hang)
    page.route("**/answers", hang)
    page.reload()
    hear_all(page)
    page.click("#next")
    expect(page.locator("main")).to_have_attribute("data-page", "1", timeout=10_000)
    assert len(hanging) == 2


def test_a_reload_and_another_device_go_on_in_the_same_place(browser: Browser, server: Server) -> None:
    here, there = browser.new_context(), browser.new_context(**PHONE)
    page = here.new_page()
    session = begin(page, server)
    forward(page, server, 5)
    play = page.locator(".clips .play").first
    expect(play).to_be_enabled()  # the clips are loaded
    shown = page.locator("form").inner_html()
    page.reload()
    assert position(page) == 5
    expect(play).to_be_enabled()
    assert page.locator("form").inner_html() == shown
    page.locator("summary").click()
    link = page.locator("a.whole").inner_text()
    other = there.new_page()
    other.goto(link)
    assert other.url == server.url
    assert position(other) == 5
    answer_page(other)
    # The window that was left open does not answer the page again: it moves on.
    asked = page.locator("fieldset").first.get_attribute("data-question")
    hear_all(page)
    page.locator("fieldset").first.locator("label").nth(2).click()
    page.click("#next")
    expect(page.locator("main")).to_have_attribute("data-page", "6", timeout=10_000)
    expect(page.locator("#state")).to_contain_text("answered before")
    values = [row.value for row in rows(server, session) if (row.position, row.question) == (5, asked)]
    assert values == ["2"]
    here.close()
    there.close()


def test_deleting_in_the_browser(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    session = begin(page, server)
    forward(page, server, 2)
    assert len(rows(server, session)) == 2
    page.locator("summary").click()
    page.locator("details a[href^=withdraw]").click()
    page.click("#delete")
    # While others read, a deletion tries again for up to ten seconds before it is confirmed.
    expect(page.locator("#deleted")).to_be_visible(timeout=10_000)
    assert rows(server, session) == []
    page.goto(server.url)
    expect(page.locator("#agree")).to_be_visible()


def test_buttons_wait_for_what_they_start(context: BrowserContext, server: Server) -> None:
    """A press that comes before the script would do nothing, and who pressed would wait for ever."""
    page = context.new_page()
    held: list[Route] = []

    def waits_for_its_script(button: str) -> None:
        expect(page.locator(button)).to_be_disabled()
        held.pop().continue_()
        expect(page.locator(button)).to_be_enabled()

    page.route("**/survey.js*", lambda route: held.append(route))
    page.goto(server.url, wait_until="commit")
    waits_for_its_script("#agree")
    page.click("#agree")
    expect(page.locator("main")).to_have_attribute("data-page", "0")
    away = page.locator("details a[href^=withdraw]").evaluate("link => link.href")
    page.goto(away, wait_until="commit")
    waits_for_its_script("#delete")


def test_without_javascript_the_page_says_why(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator(".warning")).to_contain_text("needs JavaScript")
    context.close()


def test_a_server_that_dies_costs_no_answer_and_no_place(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = rendered(write_test(tmp_path_factory.mktemp("dying") / "test"))
    context = browser.new_context()
    context.add_init_script(HURRY)
    with Server(folder) as server:
        page = context.new_page()
        session = begin(page, server)
        forward(page, server, 3)
        # It dies before the answer is sent, and comes back while the browser keeps trying.
        hear_all(page)
        choose(page)
        server.kill()
        page.click("#next")
        expect(page.locator("#state")).to_contain_text("trying again")
        expect(page.locator("#next")).to_be_disabled()
        assert len(rows(server, session)) == 2
        starting = threading.Thread(target=server.start)
        starting.start()
        expect(page.locator("main")).to_have_attribute("data-page", "4", timeout=60_000)
        starting.join()
        assert len(rows(server, session)) == 3
        # It dies again, and the window is closed before the answer could be sent: it is sent when it opens.
        hear_all(page)
        choose(page)
        server.kill()
        page.click("#next")
        expect(page.locator("#state")).to_contain_text("trying again")
        page.close()
        server.start()
        page = context.new_page()
        page.goto(server.url)
        expect(page.locator("main")).to_have_attribute("data-page", "5", timeout=20_000)
        assert len(rows(server, session)) == 4
        forward(page, server, PAGES - 5)
        expect(page.locator(".code")).to_be_visible()
        answers = rows(server, session)
        assert len(answers) == len({(row.position, row.question) for row in answers}) == ROWS
    context.close()
