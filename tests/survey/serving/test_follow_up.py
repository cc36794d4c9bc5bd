"""Questions that follow that of a trial: on its page, stored as another kind, in no result of the trial."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import BrowserContext, expect
from pydantic import ValidationError

from mixdream.survey.analysis.exclude import heard_s
from mixdream.survey.analysis.report import report_answers, report_block
from mixdream.survey.exporting.export import export
from mixdream.survey.exporting.read_rows import Gathered, read_export
from mixdream.survey.serving.app import create_app
from mixdream.survey.storage.rows import Answer
from tests.browsers import NEEDS_CHROMIUM
from tests.survey.browsing import go_on, rows
from tests.survey.example import (
    CONDITIONS,
    Server,
    answers_in,
    example_design,
    rendered,
    settings_for,
    write_rendered,
)
from tests.survey.serving.mushra import open_mushra, rate_all, written
from tests.survey.serving.test_multi import MUSHRA
from tests.survey.walk import answer, consent, listen, seen, submission

REAL, MODEL, _ = CONDITIONS
SURE: dict[str, Any] = {"name": "sure", "ask": "How sure are you?", "kind": "scale"}
WHY: dict[str, Any] = {"name": "why", "ask": "Why?", "kind": "text", "required": False}
HEARD: dict[str, Any] = {
    "name": "known",
    "ask": "Did you know it?",
    "options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}],
}
ASKED = {"ask": "Which?", "follow_up": [SURE, WHY, HEARD]}
BLOCKS: list[dict[str, Any]] = [
    {"kind": "detect", "name": "which", "trials": [[MODEL, REAL], [REAL, MODEL]], "practice": 1, **ASKED},
    {"kind": "prefer", "name": "better", "pairs": [[REAL, MODEL]], "per_pair": 2, "attention": 1, **ASKED},
    {"kind": "abx", "name": "same", "pairs": [[REAL, MODEL]], "per_pair": 2, **ASKED},
    MUSHRA | {"pages": 2, "follow_up": [SURE, WHY, HEARD]},
]
DESIGN = example_design(blocks=BLOCKS, demographics=[])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    write_rendered(tmp_path, DESIGN)
    yield tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(settings_for(folder, DESIGN))) as opened:
        opened.post("/start", json=consent()).raise_for_status()
        yield opened


def gathered(folder: Path) -> Gathered:
    with answers_in(folder) as store:
        return Gathered(list(store.answers()), store.sessions(), store.designs(), "x")


def test_they_are_asked_beside_every_trial_and_stored_apart(client: TestClient, folder: Path) -> None:
    own = {"which": "detect", "better": "prefer", "same": "abx"}
    asked = []
    while page := answer(client):
        asked.append(set(page.questions))
    trials = [names for names in asked if "sure" in names]
    assert len(trials) == 3 + 2 + 2 + 2 and all({"sure", "why", "known"} < names for names in trials)
    assert {"attention"} in asked, "of hidden items nobody is asked more"
    # Right are all trials of detect and abx, four; what followed them is not among them.
    assert " of 4." in client.get("/").text
    made = gathered(folder)
    for block, kind in own.items():
        counted = [
            row for row in made.rows if row.block == block and row.kind not in ("practice", "attention")
        ]
        assert {row.kind for row in counted if row.question == kind} == {kind}
        followed = [row for row in counted if row.question != kind]
        assert {row.kind for row in followed} == {"follow_up"}
        assert {row.right for row in followed} == {None}
        assert all(len(row.clips) >= 2 for row in followed)
    practised = [row for row in made.rows if row.kind == "practice"]
    assert {row.question for row in practised} == {"detect", "sure", "why", "known"}
    on_pages = [row for row in made.rows if row.block == "close" and row.kind == "follow_up"]
    assert len(on_pages) == 2 * 3 and not any(row.clips for row in on_pages)
    assert heard_s(made.rows) == heard_s([row for row in made.rows if row.kind != "follow_up"])


def test_one_that_must_be_answered_is(client: TestClient) -> None:
    answer(client)
    page = seen(client.get("/").text)
    assert page is not None
    content = submission(page, listen(client, page))
    short = content | {
        "answers": {name: value for name, value in content["answers"].items() if name != "sure"}
    }
    refused = client.post("/answers", json=short)
    assert refused.status_code == 422 and "an answer is missing" in refused.text
    del content["answers"]["why"]
    assert client.post("/answers", json=content).status_code == 200


def test_an_export_gives_them_back(client: TestClient, folder: Path, tmp_path: Path) -> None:
    while answer(client):
        pass
    with answers_in(folder) as store:
        export(store.answers(), store.sessions(), store.designs(), tmp_path / "export")
    assert read_export(tmp_path / "export").rows == gathered(folder).rows


def test_whoever_is_surer_when_right_is_found(client: TestClient, folder: Path) -> None:
    """Four listeners who are sure (5) of every right answer, and not (2) of a wrong one."""
    while answer(client):
        pass
    made: list[Answer] = []
    for listener in range(4):
        one = [replace(row, session=f"listener{listener}") for row in gathered(folder).rows]
        sure = {
            row.position: "5" if row.value == row.right else "2"
            for row in one
            if row.kind in ("detect", "abx")
        }
        for row in one:
            value = sure.get(row.position, "3") if row.question == "sure" else row.value
            made.append(replace(row, value=value))
    for block in DESIGN.blocks:
        report = report_block(block, made, DESIGN, block.name)
        means = next(section for section in report.sections if section.title == SURE["ask"])
        lines = {line["what"]: line for line in means.tables[0].rows}
        own = [
            row
            for row in made
            if row.block == block.name and row.kind == "follow_up" and row.question == "sure"
        ]
        assert lines["all"]["answers"] == len(own) and lines["all"]["listeners"] == 4
        assert lines["all"]["mean"] == pytest.approx(sum(float(row.value) for row in own) / len(own))
        for what, mean in (("after right answers", 5), ("after wrong answers", 2)):
            if what in lines:
                assert lines[what]["mean"] == mean
        known = next(section for section in report.sections if section.title == HEARD["ask"])
        assert [line["percent"] for line in known.tables[0].rows if line["what"] == "all"] == [100, 0]
        why = next(section for section in report.sections if section.title == WHY["ask"])
        assert set(why.texts) == {"a text"}
    seen_groups = {row.value == row.right for row in made if row.kind in ("detect", "abx")}
    assert seen_groups == {True, False}, "both kinds of answers were there"


def test_they_change_nothing_that_a_trial_has_shown(client: TestClient, folder: Path) -> None:
    while answer(client):
        pass
    made = gathered(folder)
    without = replace(made, rows=[row for row in made.rows if row.kind != "follow_up"])
    today = made.rows[0].saved.date()
    both = [report_answers(part, [], today) for part in (made, without)]
    assert [block.everyone for block in both[0].blocks] == [block.everyone for block in both[1].blocks]
    assert both[0].excluded == both[1].excluded


@pytest.mark.parametrize(
    ("block", "name"), [(0, "detect"), (1, "prefer"), (2, "abx"), (2, "attention"), (3, "rating_2")]
)
def test_names_of_the_trials_own_questions_are_refused(block: int, name: str) -> None:
    with pytest.raises(ValidationError, match="is a name of mixdream's own"):
        example_design(blocks=[BLOCKS[block] | {"follow_up": [SURE | {"name": name}]}], demographics=[])
    with pytest.raises(ValidationError, match="follow_up has 'sure' twice"):
        example_design(blocks=[BLOCKS[block] | {"follow_up": [SURE, SURE]}], demographics=[])


@NEEDS_CHROMIUM
def test_below_ratings_they_open_when_every_clip_was_heard(context: BrowserContext, tmp_path: Path) -> None:
    folder = written(tmp_path / "test", follow_up=[SURE, WHY])
    with Server(rendered(folder)) as server:
        page = context.new_page()
        session = open_mushra(page, server)
        sure = page.locator("fieldset[data-question=sure]")
        expect(sure.locator("input:enabled")).to_have_count(0)
        rate_all(page)
        expect(page.locator("#next")).to_be_disabled()
        sure.locator("label").nth(3).click()
        page.locator("fieldset[data-question=why] textarea").fill("it rang")
        go_on(page)
        values = {row.question: row.value for row in rows(server, session) if row.kind == "follow_up"}
        assert values == {"sure": "4", "why": "it rang"}
        assert len([row for row in rows(server, session) if row.kind == "multi"]) == 3
