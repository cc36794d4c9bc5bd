"""Trials that do not count: they come first, say what was right, and are in no result."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mixdream.errors import InputError
from mixdream.survey.analysis.exclude import heard_s
from mixdream.survey.analysis.report import report_answers
from mixdream.survey.design.design import Design
from mixdream.survey.exporting.read_rows import Gathered
from mixdream.survey.rendering.check_clips import check_clips
from mixdream.survey.rendering.clips import read_clips
from mixdream.survey.serving.app import create_app
from mixdream.survey.serving.assign import draw_plan
from mixdream.survey.storage.rows import Answer
from tests.survey.example import CONDITIONS, answers_in, example_design, settings_for, write_rendered
from tests.survey.serving.test_assign import clips_of
from tests.survey.serving.test_multi import LIKERT, MUSHRA
from tests.survey.walk import answer, consent

REAL, MODEL, ANCHOR = CONDITIONS
ABX: dict[str, Any] = {
    "kind": "abx",
    "name": "abx",
    "pairs": [[REAL, MODEL], [REAL, ANCHOR]],
    "per_pair": 1,
    "ask": "Which?",
    "practice": 3,
}
DETECT = {
    "kind": "detect",
    "name": "which",
    "trials": [[MODEL, REAL], [REAL, MODEL]],
    "ask": "Which?",
    "practice": 1,
}


def design_of(*blocks: dict[str, Any]) -> Design:
    return example_design(blocks=list(blocks), demographics=[])


def test_practice_comes_first_and_with_clips_of_its_own() -> None:
    design = design_of(ABX | {"attention": 1}, DETECT)
    for number in range(20):
        pages = [page for page in draw_plan(design, clips_of(8), {}, number) if page.block == "abx"]
        assert [page.practice for page in pages] == [True] * 3 + [False] * 3
        pairs = [{clip.condition for clip in page.clips} for page in pages[:3]]
        assert pairs == [{REAL, MODEL}, {REAL, ANCHOR}, {REAL, MODEL}]
        practised, counted = ({c.id for page in part for c in page.clips} for part in (pages[:3], pages[3:]))
        assert not practised & counted
    # Without it the plan is what it was.
    plain, with_practice = (
        [
            page
            for page in draw_plan(design_of(ABX | {"practice": number}), clips_of(8), {}, 5)
            if page.block and not page.practice
        ]
        for number in (0, 3)
    )
    assert plain == with_practice


def test_practice_needs_clips_of_its_own() -> None:
    message = "block abx wants 3 of sincerereal and machinemade, there are 2 clips in each: lower per_pair"
    with pytest.raises(InputError, match=message):
        check_clips(design_of(ABX), clips_of(2))
    check_clips(design_of(ABX), clips_of(3))
    for block, items in ((DETECT, 3), (MUSHRA | {"practice": 1}, 4), (LIKERT | {"practice": 2}, 5)):
        check_clips(design_of(block), clips_of(items))
        with pytest.raises(InputError, match=f"block {block['name']} wants"):
            check_clips(design_of(block), clips_of(items - 1))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    write_rendered(tmp_path, example_design())
    yield tmp_path


def rows(folder: Path) -> list[Answer]:
    with answers_in(folder) as store:
        return list(store.answers())


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_was_right_is_said_once_and_after_a_reload(folder: Path, language: str) -> None:
    words = {
        "en": ("Practice: this does not count", "Right: A.", "Not quite: it was B.", "From now on it counts"),
        "de": (
            "Übung: Das zählt noch nicht",
            "Richtig: A.",
            "Nicht ganz: Es war B.",
            "Von jetzt an zählt es",
        ),
    }
    practice, right, wrong, over = words[language]
    with TestClient(create_app(settings_for(folder, design_of(ABX)))) as client:
        client.post("/start", json=consent(language)).raise_for_status()
        answer(client)
        shown = client.get("/").text
        assert practice in shown and over not in shown and 'class="note"' in shown
        for number in range(3):
            answer(client)  # always A
            page = client.get("/").text
            assert client.get("/").text == page
            given = rows(folder)[-1]
            assert (right in page) == (given.right == "first") and (wrong in page) == (
                given.right == "second"
            )
            assert (practice in page) == (number < 2) and (over in page) == (number == 2)
        answer(client)
        page = client.get("/").text
        assert not [said for said in words[language] if said in page]


def test_mushra_says_which_one_the_reference_was(folder: Path) -> None:
    with TestClient(create_app(settings_for(folder, design_of(MUSHRA | {"practice": 1})))) as client:
        client.post("/start", json=consent()).raise_for_status()
        answer(client)
        answer(client, lambda name, _values: {"1": "11", "2": "22", "3": "33"}[name[-1]])
        page = client.get("/").text
        answers = rows(folder)
        (place,) = [row.question[-1] for row in answers if row.clips[0].condition == REAL]
        letter, value = "ABC"[int(place) - 1], 11 * int(place)
        assert f"The reference was {letter}; you gave it {value}." in page
    assert {row.kind for row in answers} == {"practice"}


def test_practice_is_in_no_result(folder: Path) -> None:
    design = design_of(ABX, MUSHRA | {"pages": 2, "practice": 1}, DETECT | {"practice": 2})
    with TestClient(create_app(settings_for(folder, design))) as client:
        client.post("/start", json=consent()).raise_for_status()
        while answer(client):
            pass
        # Of two abx and two detect trials, as said at the end.
        assert " of 4." in client.get("/").text
    with answers_in(folder) as store:
        made = Gathered(list(store.answers()), store.sessions(), store.designs(), "x")
        with store.reading() as connection:
            uses = connection.exec_driver_sql("SELECT count(*) FROM uses").scalar()
    assert uses == 2 * 2 + 2 * 3 + 2 * 2
    practised = [row for row in made.rows if row.kind == "practice"]
    assert len(practised) == 3 + 3 + 2 and {row.trial for row in practised} == {-1}
    counted = [row for row in made.rows if row.kind != "practice"]
    assert heard_s(made.rows) == heard_s(counted)
    # This listener is left out, being faster than sound: the sentences are those of everyone.
    report = report_answers(made, [], made.rows[0].saved.date())
    assert [block.everyone.split(",")[1][:10] for block in report.blocks] == [
        " 2 answers",
        " 6 answers",
        " 2 answers",
    ]
    assert {clip.id for clip in read_clips(folder)} >= {clip.clip for row in practised for clip in row.clips}
