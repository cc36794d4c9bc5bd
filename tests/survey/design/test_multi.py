"""Designs with several clips on a page."""

from typing import Any

import pytest
from pydantic import ValidationError

from mixdream.errors import InputError
from mixdream.survey.design.blocks import Multi, clips_heard
from mixdream.survey.design.design import Condition, Design
from mixdream.survey.design.question import Question
from mixdream.survey.design.read_design import parse_design
from mixdream.survey.planning.planner import plan_listeners
from mixdream.survey.rendering.check_clips import check_clips, mushra_notes
from mixdream.survey.rendering.clips import Clip
from tests.survey.design.test_design import values

SLIDER = {"name": "q", "ask": "How good?", "kind": "scale", "lowest": 0, "highest": 100}
MULTI = {"kind": "multi", "name": "m", "conditions": ["real", "model"], "pages": 2, "question": SLIDER}


def design(**changes: Any) -> Design:
    return Design.model_validate(values(blocks=[MULTI | changes]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": "model2"}, "reference 'model2' must be one of conditions: it is hidden among them"),
        ({"conditions": ["real"]}, "at least 2 items"),
        ({"conditions": ["real", "real"]}, "conditions has 'real' twice"),
        ({"conditions": ["real", "x"]}, "unknown condition 'x'"),
        ({"conditions": ["real"] + [f"m{i}" for i in range(12)]}, "at most 12 items"),
        ({"pages": 0}, "greater than or equal to 1"),
        ({"question": SLIDER | {"required": False}}, "must be a scale, and required"),
        ({"question": {"name": "q", "ask": "?", "kind": "text"}}, "must be a scale, and required"),
    ],
)
def test_what_a_block_may_not_say(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        design(**change)


def test_a_reference_makes_clips_of_one_item() -> None:
    for changes, expected in (({}, False), ({"same_item": True}, True), ({"reference": "real"}, True)):
        (block,) = design(**changes).blocks
        assert isinstance(block, Multi) and block.of_one_item == expected
        assert clips_heard(block) == {"real": 2, "model": 2}


@pytest.mark.parametrize(
    "changes",
    [
        {"part_labels": ["bad"]},
        {"part_labels": ["x"] * 12},
        {"part_labels": ["bad", "good"], "highest": 5},
        {"part_labels": ["bad", "good"], "kind": "text"},
    ],
)
def test_parts_of_a_slider_are_few_and_of_a_slider(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="part_labels must be 2 to 11, of a scale of more than 11"):
        Question.model_validate(SLIDER | changes)


def test_an_anchor_is_of_one_kind() -> None:
    with pytest.raises(ValidationError, match="one anchor, anchor or lowpass_hz, not both"):
        Condition(folder="x", anchor=True, lowpass_hz=3500)
    with pytest.raises(ValidationError, match="3500 or 7000"):
        Condition.model_validate({"folder": "x", "lowpass_hz": 5000})
    assert Condition(folder="x", through="thesis", lowpass_hz=7000).lowpass_hz == 7000


def test_what_is_wrong_has_its_line() -> None:
    text = """\
version: 1
title: T
consent: C
volume: V
withdrawal: W
conditions:
  real: {folder: real}
  model: {folder: model}
blocks:
  - kind: multi
    name: m
    conditions: [real, model]
    reference: reel
    question:
      name: q
      kind: scale
      ask: "How good?"
      part_label: [bad, good]
"""
    with pytest.raises(InputError, match=r"line 18: unknown key .*part_label; the nearest is part_labels"):
        parse_design(text.encode(), "x")
    with pytest.raises(InputError, match=r"line 13: blocks\.0\.reference: reference 'reel' must be one"):
        parse_design(text.replace("      part_label: [bad, good]\n", "").encode(), "x")


def test_a_page_needs_files_of_one_name_in_all_conditions() -> None:
    clips = [Clip(f"{c}{i}", c, i, 1.0) for c, items in (("real", "abc"), ("model", "bcd")) for i in items]
    check_clips(design(reference="real"), clips)
    check_clips(design(pages=3), clips)
    message = "block m wants 3 items of real, model, there are 2 files of the same name in all: lower pages"
    with pytest.raises(InputError, match=message):
        check_clips(design(reference="real", pages=3), clips)
    with pytest.raises(InputError, match="wants 4 clips of real, there are 3: lower pages or add files"):
        check_clips(design(pages=4), clips)


def test_clips_longer_than_12_s_are_too_long_with_a_reference() -> None:
    clips = [Clip("0", "real", "a", 12.0), Clip("1", "model", "a", 12.5)]
    (note,) = mushra_notes(design(reference="real"), clips)
    assert note == "clips of MUSHRA last 12.5 s; BS.1534-3 wants at most 12 s"
    assert mushra_notes(design(reference="real"), clips[:1]) == mushra_notes(design(), clips) == []


def test_listeners_are_planned_in_parts_of_the_scale() -> None:
    clips = [Clip(f"{c}{i}", c, i, 1.0) for c in ("real", "model") for i in "ab"]
    (need,) = plan_listeners(design(), clips, 0.1, 0.3)
    assert (need.what, need.half_width) == ("q, each condition", 7.5)
    # As many as ± 0.3 of a scale from 1 to 5 needs: its noise is taken for as much of the range.
    five = design(question=SLIDER | {"lowest": 1, "highest": 5})
    assert need.listeners == plan_listeners(five, clips, 0.1, 0.3)[0].listeners
    assert need.heard == {"real": need.listeners, "model": need.listeners}
