"""The studio in a browser: from a press until the loop is told to sound, and until it sounds on its bar."""

from collections.abc import Iterator

import numpy as np
from playwright.sync_api import Page, sync_playwright
from tests.browsers import ARGS, CHROMIUM

from benchmarks.table import Row

TIMES = 40
_BEGUN = """async () => {
    globalThis.session = (await import("/static/play/play.js")).session;
    while (!session.state) await new Promise((wake) => setTimeout(wake, 50));
    // Asks for a loop on a voice; how many ms until it is told to sound, and until it sounds.
    globalThis.timed = async (key, ask) => {
        const last = () => session.engine?.voices.get(key).sounds.at(-1);
        const before = last();
        const began = performance.now();
        ask();
        while (!last() || last() === before) await new Promise((wake) => setTimeout(wake, 2));
        const told = performance.now();
        const sounds = told + (1000 * (last().at - session.engine.now)) / session.engine.context.sampleRate;
        // The next one is asked for at any place of a bar.
        await new Promise((wake) => setTimeout(wake, sounds - told + 1000 * Math.random()));
        return [told - began, sounds - began];
    };
}"""
_NEW = """() => timed(0, () => document.querySelector("[data-control='new loop']").click())"""
_MOVE = """([x, y]) => timed("xy", () => session.xy.move(x, y))"""


def ask_in_browser(link: str) -> Iterator[Row]:
    """Time new loops and moves on the XY pad while a loop plays; the corners hold loops of one model."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        page = browser.new_page()
        page.goto(link)
        page.goto(page.url + "#play")
        page.evaluate(_BEGUN)
        page.locator("[data-control='pad 1']").click()
        page.wait_for_function("() => session.engine?.voices.get(0).at(session.engine.now)")
        yield from _rows(page, "a new loop", _NEW, np.zeros((TIMES, 2)))
        yield from _rows(page, "a move on the XY pad", _MOVE, np.random.default_rng(0).random((TIMES, 2)))
        browser.close()


def _rows(page: Page, what: str, ask: str, places: np.ndarray) -> Iterator[Row]:
    spent = [page.evaluate(ask, place.tolist()) for place in places]
    for until, times in zip(("told to sound", "heard on the next bar"), np.transpose(spent), strict=True):
        median, most = np.quantile(times, [0.5, 0.95])
        yield Row(f"studio in a browser: {what}, {until}", f"{median:.0f} ms (95 %: {most:.0f} ms)")
