"""Reports of several clips rated on one page, and who is left out by the hidden reference."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from mixdream.survey.analysis.exclude import exclude, heard_s
from mixdream.survey.analysis.post_screening import post_screen
from mixdream.survey.analysis.report import report_answers
from mixdream.survey.analysis.report_page import to_json, write_report
from mixdream.survey.design.design import Design, Exclusions
from mixdream.survey.exporting.export import export
from mixdream.survey.exporting.read_rows import Gathered, read_export
from mixdream.survey.storage.rows import Answer, Heard, Session
from tests.survey.analysis.simulate import START

TODAY = date(2030, 6, 1)
CLIP_S = 4.0
QUALITY = {"real": 99, "codec": 70, "vocoder": 55, "mid": 45, "low": 20}
MUSHRA: dict[str, Any] = {
    "kind": "multi",
    "name": "mushra",
    "reference": "real",
    "conditions": list(QUALITY),
    "pages": 8,
    "question": {"name": "quality", "ask": "How close?", "kind": "scale", "lowest": 0, "highest": 100},
}


def design_of(**changes: Any) -> Design:
    return Design.model_validate(
        {
            "version": 1,
            **dict.fromkeys(("title", "consent", "volume", "withdrawal"), "x"),
            "conditions": {name: {"folder": name} for name in ("real", "codec", "vocoder")}
            | {"mid": {"folder": "real", "lowpass_hz": 7000}, "low": {"folder": "real", "lowpass_hz": 3500}},
            "blocks": [MUSHRA],
        }
        | changes
    )


def page_of(design: Design, session: str, position: int, ratings: dict[str, int]) -> list[Answer]:
    """Answers to one page: the rated clip first, the open reference second, where there is one."""
    (block,) = design.blocks
    open_one = (Heard("r", "real", f"item{position}", 2, CLIP_S, CLIP_S, True),)
    reference = open_one if getattr(block, "reference", None) else ()
    saved = START + timedelta(minutes=position + 1)
    return [
        Answer(
            *(session, block.name, "multi", position, position, f"rating_{place}", str(rating), None),
            (Heard(condition[0], condition, f"item{position}", 1, CLIP_S, CLIP_S, True), *reference),
            60.0,
            saved,
            *("en", "0.1.0", design.hash),
        )
        for place, (condition, rating) in enumerate(ratings.items(), 1)
    ]


def gathered(design: Design, rows: list[Answer]) -> Gathered:
    ended = START + timedelta(hours=1)
    sessions = [Session(name, START, ended, 9, 9) for name in sorted({row.session for row in rows})]
    return Gathered(rows, sessions, [(design.hash, design)], "simulated")


def simulate(design: Design, listeners: int, seed: int = 1) -> list[Answer]:
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(listeners):
        taste = rng.normal(0, 5)
        for position in range(8):
            # What is harder for one item is so for everybody.
            item = 4 * np.sin(position)
            ratings = {
                name: int(np.clip(round(mean + (name != "real") * (taste + item) + rng.normal(0, 6)), 0, 100))
                for name, mean in QUALITY.items()
            }
            rows += page_of(design, f"s{number:02d}", position, ratings | {"real": max(ratings["real"], 90)})
    return rows


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder, design = tmp_path_factory.mktemp("mushra"), design_of()
    write_report(folder, report_answers(gathered(design, simulate(design, 20)), [], TODAY))
    return folder, json.loads((folder / "report.json").read_text("utf-8"))


def test_known_qualities_are_found(written: tuple[Path, dict[str, Any]]) -> None:
    (block,) = written[1]["blocks"]
    tables = {table["name"]: table["rows"] for table in block["sections"][0]["tables"]}
    rows = {row["condition"]: row for row in tables["1-mushra-quality-medians"]}
    for name in ("codec", "vocoder", "mid", "low"):
        row = rows[name]
        assert (row["listeners"], row["answers"]) == (20, 160)
        assert row["two_way"]["low"] <= QUALITY[name] <= row["two_way"]["high"]
        assert row["two_way"]["low"] <= row["by_listener"]["low"]
        assert row["lower_quartile"] < row["median"] < row["upper_quartile"]
    assert rows["real"]["median"] >= 98
    pairs = {row["pair"]: row for row in tables["1-mushra-quality-differences"]}
    assert len(pairs) == 10 and pairs["codec − vocoder"]["p_holm"] < 0.001
    assert 10 < pairs["codec − vocoder"]["two_way"]["low"] < 15 < pairs["codec − vocoder"]["two_way"]["high"]
    sentence = block["sentence"]
    assert sentence.startswith("20 listeners, 800 answers. Medians: real ")
    assert sentence.index("codec") < sentence.index("vocoder") < sentence.index("mid") < sentence.index("low")
    assert sentence.endswith("; 10 of 10 pairs shown to differ.")


def test_ratings_are_drawn_as_boxes(written: tuple[Path, dict[str, Any]]) -> None:
    folder, content = written
    assert "figures/1-mushra-quality-medians.svg" in content["files"]
    picture = ElementTree.fromstring((folder / "figures/1-mushra-quality-medians.svg").read_bytes())
    texts = "".join(picture.itertext())
    assert all(name in texts for name in QUALITY) and "rating, 0 to 100" in texts
    boxes = [shape for shape in picture.iter() if "#cde3f1" in shape.get("style", "")]
    assert len(boxes) == len(QUALITY)


def test_without_a_reference_means_are_reported() -> None:
    question = MUSHRA["question"] | {"lowest": 1, "highest": 5}
    design = design_of(blocks=[MUSHRA | {"reference": None, "question": question}])
    rng = np.random.default_rng(2)
    rows: list[Answer] = []
    for number in range(12):
        for position in range(8):
            ratings = {name: int(rng.integers(1, 3)) + 2 * (name == "codec") for name in QUALITY}
            rows += page_of(design, f"s{number:02d}", position, ratings)
    content = to_json(report_answers(gathered(design, rows), [], TODAY))
    (block,) = content["blocks"]
    assert block["sentence"].startswith("12 listeners, 480 answers. quality: codec 3.5")
    names = [table["name"] for table in block["sections"][0]["tables"]]
    assert names == [f"1-mushra-quality{part}" for part in ("", "-differences", "-clips")]
    assert content["excluded"] == []


GOOD = {"real": 95, "codec": 60, "vocoder": 50, "mid": 40, "low": 10}


def careless(misses: int, anchors: int = 0, name: str = "x") -> list[Answer]:
    """Somebody who misses the reference on so many of 20 items, and takes so many anchors for good."""
    design = design_of()
    pages = (
        page_of(design, name, i, GOOD | {"real": 89 if i < misses else 90, "mid": 91 if i < anchors else 90})
        for i in range(20)
    )
    return [row for page in pages for row in page]


@pytest.mark.parametrize(("misses", "is_out"), [(3, False), (4, True)])
def test_more_than_15_percent_of_missed_references_leave_out(misses: int, is_out: bool) -> None:
    rows = careless(misses)
    found = post_screen(rows, design_of(), TODAY)
    assert [(one.session, one.rule) for one in found] == [("x", "hidden_reference")] * is_out
    if is_out:
        assert found[0].detail == "reference below 90 % on 4 of 20 items"
    assert post_screen(rows, design_of(exclusions={"post_screening": False}), TODAY) == []


@pytest.mark.parametrize(("anchors", "is_out"), [(3, False), (4, True)])
def test_more_than_15_percent_of_mid_anchors_taken_for_good_leave_out(anchors: int, is_out: bool) -> None:
    others = [row for name in "abc" for row in careless(0, name=name)]
    found = post_screen([*careless(0, anchors), *others], design_of(), TODAY)
    assert [(one.session, one.rule) for one in found] == [("x", "mid_anchor")] * is_out


def test_an_item_whose_mid_anchor_misleads_many_says_nothing_of_them() -> None:
    # Two of five: more than a quarter. One of four, in the test before, is not more.
    others = [row for name in "abc" for row in careless(0, name=name)]
    two = [*careless(0, 20, "x"), *careless(0, 20, "y")]
    assert post_screen([*two, *others], design_of(), TODAY) == []


def test_on_another_scale_it_is_as_much_of_it() -> None:
    question = MUSHRA["question"] | {"lowest": -50, "highest": 50}
    design = design_of(blocks=[MUSHRA | {"question": question}])
    low, high = (page_of(design, name, 0, GOOD | {"real": top}) for name, top in (("l", 39), ("h", 40)))
    assert [one.session for one in post_screen(low + high, design, TODAY)] == ["l"]


def test_the_report_lists_who_is_left_out_and_by_which_rule() -> None:
    design = design_of()
    rows = [*simulate(design, 6), *careless(20, name="deaf")]
    content = to_json(report_answers(gathered(design, rows), [], TODAY))
    assert [(one["session"], one["rule"]) for one in content["excluded"]] == [("deaf", "hidden_reference")]
    assert content["facts"]["listeners"] == 6
    assert content["blocks"][0]["with_everyone"].startswith("7 listeners")


def test_every_clip_of_a_page_counts_once_and_the_reference_too() -> None:
    rows = page_of(design_of(), "x", 0, GOOD)
    assert heard_s(rows) == ({"x": 6 * CLIP_S}, {"x": 6 * CLIP_S})
    session = Session("x", START, START + timedelta(hours=1), 1, 1)
    assert exclude(rows, [session], Exclusions(), TODAY) == []
    # In 60 s nobody hears 30 s of each of six.
    many = [
        Answer(**vars(row) | {"clips": tuple(Heard(**vars(clip) | {"heard_s": 30.0}) for clip in row.clips)})
        for row in rows
    ]
    assert [one.rule for one in exclude(many, [session], Exclusions(), TODAY)] == ["faster_than_sound"]


def test_answers_come_back_from_an_export(tmp_path: Path) -> None:
    design = design_of()
    whole = gathered(design, careless(1))
    export(iter(whole.rows), whole.sessions, whole.designs, tmp_path / "e")
    assert read_export(tmp_path / "e").rows == whole.rows
