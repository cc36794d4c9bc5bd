"""Sets in a real browser: dropped, sent, read, shown and heard."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, Route, expect

from mixdream.project import Project
from mixdream.studio.studio import Studio
from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.conftest import write_set
from tests.studio.conftest import serving
from tests.studio.made import fill, wait_until

pytestmark = NEEDS_CHROMIUM

HOSTILE = "<img src=x onerror=document.body.remove()>.wav"
PIECE = 8_000_000
SLOW_MS = 120_000  # for megabytes and readings on a machine that is busy
SOUND = "document.querySelector('#sets audio')"
PAINTED = """(canvas) => {
    const { width, height } = canvas;
    if (!width) return false;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return copy.getImageData(0, 0, width, height).data.some((value) => value > 0);
}"""
TIMES = """async () => {
    const { Timeline } = await import("/static/sets/timeline.js");
    const dropped = [{ start_s: 0, stop_s: 2 }, { start_s: 5, stop_s: 6 }, { start_s: 9, stop_s: 10 }];
    const line = new Timeline(10, dropped);
    return { kept: line.keptSeconds, there: [0, 2, 4.5, 5.5, 6, 9.5].map((time) => line.toKept(time)),
        back: [0, 2.5, 3, 5.5, 6].map((time) => line.toSource(time)) };
}"""
LISTS = """async () => {
    const { keyed } = await import("/static/dom.js");
    const list = document.createElement("ul");
    const show = (...items) => keyed(list, items, (item) => item, () => document.createElement("li"),
        (element, item, at) => { element.textContent = `${item}${at}`; });
    show("a", "b", "c");
    const [a, b, c] = list.children;
    show("c", "d", "a");
    return [list.textContent, list.children[0] === c, list.children[2] === a, b.isConnected];
}"""
WORDS = """async () => {
    const { clock, size, span, tempo } = await import("/static/words.js");
    return [[59.4, 59.6, 3599.6].map(clock), [999, 999_499, 999_501, 1.25e9].map(size),
        [1, 98, 150, 6000].map(span), [null, [119.6, 120.4], [120, 140]].map(tempo)];
}"""
TOO_SMALL = """() => [...document.querySelectorAll("#sets :is(button, summary, [role=slider])")]
    .map((shown) => [shown.getBoundingClientRect(), shown.outerHTML])
    .filter(([box]) => box.width > 0 && Math.min(box.height, box.width) < 44)"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two sets, A and B, that were read, and a broken file."""
    return fill(Project(tmp_path_factory.mktemp("studio") / "project"))


@pytest.fixture(scope="module")
def link(project: Project) -> Iterator[str]:
    with serving(Studio(project)) as server:
        yield server.link


@pytest.fixture
def page(context: BrowserContext, link: str) -> Iterator[Page]:
    """The view of sets; nothing may go wrong in its scripts."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
    opened.goto(link)
    expect(opened.locator(".set").first).to_be_visible(timeout=SLOW_MS)
    yield opened
    assert errors == []


def card(page: Page, name: str) -> Locator:
    return page.locator(".set").filter(has=page.get_by_role("heading", name=name, exact=True))


def row(page: Page, path: str) -> Locator:
    return page.locator("[data-part=upload-list] li").filter(has_text=path)


def drop(page: Page, *paths: Path) -> None:
    """Drop files and folders onto the middle of the page, as from a file manager."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 500, "y": 400, "data": data})
        if kind == "dragOver":
            expect(page.get_by_text("Drop to add to the sets")).to_be_visible()
    expect(page.get_by_text("Drop to add to the sets")).to_be_hidden()


def test_a_set_is_shown_and_heard_from_where_one_clicks(page: Page) -> None:
    shown = card(page, "A")
    expect(shown).to_contain_text("120 BPM")
    expect(shown).to_contain_text("0:20")
    expect(page.locator("[data-part=count]")).to_have_text("2")
    expect(page.locator("[data-part=rejected] li").first).to_contain_text("broken.wav is not a media file")
    wait_until(lambda: shown.locator("canvas").first.evaluate(PAINTED))

    slider = shown.get_by_role("slider", name="Place in A")
    box = slider.bounding_box()
    assert box is not None
    with page.expect_response(lambda answer: answer.url.endswith("/audio.wav")) as heard:
        slider.click(position={"x": box["width"] / 2, "y": 20})
    assert heard.value.status == 206
    wait_until(lambda: page.evaluate(f"{SOUND}.currentTime > 10.3 && !{SOUND}.paused"))
    assert page.evaluate(f"{SOUND}.currentTime") < 20
    expect(shown.get_by_role("button", name="Stop A")).to_be_visible()
    slider.press("Home")
    wait_until(lambda: page.evaluate(f"{SOUND}.currentTime > 0.2 && {SOUND}.currentTime < 9"))
    shown.get_by_role("button", name="Stop A").click()
    assert page.evaluate(f"{SOUND}.paused")
    slider.press("ArrowRight")
    assert str(slider.get_attribute("aria-valuetext")).endswith("of 0:20")
    wait_until(lambda: page.evaluate(f"{SOUND}.currentTime > 10 && {SOUND}.paused"))
    # Another set, and the first is silent.
    card(page, "B").get_by_role("button", name="Play B").press("Enter")
    expect(card(page, "B").get_by_role("button", name="Stop B")).to_be_focused()
    expect(shown.get_by_role("button", name="Play A")).to_be_visible()


def test_time_of_the_source_and_of_what_was_kept(page: Page) -> None:
    assert page.evaluate(TIMES) == {
        "kept": 6,
        "there": [0, 0, 2.5, 3, 3, 6],
        "back": [2, 4.5, 6, 8.5, 9],
    }


def test_lists_keep_the_elements_whose_key_stays(page: Page) -> None:
    assert page.evaluate(LISTS) == ["c0d1a2", True, True, False]


def test_numbers_are_said_as_people_read_them(page: Page) -> None:
    assert page.evaluate(WORDS) == [
        ["0:59", "1:00", "1:00:00"],
        ["999 bytes", "999 kB", "1.0 MB", "1.3 GB"],
        ["1 second", "98 seconds", "3 minutes", "1.7 hours"],
        ["", "120 BPM", "120–140 BPM"],
    ]


def test_what_was_cut_off_goes_on_and_becomes_a_set(page: Page, project: Project, tmp_path: Path) -> None:
    noise = tmp_path / "noise.mp3"
    noise.write_bytes(bytes(PIECE + 1_000_000))
    (tmp_path / "June").mkdir()
    write_set(tmp_path / "June" / HOSTILE, 10, 126)
    (tmp_path / "June" / ".hidden.wav").write_bytes(b"RIFF")
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "PUT" else None)

    # The second piece hangs until the page is loaded anew.
    page.route(f"**/api/uploads/noise.mp3?offset={PIECE}&**", lambda route: None)
    page.set_input_files("[data-part=files]", noise)
    expect(row(page, "noise.mp3")).to_contain_text("8.0 MB of 9.0 MB", timeout=SLOW_MS)
    page.reload()
    page.unroute_all(behavior="ignoreErrors")
    expect(row(page, "noise.mp3")).to_contain_text(
        "8.0 MB of 9.0 MB are here; drop the file again", timeout=SLOW_MS
    )

    sent.clear()
    slider = card(page, "A").get_by_role("slider")
    slider.focus()
    drop(page, noise, tmp_path / "June")
    expect(card(page, "img_src=x_onerror=document.body.remove()")).to_be_visible(timeout=SLOW_MS)
    offsets = [parse_qs(urlsplit(request.url).query)["offset"] for request in sent]
    assert offsets == [[str(PIECE)], ["0"]]
    expect(page.locator("[data-part=rejected] li").filter(has_text="noise.mp3")).to_be_visible(
        timeout=SLOW_MS
    )
    expect(page.get_by_role("progressbar", name="Reading sets")).to_be_hidden(timeout=SLOW_MS)
    expect(row(page, "noise.mp3")).to_have_count(0)
    # What stayed is the same elements, and a name is text wherever it stands.
    expect(slider).to_be_focused()
    hostile = card(page, "img_src=x_onerror=document.body.remove()")
    hostile.get_by_text("Source").click()
    expect(hostile).to_contain_text(HOSTILE)
    expect(page.locator("#sets img")).to_have_count(0)
    assert (project.sets / "June" / HOSTILE).is_file()
    assert not (project.sets / "June" / ".hidden.wav").exists()


def test_a_server_that_is_away_is_tried_again_until_one_gives_up(
    context: BrowserContext, link: str, project: Project, tmp_path: Path
) -> None:
    page = context.new_page()
    tries: list[str] = []

    def cut_off(route: Route) -> None:
        tries.append(route.request.url)
        route.abort()

    page.goto(link)
    page.route("**/api/uploads/late.wav?**", cut_off)
    page.set_input_files("[data-part=files]", write_set(tmp_path / "late.wav", 1))
    expect(row(page, "late.wav")).to_contain_text("does not answer, trying again")
    wait_until(lambda: page.evaluate("1") and len(tries) > 1)
    page.get_by_role("button", name="Do not add late.wav").click()
    expect(row(page, "late.wav")).to_have_count(0)
    # A file that cannot be a set is refused in a line, before anything is sent.
    (tmp_path / "nothing.wav").touch()
    page.set_input_files("[data-part=files]", tmp_path / "nothing.wav")
    expect(row(page, "nothing.wav")).to_contain_text("is empty")
    page.get_by_role("button", name="Clear").click()
    expect(row(page, "nothing.wav")).to_have_count(0)
    # And so is a path that leads nowhere.
    page.get_by_label("Path of a file or folder").fill("/no/such/<b>folder</b>")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-part=path-said]")).to_contain_text("'/no/such/<b>folder</b>' does not exist")
    assert not (project.sets / "late.wav").exists()


def test_a_phone_shows_all_of_it(context: BrowserContext, link: str) -> None:
    browser = context.browser
    assert browser is not None
    with browser.new_context(**PHONE) as phone:
        page = phone.new_page()
        page.goto(link)
        expect(card(page, "B")).to_be_visible(timeout=SLOW_MS)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
        assert page.evaluate(TOO_SMALL) == []


def test_a_set_is_removed_when_one_is_sure(page: Page, project: Project) -> None:
    card(page, "B").get_by_role("button", name="Remove B").press("Enter")
    page.get_by_role("button", name="Keep it").click()
    expect(card(page, "B")).to_be_visible()
    card(page, "B").get_by_role("button", name="Remove B").press("Enter")
    expect(page.get_by_text("Remove “B” from this project?")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(card(page, "B")).to_have_count(0, timeout=SLOW_MS)
    expect(card(page, "A")).to_be_visible()
    assert not (project.sets / "B.wav").exists()
