"""A small test of MUSHRA, and a listener who takes it in a browser."""

from pathlib import Path
from typing import Any

import soundfile
from playwright.sync_api import Locator, Page

from tests.audio import media
from tests.survey.browsing import begin, forward
from tests.survey.example import Server, example_design
from tests.survey.serving.test_multi import SLIDER

CONDITIONS = ("sincerereal", "machinemade", "ruinedanchor")
CLIP_S = 0.9
PAGES = 2
RATE_HZ = 48_000


def written(folder: Path, **more: Any) -> Path:
    """Two pages of three conditions, not rendered yet."""
    for c, condition in enumerate(CONDITIONS[:2]):
        (folder / condition).mkdir(parents=True)
        for i in range(PAGES):
            # The generated ones are a little shorter: what all have is heard.
            audio = media.noise(CLIP_S - 0.1 * c, RATE_HZ, 10 * c + i)
            soundfile.write(folder / condition / f"item{i}.wav", audio[0], RATE_HZ)
    block: dict[str, Any] = {
        "kind": "multi",
        "name": "close",
        "reference": CONDITIONS[0],
        "conditions": CONDITIONS,
        "pages": PAGES,
        "question": SLIDER,
        **more,
    }
    conditions: dict[str, Any] = {name: {"folder": name} for name in CONDITIONS[:2]}
    conditions[CONDITIONS[2]] = {"folder": CONDITIONS[0], "lowpass_hz": 3500}
    design = example_design(conditions=conditions, blocks=[block], demographics=[])
    (folder / "survey.yaml").write_text(design.model_dump_json(exclude_none=True), "utf-8")
    return folder


def open_mushra(page: Page, server: Server) -> str:
    """Come to the first page of ratings; the public id of the session."""
    session = begin(page, server)
    forward(page, server, 1)
    page.locator(".play:enabled").last.wait_for(timeout=15_000)
    return session


def hear(item: Locator) -> None:
    """Play a clip for as long as it lasts, and let it go on."""
    if item.get_attribute("class") != "playing":
        item.locator(".play").click()
    item.locator(".heard").wait_for(timeout=15_000)


def rate_all(page: Page) -> None:
    for item in page.locator(".clips li").all():
        hear(item)
        if item.locator("fieldset").count():
            item.locator("input").click(position={"x": 40, "y": 20})
