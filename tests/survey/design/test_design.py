from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from mixdream.survey.design.blocks import Compare
from mixdream.survey.design.design import Condition, Design
from mixdream.survey.design.question import LONGEST_TEXT, Option, Question

YES_NO = (Option(value="yes", label={"en": "Yes", "de": "Ja"}), Option(value="no", label="No"))
LIKE = Question(name="like", ask="Do you like it?", options=YES_NO)
DETECT = {"kind": "detect", "name": "d", "trials": [["real", "model"]], "ask": "Which?"}


def values(**changes: Any) -> dict[str, Any]:
    """A design of one block, with something changed."""
    return {
        "version": 1,
        "title": "T",
        "consent": "C",
        "volume": "V",
        "withdrawal": "W",
        "conditions": {"real": {"folder": "real"}, "model": {"folder": "model", "generated": True}},
        "blocks": [DETECT],
    } | changes


def rate(**changes: Any) -> dict[str, Any]:
    return {"kind": "rate", "name": "r", "conditions": ["real"], "questions": [LIKE]} | changes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version"),
        ({"blocks": []}, "at least 1 item"),
        ({"blocks": [DETECT, DETECT]}, "blocks has 'd' twice"),
        ({"blocks": [DETECT | {"name": "attention"}]}, "'attention' is a name of mixdream's own"),
        ({"blocks": [DETECT | {"name": "demographics"}]}, "'demographics' is a name"),
        ({"blocks": [DETECT | {"name": "Detect"}]}, "pattern"),
        (
            {"blocks": [DETECT | {"trials": [["real", "x"]]}]},
            "block d: unknown condition 'x'; there are real, model",
        ),
        ({"blocks": [DETECT | {"trials": [["real"]]}]}, "required"),
        ({"blocks": [DETECT | {"attention": 11}]}, "less than or equal to 10"),
        ({"blocks": [rate(conditions=["real", "real"])]}, "conditions has 'real' twice"),
        ({"blocks": [rate(questions=[LIKE, LIKE])]}, "questions has 'like' twice"),
        ({"blocks": [rate(questions=[{"name": "attention", "ask": "?", "kind": "text"}])]}, "mixdream's own"),
        ({"blocks": [{"kind": "ask", "name": "a", "questions": [LIKE, LIKE]}]}, "twice"),
        ({"conditions": {"attention": {"folder": "x"}}, "blocks": [DETECT]}, "'attention' is a name"),
        ({"languages": ["en", "en"]}, "languages has 'en' twice"),
        ({"languages": ["english"]}, "pattern"),
        ({"languages": []}, "at least 1"),
        ({"languages": ["en", "de"], "title": {"en": "T"}}, "title is missing in de"),
        ({"languages": ["fr", "de", "en"], "title": {"en": "T"}}, "title is missing in de, fr"),
        ({"title": " "}, "at least 1 character"),
        ({"title": "x" * 10_001}, "at most 10000"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"seed": 2**53}, "less than"),
        ({"loudness_lufs": 0}, "less than or equal to -10"),
        ({"resume_hours": float("nan")}, "resume_hours"),
        ({"demographics": [LIKE, LIKE]}, "demographics has 'like' twice"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_what_a_design_may_not_say(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Design.model_validate(values(**change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairs": [["real", "real"]]}, "two different conditions"),
        ({"kind": "abx", "allow_tie": True}, "abx has no tie"),
        ({"allow_tie": True, "options": ["A", "B"]}, "options must name"),
        ({"options": ["A"]}, "options must name"),
        ({"per_pair": 0}, "greater than or equal to 1"),
    ],
)
def test_what_a_comparison_may_not_say(change: dict[str, Any], message: str) -> None:
    block = {"kind": "prefer", "name": "c", "pairs": [["real", "model"]], "ask": "Which?"}
    Compare.model_validate(block)
    with pytest.raises(ValidationError, match=message):
        Compare.model_validate(block | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": ()}, "a choice needs options"),
        ({"options": YES_NO[:1]}, "two options at least"),
        ({"options": (YES_NO[0], YES_NO[0])}, "options has 'yes' twice"),
        ({"kind": "scale"}, "only a choice has them"),
        ({"kind": "scale", "options": (), "lowest": 3, "highest": 3}, "from 3 to 3 is not possible"),
        ({"kind": "scale", "options": (), "lowest": -100, "highest": 100}, "not possible"),
    ],
)
def test_what_a_question_may_not_say(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Question.model_validate({"name": "q", "ask": "?", "options": YES_NO} | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"through": "studio-9k"}, "unknown grid 'studio-9k'; there are thesis, studio-8k"),
        ({"through": "thesis", "anchor": True}, "not both"),
        ({"folder": "."}, "folder of sound files"),
        ({"folder": "./"}, "folder of sound files"),
        ({"folder": "a\0b"}, "folder of sound files"),
        ({"folder": ""}, "at least 1 character"),
    ],
)
def test_what_a_condition_may_not_say(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Condition.model_validate({"folder": "x"} | change)


def test_which_answers_a_question_allows() -> None:
    assert LIKE.allows("yes") and not LIKE.allows("Yes") and not LIKE.allows("")
    scale = Question(name="q", ask="?", kind="scale", lowest=-1, highest=2)
    wrong = ("-2", "3", "+1", " 1", "1.0", "01", "", "one", "١")
    assert [scale.allows(step) for step in ("-1", "0", "2")] == [True] * 3
    assert not any(scale.allows(step) for step in wrong)
    text = Question(name="q", ask="?", kind="text")
    assert text.allows("") and text.allows("x" * LONGEST_TEXT) and not text.allows("x" * (LONGEST_TEXT + 1))


def test_every_text_must_be_in_all_languages() -> None:
    both = {"en": "e", "de": "d"}
    question = {"name": "q", "ask": both, "kind": "scale", "lowest_label": both, "highest_label": both}
    choice = {"name": "c", "ask": both, "options": [{"value": v, "label": both} for v in ("a", "b")]}
    good = values(
        languages=["en", "de"],
        title=both,
        demographics=[choice],
        completion={"text": both},
        blocks=[DETECT | {"intro": both, "options": [both, "2", both, both]}, rate(questions=[question])],
    )
    Design.model_validate(good)

    def without_german(value: Any) -> Iterator[Any]:
        """Each copy of a value in which one text lacks its German."""
        if value == both:
            yield {"en": "e"}
        elif isinstance(value, dict):
            for key, inside in value.items():
                yield from (value | {key: changed} for changed in without_german(inside))
        elif isinstance(value, list):
            for i, inside in enumerate(value):
                yield from ([*value[:i], changed, *value[i + 1 :]] for changed in without_german(inside))

    incomplete = list(without_german(good))
    assert len(incomplete) == 12
    for bad in incomplete:
        with pytest.raises(ValidationError, match="is missing in de"):
            Design.model_validate(bad)


def test_conditions_may_be_called_like_keys_of_texts() -> None:
    names = ["text", "title", "options"]
    conditions = {name: {"folder": name} for name in names}
    design = Design.model_validate(values(conditions=conditions, blocks=[rate(conditions=names)]))
    assert list(design.conditions) == names


def test_the_hash_is_that_of_the_content() -> None:
    design = Design.model_validate(values())
    assert len(design.hash) == 16 and set(design.hash) <= set("0123456789abcdef")
    again = Design.model_validate(dict(reversed(values(seed=0).items())))
    assert again.hash == design.hash  # neither the order of keys nor what is default anyway
    others = [values(seed=1), values(title="U"), values(blocks=[DETECT | {"must_listen": False}])]
    assert len({design.hash, *(Design.model_validate(other).hash for other in others)}) == 4
    assert Design.model_validate(design.model_dump(mode="json")) == design
