"""Pages with several rated clips: how they are drawn, what is shown of them, what is saved."""

import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from mixdream.survey.design.design import Design
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.serving.app import create_app
from mixdream.survey.serving.assign import draw_plan
from mixdream.survey.serving.plan import Page, questions_of
from mixdream.survey.storage.rows import Answer
from tests.survey.example import (
    CONDITIONS,
    ITEMS,
    SECRET_WORDS,
    answers_in,
    example_design,
    settings_for,
    write_rendered,
)
from tests.survey.walk import answer, consent, listen, seen, submission, walk

REAL, MODEL, ANCHOR = CONDITIONS
SLIDER = {
    "name": "quality",
    "ask": "How close is each?",
    "kind": "scale",
    "lowest": 0,
    "highest": 100,
    "part_labels": ["bad", "poor", "fair", "good", "excellent"],
}
MUSHRA: dict[str, Any] = {
    "kind": "multi",
    "name": "close",
    "reference": REAL,
    "conditions": list(CONDITIONS),
    "pages": 3,
    "question": SLIDER,
}
LIKERT = MUSHRA | {"reference": None, "question": {"name": "like", "ask": "How good?", "kind": "scale"}}
CLIPS = [
    Clip(f"{c}{i:015x}", condition, item, 2.0)
    for c, condition in enumerate(CONDITIONS)
    for i, item in enumerate(ITEMS)
]


def design_of(block: dict[str, Any]) -> Design:
    return example_design(blocks=[block], demographics=[])


def pages_of(block: dict[str, Any], number: int) -> list[Page]:
    plan = draw_plan(design_of(block), CLIPS, {}, number)
    return [page for page in plan if page.kind == "multi"]


@given(st.integers(0, 10_000))
def test_the_reference_is_open_and_hidden_among_one_item(number: int) -> None:
    pages = pages_of(MUSHRA, number)
    assert sorted(page.trial for page in pages) == [0, 1, 2]
    assert len({page.clips[0].item for page in pages}) == 3
    for page in pages:
        reference, *rated = page.clips
        assert page.reference and reference.condition == REAL and reference in rated
        assert {clip.condition for clip in rated} == set(CONDITIONS) and len(rated) == 3
        assert {clip.item for clip in page.clips} == {reference.item}
        names = [question.name for question in questions_of(design_of(MUSHRA), page)]
        assert names == ["rating_1", "rating_2", "rating_3"]
        assert [page.asked_about(name) for name in names] == [(1, 0), (2, 0), (3, 0)]
        assert Page.from_json(asdict(page)) == page
    assert pages == pages_of(MUSHRA, number)


def test_every_place_is_as_likely_for_the_hidden_reference() -> None:
    places = Counter(
        [clip.condition for clip in page.clips[1:]].index(REAL)
        for number in range(400)
        for page in pages_of(MUSHRA, number)
    )
    # Chi squared with 2 degrees of freedom: above 13.8 in one of a thousand.
    assert sum((places[place] - 400) ** 2 / 400 for place in range(3)) < 13.8


def test_without_a_reference_clips_are_of_any_item_or_of_one() -> None:
    apart = [page for number in range(10) for page in pages_of(LIKERT, number)]
    assert all({clip.condition for clip in page.clips} == set(CONDITIONS) for page in apart)
    assert any(len({clip.item for clip in page.clips}) > 1 for page in apart)
    for page in pages_of(LIKERT | {"same_item": True}, 0):
        assert len({clip.item for clip in page.clips}) == 1 and not page.reference
        assert page.asked_about("rating_2") == (1,)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rendered(tmp_path, example_design())
    return tmp_path


def rows(folder: Path) -> list[Answer]:
    with answers_in(folder) as store:
        return list(store.answers())


def test_each_clip_has_a_row_with_its_rating(folder: Path) -> None:
    got = []

    def keep(response: httpx.Response) -> None:
        got.append(f"{response.request.url} {response.headers}".encode() + response.read())

    with TestClient(create_app(settings_for(folder, design_of(MUSHRA)))) as client:
        client.event_hooks["response"].append(keep)
        pages = walk(client, lambda name, _values: str(10 * int(name[-1])))
        clips = [client.get(f"clips/{slot}").content for slot in pages[-1].slots]
    assert [len(page.slots) for page in pages] == [1, 4, 4, 4]
    # The open reference and the hidden one are one sound under two names.
    assert len(set(pages[-1].slots)) == 4 and len(set(clips)) == 3 and clips[0] in clips[1:]
    answers = rows(folder)
    assert len(answers) == 9
    for row in answers:
        place = int(row.question.removeprefix("rating_"))
        rated, reference = row.clips
        assert (row.block, row.kind, row.value, row.right) == ("close", "multi", str(10 * place), None)
        assert reference.condition == REAL and reference.item == rated.item
    for position in (1, 2, 3):
        on_page = [row for row in answers if row.position == position]
        assert {row.clips[0].condition for row in on_page} == set(CONDITIONS)
    for secret in SECRET_WORDS:
        assert not [response for response in got if secret.encode() in response.lower()]
    # A listener who heard a clip twice on a page used it once.
    with answers_in(folder) as store, store.reading() as connection:
        uses = connection.exec_driver_sql("SELECT clip, count(*) FROM uses GROUP BY session_id, clip").all()
    assert len(uses) == 9 and {count for _, count in uses} == {1}


def test_the_page_shows_a_rating_beside_each_clip(folder: Path) -> None:
    with TestClient(create_app(settings_for(folder, design_of(MUSHRA)))) as client:
        client.post("/start", json=consent()).raise_for_status()
        answer(client)
        text = client.get("/").text
    assert text.count("How close is each?") == 1 + 2 * 3  # above, and unseen for each slider
    items = text.split("<li ")[1:]
    assert [re.findall(r'<span class="label">(.+?)</span>', item) for item in items] == [
        ["Reference"],
        ["A"],
        ["B"],
        ["C"],
    ]
    assert ["<fieldset" in item for item in items] == [False, True, True, True]
    assert 'aria-label="B: How close is each?"' in items[2] and "<span>excellent</span>" in items[2]
    assert 'id="timeline"' in text and "Hear each clip at least as long" in text


def test_clips_of_different_music_are_not_switched_in_place(folder: Path) -> None:
    with TestClient(create_app(settings_for(folder, design_of(LIKERT)))) as client:
        client.post("/start", json=consent()).raise_for_status()
        answer(client)
        page = client.get("/").text
        assert 'id="timeline"' not in page and page.count('type="radio"') == 15
        while answer(client, lambda _name, values: values[3]):
            pass
    answers = rows(folder)
    assert [row.value for row in answers] == ["4"] * 9
    assert all(len(row.clips) == 1 for row in answers)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answers": {"rating_1": "5", "rating_2": "5"}}, "an answer is missing"),
        ({"answers": {f"rating_{i}": "101" for i in (1, 2, 3)}}, "not one of those that can be given"),
        ({"answers": {f"rating_{i}": "1" for i in (1, 2, 3, 4)}}, "1 answers are to questions"),
        ({"heard": [{"plays": 1, "heard_s": 0.5, "reached_end": True}] * 3}, "another number of clips"),
        ({"heard": [{"plays": 1, "heard_s": 0.2, "reached_end": True}] * 4}, "not heard to its end"),
        ({"heard": [{"plays": 1, "heard_s": 9.0, "reached_end": True}] * 4}, "more was heard of a clip"),
    ],
)
def test_what_is_not_taken(folder: Path, change: dict[str, Any], message: str) -> None:
    with TestClient(create_app(settings_for(folder, design_of(MUSHRA)))) as client:
        client.post("/start", json=consent()).raise_for_status()
        answer(client)
        page = seen(client.get("/").text)
        assert page is not None
        content = submission(page, listen(client, page)) | change
        response = client.post("/answers", json=content)
        assert response.status_code == 422 and message in response.json()["error"]
        assert rows(folder) == []
        # Clips that go round sound longer than they last, and begin again as often.
        content = submission(page, [2.0] * 4) | {"id": "0" * 32}
        content["heard"] = [{"plays": 4, "heard_s": 2.0, "reached_end": True}] * 4
        client.post("/answers", json=content).raise_for_status()
    assert len(rows(folder)) == 3
