"""What the pages say, in every language and in the design's own words."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from pydantic import ValidationError

from mixdream.survey.design.design import Design
from mixdream.survey.design.words import WORDS
from mixdream.survey.serving.app import create_app
from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.survey.browsing import begin, go_on, hear_all
from tests.survey.example import (
    CONDITIONS,
    Server,
    example_design,
    rendered,
    settings_for,
    write_rendered,
    write_test,
)
from tests.survey.walk import answer, consent

Open = Callable[[Design], TestClient]
SCALE = {"name": "q", "ask": "?", "kind": "scale", "lowest_label": "רע", "highest_label": "טוב"}
RTL_BLOCKS = [
    {"kind": "rate", "name": "r", "conditions": CONDITIONS[:1], "per_condition": 1, "questions": [SCALE]}
]


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[Open]:
    """A browser at a test of a design."""
    write_rendered(tmp_path, example_design())
    clients = []

    def opened(design: Design) -> TestClient:
        clients.append(TestClient(create_app(settings_for(tmp_path, design))))
        return clients[-1].__enter__()

    yield opened
    for client in clients:
        client.__exit__()


def test_all_languages_say_the_same_things() -> None:
    for words in WORDS.values():
        assert words.keys() == WORDS["en"].keys()
        for name, text in WORDS["en"].items():
            assert re.findall(r"{\w+}", words[name]) == re.findall(r"{\w+}", text)


def test_every_word_can_be_the_designs_own_and_right_to_left(open_client: Open) -> None:
    texts = {"title": "מבחן", "consent": "שלום", "volume": "כוונו", "withdrawal": "אפשר למחוק"}
    words = {"he": {"agree": "אני מסכים", "page_of": "עמוד {page} מתוך {pages}"}, "en": {"save": "Store it"}}
    client = open_client(
        example_design(
            languages=["en", "he"],
            words=words,
            demographics=[],
            **{name: {"en": "x", "he": text} for name, text in texts.items()},
            blocks=[
                {"kind": "ask", "name": "last", "questions": [{"name": "r", "ask": "?", "kind": "text"}]}
            ],
        )
    )
    page = client.get("/?language=he").text
    assert '<html lang="he" dir="rtl">' in page and "אני מסכים" in page
    client.post("/start", json=consent("he"))
    page = client.get("/").text
    assert "עמוד 1 מתוך 2" in page and "Next" in page  # English where nobody gave another word
    other = open_client(example_design(words=words))
    assert 'dir="rtl"' not in other.get("/").text
    other.post("/start", json=consent())
    answer(other)
    assert "Store it" in other.get("/").text


def test_steps_of_a_scale_can_have_labels(open_client: Open) -> None:
    labels = ["bad", "poor", "fair", "good", {"en": "excellent", "de": "ausgezeichnet"}]
    question = {"name": "q", "ask": "How good?", "kind": "scale", "step_labels": labels}
    client = open_client(
        example_design(demographics=[], blocks=[{"kind": "ask", "name": "last", "questions": [question]}])
    )
    client.post("/start", json=consent("de"))
    answer(client)
    page = client.get("/").text
    assert re.findall(r"<span>(\d)<small>(\w+)</small>", page) == [
        ("1", "bad"),
        ("2", "poor"),
        ("3", "fair"),
        ("4", "good"),
        ("5", "ausgezeichnet"),
    ]


def test_every_word_is_used() -> None:
    package = Path(create_app.__code__.co_filename).parent
    files = [path for kind in ("*.py", "templates/*", "static/*.js") for path in package.glob(kind)]
    said = set(re.findall(r"\w+", "".join(path.read_text("utf-8") for path in files)))
    said |= {"tone_1", "tone_2", "tone_3"}
    said |= {
        f"{name}_{part}"
        for name in ("late", "lost", "failed", "screened", "full")
        for part in ("title", "text")
    }
    assert WORDS["en"].keys() - said == set()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"en": {"sav": "x"}}, "there is no word 'sav'; the nearest is save"),
        ({"en": {"page_of": "page {page}"}}, "'page_of' must have {page} and {pages}"),
        ({"de": {"save": "{x}"}}, "'save' must have nothing in braces"),
    ],
)
def test_wrong_words_are_named(words: dict[str, dict[str, str]], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        example_design(words=words)


@pytest.mark.parametrize("labels", [["a"], ["a"] * 6, ["a"] * 4])
def test_step_labels_are_one_a_step(labels: list[str]) -> None:
    asked = {"name": "q", "ask": "?", "kind": "scale", "step_labels": labels}
    with pytest.raises(ValidationError, match="one for each step"):
        example_design(blocks=[{"kind": "ask", "name": "last", "questions": [asked]}])


@pytest.fixture(scope="module")
def hebrew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A test in Hebrew that is served."""
    texts = {name: {"he": "שלום לכולם"} for name in ("title", "consent")}
    design = example_design(languages=["he"], demographics=[], **texts, blocks=RTL_BLOCKS)
    with Server(rendered(write_test(tmp_path_factory.mktemp("hebrew") / "test", design))) as server:
        yield server


@NEEDS_CHROMIUM
@pytest.mark.parametrize("phone", [False, True])
def test_pages_are_laid_out_from_right_to_left(hebrew: Server, browser: Browser, phone: bool) -> None:
    context = browser.new_context(**(PHONE if phone else {"viewport": {"width": 900, "height": 800}}))
    page = context.new_page()
    begin(page, hebrew)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    button, label = (page.locator(one).bounding_box() for one in (".play", ".clips .label"))
    assert button is not None and label is not None and button["x"] > label["x"] + label["width"]
    # The direction stays when the next page takes its place.
    hear_all(page)
    go_on(page)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    first, last = (page.locator(".option").nth(i).bounding_box() for i in (0, 4))
    assert first is not None and last is not None
    assert first["x"] > last["x"] or first["y"] < last["y"]
    context.close()
