from typing import Any

import pytest

from mixdream.errors import InputError
from mixdream.survey.design.blocks import Compare, Detect, Rate
from mixdream.survey.rendering.check_clips import check_clips, length_notes
from mixdream.survey.rendering.clips import Clip
from tests.survey.rendering.test_render import GOOD, design

CLIPS = [Clip(f"{i}", "real", f"take {i}", 1.0) for i in range(3)] + [
    Clip("3", "model", "take 0", 1.0),
    Clip("4", "model", "other", 1.0),
]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            Detect(kind="detect", name="d", trials=(("model", "real"), ("model", "model")), ask="?"),
            "block d wants 3 clips of model, there are 2: take out trials or add files",
        ),
        (
            Compare(kind="prefer", name="c", pairs=(("real", "model"),), per_pair=3, ask="?"),
            "block c wants 3 of real and model, there are 2 clips in each: lower per_pair or add files",
        ),
        (
            Compare(kind="abx", name="c", pairs=(("real", "model"),), per_pair=2, same_item=True, ask="?"),
            "block c wants 2 of real and model, there are 1 files of the same name in both",
        ),
        (
            Rate(kind="rate", name="r", conditions=("model", "real"), per_condition=4, questions=(GOOD,)),
            "block r wants 4 clips of model, there are 2: .*; block r wants 4 clips of real, there are 3",
        ),
        (
            Rate(
                kind="rate", name="r", attention=1, conditions=("real",), per_condition=1, questions=(GOOD,)
            ),
            "there are attention items, but no clips for them",
        ),
    ],
)
def test_blocks_that_want_more_clips_than_there_are(block: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_clips(design(block), CLIPS)


def test_blocks_that_have_enough() -> None:
    compare = {"kind": "prefer", "pairs": (("real", "model"),), "ask": "?"}
    check_clips(
        design(
            Detect(kind="detect", name="d", trials=(("model", "real"), ("real", "model")), ask="?"),
            Compare.model_validate(compare | {"name": "a", "per_pair": 2}),
            Compare.model_validate(compare | {"name": "b", "per_pair": 1, "same_item": True}),
            Rate(kind="rate", name="r", conditions=("real",), per_condition=3, questions=(GOOD,)),
        ),
        CLIPS,
    )


def test_lengths_that_differ_little_are_no_matter() -> None:
    assert length_notes([Clip("0", "real", "a", 4.048), Clip("1", "model", "b", 4.05)]) == []
    assert length_notes([]) == []
