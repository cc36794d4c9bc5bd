import csv
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.survey.analysis.detect import to_counts
from mixdream.survey.analysis.exclude import Excluded
from mixdream.survey.analysis.report import report_answers, report_counts
from mixdream.survey.analysis.report_page import to_json, write_report
from mixdream.survey.analysis.scores import read_counts
from mixdream.survey.design.blocks import Detect
from mixdream.survey.design.design import Design
from mixdream.survey.exporting.read_rows import Gathered
from tests.survey.analysis.simulate import DESIGN, simulate, simulated_design

TODAY = date(2030, 6, 1)


def report(gathered: Gathered, *own: Excluded, design: str | None = None) -> dict[str, Any]:
    return to_json(report_answers(gathered, own, TODAY, design))


def tables(content: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Rows of all tables by name."""
    rows_of: dict[str, list[dict[str, Any]]] = {}
    for block in content["blocks"]:
        for section in (*block["sections"], *block["breakdowns"]):
            rows_of |= {table["name"]: table["rows"] for table in section["tables"]}
    for section in (*content["listeners"], *content["care"]):
        rows_of |= {table["name"]: table["rows"] for table in section["tables"]}
    return rows_of


@pytest.fixture(scope="module")
def gathered() -> Gathered:
    return simulate(200, np.random.default_rng(3))


@pytest.fixture(scope="module")
def written(gathered: Gathered, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("report")
    made = report_answers(gathered, [], TODAY)
    write_report(folder, made)
    return folder, json.loads((folder / "report.json").read_text("utf-8"))


def test_known_ears_are_found(written: tuple[Path, dict[str, Any]]) -> None:
    rows = tables(written[1])
    d_prime, bias = rows["1-detect-signal-detection"]
    # 0.5, and 0.3 more for a third of the listeners; the criterion was shifted by 0.2, and by the 0.3.
    assert d_prime["by_listener"]["low"] < 0.6 < d_prime["by_listener"]["high"]
    assert d_prime["two_way"]["low"] > 0.3
    assert bias["two_way"]["low"] < 0.2 < bias["two_way"]["high"]
    inverted, gan, both = rows["3-abx-right"]
    assert inverted["d_prime_interval"]["low"] == 0 and inverted["p_holm"] > 0.05
    assert gan["d_prime_interval"]["low"] < 1.0 < gan["d_prime_interval"]["high"] and gan["p_holm"] < 0.05
    assert both["answers"] == inverted["answers"] + gan["answers"]
    pairs = {row["pair"]: row for row in rows["2-prefer-preferred"]}
    assert pairs["real over gan"]["p_holm"] < 0.001 and pairs["real over gan"]["by_listener"]["low"] > 50
    assert 0 < pairs["gan over flow"]["ties"] < pairs["gan over flow"]["answers"]
    assert [row["condition"] for row in rows["2-prefer-bradley-terry"]] == ["real", "flow", "gan"]
    means = {row["condition"]: row for row in rows["4-quality-quality"]}
    assert means["flow"]["by_listener"]["low"] < 3.2 < means["flow"]["by_listener"]["high"]
    assert means["real"]["two_way"]["low"] < means["real"]["by_listener"]["low"]
    differences = {row["pair"]: row for row in rows["4-quality-quality-differences"]}
    interval = differences["inverted − gan"]["by_listener"]
    assert interval["low"] < 0.8 < interval["high"]


def test_with_and_without_those_left_out(written: tuple[Path, dict[str, Any]]) -> None:
    folder, content = written
    assert content["blocks"][0]["with_everyone"].startswith("200 listeners, 600 answers")
    facts = content["facts"]
    assert (facts["answered_something"], facts["left_out"], facts["listeners"]) == (200, 21, 179)
    with (folder / "exclusions.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len({line["session"] for line in lines}) == 21
    assert {line["rule"] for line in lines} == {"unfinished", "wrong_attention", "heard_too_little"}
    by_rule = {row["rule"]: row["listeners"] for row in tables(content)["exclusions-by-rule"]}
    assert by_rule["unfinished"] == sum(line["rule"] == "unfinished" for line in lines)


def test_thesis_tables_come_from_rows_too(gathered: Gathered, written: tuple[Path, dict[str, Any]]) -> None:
    rows = tables(written[1])
    for question in (1, 2, 3):
        choices = rows[f"1-detect-question-{question}-choices"]
        scores = rows[f"1-detect-question-{question}-scores"]
        assert sum(row["n"] for row in choices[:4]) == sum(row["n"] for row in scores) == 179
    points = sum(points * row["n"] for points, row in enumerate(rows["1-detect-totals"]))
    by_question = sum(
        score * row["n"]
        for question in (1, 2, 3)
        for score, row in enumerate(rows[f"1-detect-question-{question}-scores"])
    )
    assert points == by_question


def test_breakdowns_add_up(written: tuple[Path, dict[str, Any]]) -> None:
    rows = tables(written[1])
    for question in ("age", "training", "hours"):
        assert sum(row["listeners"] for row in rows[f"1-detect-by-{question}"]) == 179
    assert sum(row["n"] for row in rows["listeners-age"]) == rows["listeners-hours"][0]["listeners"] == 179
    by_training = {row["group"]: row["value_1"] for row in rows["1-detect-by-training"]}
    assert by_training["It is my profession"] > by_training["None"]


def test_the_page_needs_nothing_and_runs_nothing(written: tuple[Path, dict[str, Any]]) -> None:
    page = (written[0] / "index.html").read_text("utf-8")
    assert "default-src 'none'" in page
    assert not re.findall(r"(?:src|href|srcset)=\"(?!data:image/svg)", page)
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Thanks &amp; bye &lt;b&gt;" in page and "ganz gut, 音楽" in page
    assert "nan" not in re.findall(r"[a-z]+", page) and "None" not in re.findall(r"<td[^>]*>(\w+)</td>", page)


def test_every_chart_is_described_and_well_formed(written: tuple[Path, dict[str, Any]]) -> None:
    folder, content = written
    page = (folder / "index.html").read_text("utf-8")
    described = re.findall(r'<img src="data:[^"]+" alt="([^"]+)">', page)
    charts = [path for path in content["files"] if path.startswith("figures/")]
    assert len(described) == len(charts) > 10
    assert any(text.startswith("Total scores, n = 179, % of listeners: 0 ") for text in described)
    for path in charts:
        ElementTree.fromstring((folder / path).read_bytes())
    assert {path for path in content["files"] if path.startswith("tables/")} == {
        f"tables/{name}.csv" for name in tables(content)
    }


def test_tables_are_the_same_in_csv(written: tuple[Path, dict[str, Any]]) -> None:
    folder, content = written
    with (folder / "tables" / "4-quality-quality.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    for line, row in zip(lines, tables(content)["4-quality-quality"], strict=True):
        assert float(line["by_listener_low"]) == row["by_listener"]["low"]
        assert float(line["two_way_high"]) == row["two_way"]["high"]
        assert line["condition"] == row["condition"] and int(line["answers"]) == row["answers"]


def test_a_report_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    made = report_counts(read_counts("thesis"), TODAY)
    (block,) = made.blocks
    block = replace(block, sections=block.sections[2:])
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "mine.csv").write_text("mine", "utf-8")
    write_report(tmp_path, replace(made, blocks=[block]))
    assert len(list((tmp_path / "tables").iterdir())) == 4
    write_report(tmp_path, replace(made, blocks=[replace(block, sections=block.sections[1:])]))
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {"mine.csv", "counts-totals.csv"}
    assert (tmp_path / "tables" / "mine.csv").read_text("utf-8") == "mine"
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["counts-totals.svg"]


@pytest.mark.parametrize("name", ["index.html", "exclusions.csv", "report.json", "tables/counts-totals.csv"])
@pytest.mark.parametrize("changed", [False, True], ids=["not ours", "ours, edited"])
def test_what_it_did_not_write_is_not_overwritten(tmp_path: Path, name: str, changed: bool) -> None:
    made = report_counts(read_counts("thesis"), TODAY)
    (block,) = made.blocks
    made = replace(made, blocks=[replace(block, sections=block.sections[3:])], excluded=[])
    if changed:
        write_report(tmp_path, made)
        write_report(tmp_path, made)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("by hand", "utf-8")
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    with pytest.raises(InputError, match=rf"{name}' is not as .* give another folder with -o"):
        write_report(tmp_path, made)
    assert (tmp_path / name).read_text("utf-8") == "by hand"
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before


@pytest.mark.parametrize("listeners", [0, 1, 2, 3])
def test_few_listeners_have_all_tables_and_plain_sentences(listeners: int) -> None:
    content = report(simulate(listeners, np.random.default_rng(8), careless=0, unfinished=0))
    text = json.dumps(content, allow_nan=False)
    assert "nan" not in re.findall(r"\w+", text)
    detect = content["blocks"][0]["sentence"]
    if listeners == 0:
        assert detect == "There are no answers."
        return
    right = tables(content)["3-abx-right"]
    assert all((row["by_listener"] is None) == (listeners == 1) for row in right)
    if listeners == 1:
        assert detect.startswith("1 listener, 3 answers") and detect.endswith("says nothing about others.")


def test_own_list_and_sessions_that_are_not_there() -> None:
    few = simulate(4, np.random.default_rng(1), careless=0, unfinished=0)
    own = [Excluded(name, "knew me", "", "2030-05-02") for name in ("s0001", "ghost")]
    content = report(few, *own)
    assert content["facts"]["left_out"] == 1 and content["facts"]["listeners"] == 3
    # The list is kept whole: the next report of this folder would lose what this one drops.
    assert [exclusion["session"] for exclusion in content["excluded"]] == ["ghost", "s0001"]
    row = {"rule": "knew me", "meaning": "the researcher's own list", "listeners": 1}
    assert row in tables(content)["exclusions-by-rule"]
    assert content["notes"] == ["The list of exclusions names 1 session without any answer: ghost."]


def test_of_several_designs_the_newest_counts_unless_another_is_asked_for() -> None:
    old = simulate(4, np.random.default_rng(1), careless=0, unfinished=0)
    design = Design.model_validate(DESIGN | {"title": "Changed"})
    new = simulate(2, np.random.default_rng(2), careless=0, unfinished=0)
    rows = [replace(row, session=f"new-{row.session}", design_hash=design.hash) for row in new.rows]
    sessions = [replace(visit, session=f"new-{visit.session}") for visit in new.sessions]
    both = Gathered(
        [*old.rows, *rows], [*old.sessions, *sessions], [*old.designs, (design.hash, design)], "both"
    )
    content = report(both)
    assert content["title"] == "Changed" and content["facts"]["listeners"] == 2
    assert f"{old.designs[0][0]} (4 listeners)" in content["notes"][0] and "newest" in content["notes"][0]
    content = report(both, design=old.designs[0][0][:6])
    assert content["title"] == "Which of these are real?" and content["facts"]["listeners"] == 4
    with pytest.raises(InputError, match="--design 'zz' must be the beginning of one of the designs"):
        report(both, design="zz")
    with pytest.raises(InputError, match="holds no design"):
        report(Gathered([], [], [], "nothing"))


def test_shuffled_clips_are_counted_in_the_order_of_the_design() -> None:
    simulated = simulate(30, np.random.default_rng(5), careless=0, unfinished=0)
    design = simulated_design()
    block = design.blocks[0]
    assert isinstance(block, Detect)
    rows = [row for row in simulated.rows if row.kind == "detect"]
    mirrored = {"first": "second", "second": "first"}
    turned = [
        replace(row, clips=row.clips[::-1], value=mirrored.get(row.value, row.value)) if i % 2 else row
        for i, row in enumerate(rows)
    ]
    straight, shuffled = to_counts(block, rows, design), to_counts(block, turned, design)
    # Both clips of question 3 are of two conditions, so its order is known, too.
    assert straight == shuffled


def test_a_test_with_generated_clips_only_has_no_chance_level() -> None:
    simulated = simulate(4, np.random.default_rng(5), careless=0, unfinished=0)
    rows = [row for row in simulated.rows if row.trial == 2]
    content = report(Gathered(rows, simulated.sessions, simulated.designs, "x"))
    assert re.search(r"\d+ % of the clips were called generated\.", content["blocks"][0]["sentence"])
    assert "1-detect-signal-detection" not in tables(content)
