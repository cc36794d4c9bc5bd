import json
import re
from pathlib import Path

import numpy as np
import pytest
import typer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from mixdream.cli import survey_analyse
from mixdream.errors import InputError
from mixdream.survey.exporting.export import export
from mixdream.survey.exporting.read_rows import read_export
from mixdream.survey.serving.app import create_app
from tests.survey.analysis.simulate import simulate
from tests.survey.example import answers_in, example_design, settings_for, write_rendered
from tests.survey.walk import answer, consent, walk

app = typer.Typer()
app.command()(survey_analyse.export)
app.command()(survey_analyse.analyse)


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    whole = simulate(6, np.random.default_rng(1), careless=0, unfinished=0)
    folder = tmp_path_factory.mktemp("commands") / "export"
    rows = [row for row in whole.rows if row.block == "detect"]
    export(rows, whole.sessions, whole.designs, folder)
    return folder


def test_an_export_is_analysed(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("session,rule,date\ns0001,knew me,2030-05-01\n", "utf-8")
    report = json.loads(
        run("analyse", exported, "--exclude", tmp_path / "own.csv", "-o", tmp_path / "r", "--json")
    )
    assert report["facts"]["listeners"] == 5 and Path(report["page"]).is_file()
    assert json.loads((tmp_path / "r" / "report.json").read_text("utf-8"))["blocks"] == report["blocks"]


def test_counts_are_printed_and_written(tmp_path: Path) -> None:
    text = run("analyse", "--counts", "thesis", "-o", tmp_path / "r")
    assert "49.64  41.26 to 58.01" in text and "note: The totals add up to 447" in text
    assert (
        (tmp_path / "r" / "tables" / "counts-totals.csv")
        .read_text("utf-8")
        .startswith("label,n,percent,wald_low")
    )
    assert not (tmp_path / "r" / "exclusions.csv").exists()


def test_wrong_options_are_told(exported: Path, tmp_path: Path) -> None:
    for arguments, message in (
        (["analyse"], "give either the folder of a test"),
        (["analyse", exported, "--counts", "thesis"], "give either the folder of a test"),
        (["analyse", "--counts", "thesis", "--design", "ab"], "do not go with it"),
        (["analyse", tmp_path], r"answers\.sqlite is missing"),
        (["export", tmp_path, "-o", tmp_path / "e"], r"answers\.sqlite is missing"),
    ):
        with pytest.raises(InputError, match=message):
            run(*arguments)


def test_a_served_test_is_exported_and_analysed(tmp_path: Path) -> None:
    design = example_design()
    write_rendered(tmp_path, design)
    app_ = create_app(settings_for(tmp_path, design))
    for _ in range(2):
        with TestClient(app_) as client:
            walk(client, lambda name, values: values[0] if values else f"=1+1 {name}")
    with TestClient(app_) as client:
        client.post("/start", json=consent())
        for _ in range(4):
            answer(client)

    text = run("export", tmp_path, "-o", tmp_path / "e")
    assert re.search(r"\d\d answers of 3 sessions", text)
    with answers_in(tmp_path) as store:
        back = read_export(tmp_path / "e")
        assert (back.rows, back.sessions) == (list(store.answers()), store.sessions())
        assert back.designs == store.designs()
    assert "'=1+1 remark" in (tmp_path / "e" / "answers.csv").read_text("utf-8")

    reports = [
        json.loads(run("analyse", source, "-o", tmp_path / f"r-{name}", "--json"))
        for name, source in (("served", tmp_path), ("exported", tmp_path / "e"))
    ]
    for report in reports:
        assert report["facts"]["finished"] == 2 and report["facts"]["answered_something"] == 3
        assert "unfinished" in {excluded["rule"] for excluded in report["excluded"]}
    served, exported = (
        {**report, "facts": None, "page": None, "files": [*report["files"]]} for report in reports
    )
    assert served == exported
