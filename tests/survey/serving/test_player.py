"""Clips in a real browser: loading, playing, counting, and what could tell their condition."""

import statistics
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile
from playwright.sync_api import BrowserContext, Response, Route, expect

from tests.browsers import NEEDS_CHROMIUM
from tests.survey.browsing import begin, choose, forward, go_on, hear_all, rows
from tests.survey.example import Server, example_design, rendered

pytestmark = NEEDS_CHROMIUM
LISTEN = """(button) => new Promise((done) => {
    const item = button.closest("li"), values = [];
    const look = () => {
        if (item.className === "playing") values.push(item.querySelector("progress").value);
        else if (values.length) return done(values);
        requestAnimationFrame(look);
    };
    button.click();
    look();
})"""


def test_the_player_restarts_stops_and_counts(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "/clips/" in request.url else None)
    begin(page, server)
    item = page.locator(".clips li")
    expect(item.locator(".play")).to_be_enabled()
    assert len(fetched) == 1
    heard = item.locator(".play").evaluate(LISTEN)
    assert heard == sorted(heard)
    assert 0 < max(heard) <= 1
    assert len(set(heard)) >= 3
    expect(item.locator(".heard")).to_be_visible()
    # Again from its beginning, without fetching it again; a second press stops it.
    item.locator(".play").click()
    expect(item).to_have_class("playing")
    item.locator(".play").click()
    expect(item).to_have_class("")
    assert len(fetched) == 1


def test_digits_are_the_values_of_a_scale_and_space_keeps_its_use(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    begin(page, server)
    forward(page, server, 1)
    ages = page.locator("input[type=radio]")
    ages.nth(1).focus()
    page.keyboard.press("Space")
    expect(ages.nth(1)).to_be_checked()
    page.keyboard.press("1")
    expect(ages.nth(0)).to_be_checked()
    forward(page, server, 4)
    if not page.locator("fieldset[data-kind=scale]").count():
        forward(page, server, 1)
    hear_all(page)
    steps = page.locator("fieldset[data-kind=scale] input")
    # As on a scale from 0.
    steps.evaluate_all("(steps) => steps.forEach((input, step) => { input.value = step; })")
    for digit in (3, 0):
        page.keyboard.press(str(digit))
        expect(steps.nth(digit)).to_be_checked()


PRESS = """(button) => new Promise((done) => {
    const item = button.closest("li"), pressed = performance.now();
    const now = () => performance.now() - pressed;
    const look = () => (item.className === "playing" || now() > 5000 ? done(now()) : setTimeout(look, 1));
    button.click();
    look();
})"""
"""Milliseconds from a press to the sound."""
ENABLED = """() => {
    const known = window.enabled = {};
    setInterval(() => document.querySelectorAll(".play").forEach((button, i) => {
        if (!button.disabled) known[i] ??= performance.now();
    }), 1);
}"""
"""Notes when each clip can be played."""


@pytest.fixture(scope="module")
def unlike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A test whose two conditions are of very different size as FLAC: noise, and a tone."""
    folder = tmp_path_factory.mktemp("unlike") / "test"
    rng, t = np.random.default_rng(1), np.arange(3 * 48_000) / 48_000
    for condition, sound in {"noise": rng.normal(0, 0.1, len(t)), "tone": 0.1 * np.sin(880 * t)}.items():
        for i in range(3):
            (folder / condition).mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / condition / f"{condition}{i}.wav", np.roll(sound, 999 * i), 48_000)
    block = {"kind": "prefer", "name": "which", "pairs": [["noise", "tone"]], "per_pair": 2, "ask": "Which?"}
    conditions = {name: {"folder": name} for name in ("noise", "tone")}
    design = example_design(conditions=conditions, blocks=[block], demographics=[])
    (folder / "survey.yaml").write_text(design.model_dump_json(exclude_none=True), "utf-8")
    with Server(rendered(folder)) as server:
        yield server


def test_only_one_clip_sounds(context: BrowserContext, unlike: Server) -> None:
    page = context.new_page()
    begin(page, unlike)
    forward(page, unlike, 1)
    first, second = page.locator(".clips li").all()
    first.locator(".play").click()
    expect(first).to_have_class("playing")
    second.locator(".play").click()
    expect(second).to_have_class("playing")
    expect(first).to_have_class("")
    expect(first.locator(".heard")).to_be_hidden()


def test_every_response_with_a_clip_is_as_every_other(context: BrowserContext, unlike: Server) -> None:
    page = context.new_page()
    heads: list[dict[str, str]] = []

    def keep(response: Response) -> None:
        if "/clips/" in response.url:
            heads.append(response.all_headers() | {"date": "", "bytes": str(len(response.body()))})

    def kept(count: int) -> bool:
        """Whether so many have come; the page may be told sooner than this process, which leaves it after."""
        tries = iter(range(1000))
        while len(heads) < count and next(tries, None) is not None:
            page.wait_for_timeout(10)
        return len(heads) >= count

    page.on("response", keep)
    begin(page, unlike)
    assert kept(1)
    for number in range(2):
        expect(
            page.locator(".play").last
        ).to_be_enabled()  # bodies are gone with the page that asked for them
        forward(page, unlike, 1)
        expect(page.locator(".play").last).to_be_enabled()
        assert kept(3 + 2 * number)
    assert int(heads[0]["bytes"]) > 200_000
    assert all(head == heads[0] for head in heads)


def test_over_a_slow_connection_nothing_tells_the_condition(context: BrowserContext, unlike: Server) -> None:
    """All clips of a page can be played at one moment, and sound as soon as they are pressed."""
    page = context.new_page()
    session = begin(page, unlike)
    network = context.new_cdp_session(page)
    page.add_init_script(f"({ENABLED})()")
    mbit_per_s = 1e6 / 8
    network.send("Network.enable")
    slow = {"offline": False, "latency": 40, "downloadThroughput": mbit_per_s, "uploadThroughput": mbit_per_s}
    network.send("Network.emulateNetworkConditions", slow)
    waits_ms: dict[str, list[float]] = {"noise": [], "tone": []}
    waits: list[list[float]] = []
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    for number in range(2):
        if number == 0:
            forward(page, unlike, 1)
        else:
            go_on(page)
            page.reload()
        bar = page.locator("#loading progress")
        expect(bar).to_be_visible()
        expect(bar).not_to_have_attribute("value", "0")
        expect(page.locator(".play").first).to_be_disabled()
        page.keyboard.press("Space")  # no key plays it sooner
        page.locator(".play:enabled").last.wait_for(timeout=30_000)
        expect(bar).to_be_hidden()
        moments = page.evaluate("Object.values(window.enabled)")
        assert len(moments) == 2 and max(moments) - min(moments) < 20
        page.locator(".play").last.evaluate(PRESS)  # the first sound wakes the card
        waits += [[button.evaluate(PRESS) for button in page.locator(".play").all()] for _ in range(4)]
        hear_all(page)
        choose(page)
    go_on(page)
    for row, times in zip(rows(unlike, session), (waits[:4], waits[4:]), strict=True):
        for i, clip in enumerate(row.clips):
            waits_ms[clip.condition] += [one[i] for one in times]
    noise, tone = (statistics.median(times) for times in waits_ms.values())
    assert abs(noise - tone) < 50 and max(noise, tone) < 200


def test_what_could_not_be_loaded_is_tried_again_and_no_more_spoken_of(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    begin(page, server)
    failed: list[Route] = []

    def fail(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route)
            route.fulfill(status=503)

    page.route("**/clips/*", fail)
    page.reload()
    expect(page.locator("#state")).to_contain_text("cannot be loaded")
    expect(page.locator(".play")).to_be_enabled()
    expect(page.locator("#state")).to_have_text("")
