"""Every kind of page, of listeners and of researchers, before axe-core: it finds nothing to blame."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mixdream.survey.analysis.report import report_answers
from mixdream.survey.analysis.report_page import write_report
from tests.browsers import NEEDS_CHROMIUM
from tests.survey.analysis.simulate import simulate
from tests.survey.browsing import begin, forward, position
from tests.survey.example import CONDITIONS, Server, example_design, rendered, write_test
from tests.survey.serving.test_follow_up import HEARD, SURE, WHY
from tests.survey.serving.test_multi import LIKERT, MUSHRA

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = NEEDS_CHROMIUM
QUESTIONS = "(all) => all.map((one) => one.dataset.question)"
PREFER = {
    "kind": "prefer",
    "name": "better",
    "pairs": [CONDITIONS[:2]],
    "per_pair": 1,
    "practice": 1,
    "ask": "Which is better?",
    "follow_up": [SURE, WHY, HEARD],
}
LOADED_MS = 60_000  # for clips that come from a machine that is busy


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A test with every kind of page."""
    own = [block.model_dump(mode="json", exclude_none=True) for block in example_design().blocks]
    several = MUSHRA | {"pages": 1, "follow_up": [SURE]}, LIKERT | {"name": "several", "pages": 1}
    design = example_design(headphones={"trials": 1, "pass_mark": 1}, blocks=[*own, PREFER, *several])
    folder = tmp_path_factory.mktemp("everything") / "test"
    with Server(rendered(write_test(folder, design))) as server:
        yield server


def blamed(page: Page) -> list[str]:
    """Rules of axe-core that a page breaks, and where; contrast in the dark, too."""
    found: list[Any] = []
    for scheme, options in (("light", None), ("dark", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += axe.Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def test_what_has_faults_is_blamed(context: BrowserContext) -> None:
    page = context.new_page()
    page.set_content(
        "<title>x</title><main><h1>x</h1><input><p style='color:#aaa;background:#fff'>grey</p></main>"
    )
    rules = {line.partition(":")[0] for line in blamed(page)}
    assert rules >= {"color-contrast", "html-has-lang", "label"}


def test_pages_of_listeners(context: BrowserContext, everything: Server) -> None:
    page = context.new_page()
    page.goto(everything.url)
    found = {"consent": blamed(page)}
    begin(page, everything)
    kinds = set()
    while (number := position(page)) is not None:
        if page.locator(".clips").count():
            expect(page.locator("#loading")).to_be_hidden(timeout=LOADED_MS)
        asked = ",".join(
            page.locator("fieldset").evaluate_all("(all) => all.map((one) => one.dataset.question)")
        )
        if asked not in kinds:
            kinds.add(asked)
            found[f"{number} {asked}"] = blamed(page)
        if "headphones" in asked:
            link = str(page.locator("a.whole").text_content())
        forward(page, everything, 1)
        if page.locator("main").get_attribute("data-kind") != "page":
            break
    found["last"] = blamed(page)
    page.goto(link.replace("/s/", "/withdraw/"))
    found["withdraw"] = blamed(page)
    page.goto(f"{everything.url}nowhere")
    found["lost"] = blamed(page)
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_pages_of_researchers(context: BrowserContext, everything: Server, tmp_path: Path) -> None:
    token = (everything.folder / "progress-token").read_text("utf-8").strip()
    report = report_answers(simulate(40, np.random.default_rng(0)), [], date(2030, 6, 1))
    written, _ = write_report(tmp_path, report)
    own = f"{everything.url}progress/{token}"
    found, page = {}, context.new_page()
    for address in (own, f"{own}/results", written.as_uri()):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        found[address] = blamed(page)
    assert {name: lines for name, lines in found.items() if lines} == {}
