"""The researcher's pages while a test runs: counts, and interim results that name and judge nobody."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fastapi.testclient import TestClient

from mixdream.survey.analysis.interim import FEWEST, interim_results
from mixdream.survey.analysis.report import report_answers
from mixdream.survey.serving.app import create_app
from tests.survey.analysis.simulate import simulate
from tests.survey.analysis.test_report import TODAY
from tests.survey.example import answers_in, example_design, settings_for
from tests.survey.serving.conftest import Open
from tests.survey.walk import consent, walk


def test_figures_are_those_of_the_report_and_nobodys_own() -> None:
    gathered = simulate(60, np.random.default_rng(2))
    this, design = gathered.designs[-1]
    made = interim_results(gathered, this, TODAY)
    report = report_answers(gathered, [], TODAY)
    assert made["listeners"] == report.facts["listeners"]
    assert made["not_counted"] == report.facts["left_out"] > 0
    measures = {(block.name, measure.name): measure for block in report.blocks for measure in block.measures}
    assert {name for name, _ in measures} == {block.name for block in design.blocks if block.kind != "ask"}
    assert len(made["figures"]) == len(measures)
    for figure in made["figures"]:
        measure = measures[figure["block"], figure["what"]]
        value, interval = measure.estimate
        assert interval is not None
        assert (figure["value"], figure["low"], figure["high"]) == (value, *interval)
        assert figure["listeners"] == len(measure.means)
    said = json.dumps(made)
    assert not [row.session for row in gathered.rows if row.session in said]
    assert "p_holm" not in said and "shown" not in said


def test_figures_of_few_listeners_are_not_shown() -> None:
    gathered = simulate(60, np.random.default_rng(2))
    this = gathered.designs[-1][0]
    counted = {visit.session for visit in gathered.sessions if visit.finished}
    for number in (FEWEST - 1, FEWEST + 20):
        some = set(sorted(counted)[:number])
        few = replace(
            gathered,
            rows=[row for row in gathered.rows if row.session in some],
            sessions=[visit for visit in gathered.sessions if visit.session in some],
        )
        made = interim_results(few, this, TODAY)
        assert bool(made["figures"]) == (number >= FEWEST)
        assert all(figure["listeners"] >= FEWEST for figure in made["figures"])


def link_of(folder: Path) -> str:
    return (folder / "progress-token").read_text("utf-8").strip()


def test_interim_results_are_behind_the_researchers_link(folder: Path) -> None:
    with TestClient(create_app(settings_for(folder, example_design()))) as client:
        walk(client)
        token = link_of(folder)
        shown = client.get(f"/progress/{token}")
        assert f'href="{token}/results"' in shown.text
        page = client.get(f"/progress/{token}/results").text
        assert "Interim results" in page and "decide beforehand how many" in page
        # One listener, whose answers came faster than sound.
        assert "None yet." in page
        with answers_in(folder) as store:
            (session,) = store.sessions()
        assert session.session not in page and "a text" not in page
        made = client.get(f"/progress/{token}/results/json").json()
        assert made["interim"] and made["figures"] == [] and made["not_counted"] == 1
        for path in ("/progress/x/results", f"/progress/{token[:-1]}/results/json"):
            refused = client.get(path)
            assert refused.status_code == 404 and "sincerereal" not in refused.text
        # Whoever listens is told nothing of it.
        assert "results" not in client.get("/").text


def test_they_are_found_once_a_minute_at_most(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1000.0]
    monkeypatch.setattr("mixdream.survey.serving.interim.time", SimpleNamespace(monotonic=lambda: moment[0]))
    calls: list[int] = []

    def found(*_: object) -> dict[str, list[int]]:
        calls.append(1)
        return {"figures": []}

    monkeypatch.setattr("mixdream.survey.analysis.interim.interim_results", found)
    with TestClient(create_app(settings_for(folder, example_design()))) as client:
        path = f"/progress/{link_of(folder)}/results/json"
        for later, times in ((0.0, 1), (30.0, 1), (61.0, 2)):
            moment[0] = 1000.0 + later
            assert client.get(path).status_code == 200
            assert len(calls) == times


def test_quota_screened_out_and_completion_are_counted(folder: Path) -> None:
    design = example_design(
        panel={"quota": 2},
        demographics=[
            {
                "name": "age",
                "ask": "?",
                "options": [
                    {"value": "young", "label": "under 18", "screens_out": True},
                    {"value": "older", "label": "from 18"},
                ],
            }
        ],
    )

    def choose(name: str, values: list[str]) -> str:
        return values[-1] if values else "a text"

    with TestClient(create_app(settings_for(folder, design))) as client:
        path = f"/progress/{link_of(folder)}/json"
        walk(client)  # under 18
        numbers = client.get(path).json()
        assert numbers["listeners"] == {
            "started": 1,
            "finished": 0,
            "listening": 0,
            "left": 0,
            "screened_out": 1,
        }
        assert numbers["completed_percent"] is None and numbers["quota"] == 2
        for _ in range(2):
            client.cookies.clear()
            walk(client, choose)
        numbers = client.get(path).json()
        assert numbers["listeners"]["finished"] == 2 and numbers["completed_percent"] == 100
        assert "<dt>quota</dt><dd>2</dd>" in client.get(path.removesuffix("/json")).text
        client.cookies.clear()
        assert client.post("/start", json=consent()).status_code == 410


def test_progress_is_for_whoever_has_the_link(open_client: Open, folder: Path) -> None:
    client = open_client()
    walk(client)
    open_client().post("/start", json=consent())
    token = (folder / "progress-token").read_text("utf-8").strip()
    assert (folder / "progress-token").stat().st_mode & 0o777 == 0o600
    assert len(token) >= 32
    page = client.get(f"/progress/{token}")
    assert page.status_code == 200
    assert "sincerereal" in page.text
    numbers = client.get(f"/progress/{token}/json").json()
    assert numbers["listeners"] == {"started": 2, "finished": 1, "listening": 1, "left": 0, "screened_out": 0}
    assert [(day["started"], day["finished"]) for day in numbers["days"]] == [(2, 1)]
    for wrong in ("x", token[:-1], f"{token}x", "%C3%A9"):
        for path in (f"/progress/{wrong}", f"/progress/{wrong}/json"):
            response = client.get(path)
            assert response.status_code == 404
            assert "sincerereal" not in response.text
