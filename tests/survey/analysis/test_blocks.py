"""Results of single blocks out of few answers that are written down."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import pytest

from mixdream.survey.analysis.intervals import binomial_p, exact, percent
from mixdream.survey.analysis.measures import breakdown
from mixdream.survey.analysis.observations import items_of
from mixdream.survey.analysis.report import report_block
from mixdream.survey.design.blocks import AnyBlock, Compare, Detect, Rate
from mixdream.survey.storage.rows import Answer, Heard
from tests.survey.analysis.simulate import Listener, simulated_design

DESIGN = simulated_design()
Kind = TypeVar("Kind", Detect, Compare, Rate)


def block(name: str, kind: type[Kind]) -> Kind:
    (named,) = (block for block in DESIGN.blocks if block.name == name)
    assert isinstance(named, kind)
    return named


DETECT, PREFER = block("detect", Detect), block("prefer", Compare)
ABX, RATE = block("abx", Compare), block("quality", Rate)
ONE_PAIR = PREFER.model_copy(update={"pairs": PREFER.pairs[:1]})


def listener(name: object) -> Listener:
    return Listener(str(name), np.random.default_rng(1), DESIGN.hash)


def sentence(block: AnyBlock, rows: Sequence[Answer]) -> str:
    return report_block(block, rows, DESIGN, "b").sentence


def tables(block: AnyBlock, rows: Sequence[Answer]) -> dict[str, list[dict[str, Any]]]:
    """Rows of the tables of a block by name."""
    made = report_block(block, rows, DESIGN, "b")
    return {table.name: list(table.rows) for section in made.sections for table in section.tables}


def preferred(*wins: Sequence[int]) -> list[Answer]:
    """Answers to "real" and "gan": 1 for "real", one sequence for each listener."""
    rows = []
    for name, mine in enumerate(wins):
        person = listener(name)
        for won in mine:
            clips = (person.clip("real"), person.clip("gan"))
            person.answer("prefer", "prefer", "prefer", "first" if won else "second", clips)
        rows += person.rows
    return rows


def detected(trial: int, *values: str) -> list[Answer]:
    """Answers to a trial, one of each listener."""
    rows = []
    for name, value in enumerate(values):
        person = listener(name)
        clips = tuple(person.clip(condition) for condition in DETECT.trials[trial])
        person.answer("detect", "detect", "detect", value, clips, trial=trial)
        rows += person.rows
    return rows


def abx(*right: Sequence[int]) -> list[Answer]:
    rows = []
    for name, mine in enumerate(right):
        person = listener(name)
        for was_right in mine:
            clips = (person.clip("real"), person.clip("gan"), person.clip("gan"))
            person.answer("abx", "abx", "abx", "second" if was_right else "first", clips, "second")
        rows += person.rows
    return rows


def rated(*values: dict[str, int]) -> list[Answer]:
    rows = []
    for name, mine in enumerate(values):
        person = listener(name)
        for condition, value in mine.items():
            clips = (person.clip(condition),)
            person.answer("quality", "rate", "quality", str(value), clips)
            person.answer("quality", "rate", "dance", "yes" if value > 3 else "no", clips, same_page=True)
        rows += person.rows
    return rows


def test_four_who_guess_well_show_nothing() -> None:
    # Three of four right has a chance of 31 %, four of four one of 12.5 %, both ways.
    four = sentence(ABX, abx([1], [1], [1], [1]))
    assert four.endswith("not shown to differ from chance, with these clips.")
    assert sentence(ABX, abx(*[[1]] * 6)).endswith(": above chance, with these clips.")
    assert sentence(ABX, abx(*[[0]] * 6)).endswith(": below chance, with these clips.")
    assert sentence(ABX, abx([1, 1, 0])).endswith("one listener says nothing about others.")


def test_all_who_tell_clips_apart_show_it() -> None:
    assert sentence(DETECT, detected(0, *["first"] * 8)).endswith(": above chance, with these clips.")
    assert "not shown to differ from chance" in sentence(DETECT, detected(0, *["first"] * 4))


def test_one_pair_goes_by_the_sign_test_as_many_do() -> None:
    # Student's t over (1, 1, 1, 1, 1/2) has p = 0.016; four of four is one of 0.125.
    rows = preferred([1, 1], [1, 1], [1, 1], [1, 1], [1, 0])
    assert sentence(ONE_PAIR, rows).endswith(": no preference is shown, with these clips.")
    assert ": real is preferred, with these clips." in sentence(ONE_PAIR, preferred(*[[1]] * 6))
    assert ": gan is preferred, with these clips." in sentence(ONE_PAIR, preferred(*[[0]] * 6))
    assert "one listener says nothing" in sentence(ONE_PAIR, preferred([1, 1]))


def test_what_all_agree_on_is_shown_to_differ() -> None:
    rows = rated(*[{"real": 4 + i % 2, "gan": 3 + i % 2} for i in range(8)])
    assert "1 of 1 pair shown to differ, with these clips" in sentence(RATE, rows)
    (row,) = tables(RATE, rows)["b-quality-differences"]
    assert row["p"] == row["p_holm"] == 2 / 2**8 and row["by_listener"] is None


def test_choices_are_compared_too() -> None:
    rows = rated(*[{"real": 5, "gan": 1 if i else 4} for i in range(8)])
    (row,) = tables(RATE, rows)["b-dance-differences"]
    assert (row["answer"], row["pair"], row["difference"]) == ("Yes", "real − gan", 87.5)
    assert row["p_holm"] == 2 / 2**7


def test_those_who_named_one_clip_are_tested_against_a_coin() -> None:
    values = ["first"] * 9 + ["second"] * 2 + ["none", "both"]
    rows = detected(0, *values) + detected(1, *values) + detected(2, *values)
    named = tables(DETECT, rows)["b-named-one"]
    # Of the first trial the first clip is generated, of the second the second; of the third both are.
    assert [(row["trial"], row["answers"], row["named_one"], row["right"]) for row in named] == [
        ("Question 1", 13, 11, 9),
        ("Question 2", 13, 11, 2),
        ("all", 26, 22, 11),
    ]
    first, second, both = named
    assert first["p"] == second["p"] == binomial_p(9, 11, 0.5)
    assert first["p_holm"] == 2 * first["p"] and "p_holm" not in both
    assert first["by_listener"] == percent(exact(9, 11)) and both["p"] == 1
    # Each of the eleven was right once and wrong once: of all trials, listeners count and not their answers.
    assert both["listeners"] == 11 and both["by_listener"] == percent(exact(5.5, 11))
    (row,) = tables(DETECT, detected(0, *values))["b-named-one"]
    assert row["trial"] == "Question 1"


def test_generated_conditions_are_compared_within_listeners() -> None:
    made = tables(DETECT, detected(2, *["first"] * 7, "both"))
    (row,) = made["b-conditions-differences"]
    assert (row["pair"], row["listeners"], row["difference"]) == ("gan − flow", 8, 87.5)
    assert row["p_holm"] == 2 / 2**7 and row["by_listener"].high == 100
    assert "b-named-one" not in made


@pytest.mark.parametrize(("right", "open_"), [([[1]] * 6, True), ([[1], [0]] * 3, False)])
def test_the_end_of_the_scale_of_d_prime_is_no_end_of_d_prime(right: list[list[int]], open_: bool) -> None:
    table = report_block(ABX, abx(*right), DESIGN, "b").sections[0].tables[0]
    assert (table.rows[0]["d_prime_interval"].high == 10) == open_
    assert ("means at least its lower end" in table.note) == open_


def test_intervals_of_groups_stay_on_the_scale() -> None:
    rows = rated({"real": 5}, {"real": 5}, {"real": 4})
    about: list[Any] = []
    for name in range(3):
        person = listener(name)
        person.answer("demographics", "demographics", "age", "old")
        about += person.rows
    measures = report_block(RATE, rows, DESIGN, "b").measures
    (section,) = breakdown(measures, DESIGN.demographics[0], about, "en", "by-age")
    (row,) = section.tables[0].rows
    assert row["interval_1"].high == 5 and 1 <= row["interval_1"].low < 4


def equal_models(rng: np.random.Generator, clips: int = 12) -> list[Answer]:
    """Ratings and preferences of 40 listeners: two models that are alike, whose clips differ."""
    quality = {name: rng.normal(0, 0.6, clips) for name in ("gan", "flow")}
    rows = []
    for name in range(40):
        person = Listener(str(name), rng, DESIGN.hash)
        order = {model: rng.permutation(clips)[:6] for model in quality}
        for first, second in zip(*order.values(), strict=True):
            chosen = ("gan", first), ("flow", second)
            heard = tuple(Heard(f"{m}{i}", m, f"{m}{i}", 1, 4.0, 4.0, True) for m, i in chosen)
            for (model, i), clip in zip(chosen, heard, strict=True):
                value = np.clip(np.rint(3 + person.taste + quality[model][i] + rng.normal(0, 0.8)), 1, 5)
                person.answer("quality", "rate", "quality", str(int(value)), (clip,))
            better = quality["gan"][first] - quality["flow"][second] + rng.logistic() > 0
            person.answer("prefer", "prefer", "prefer", "first" if better else "second", heard)
        rows += person.rows
    return rows


def test_two_equal_models_with_few_clips_are_not_shown_to_differ() -> None:
    """Judged over listeners alone, every other such test shows a difference."""
    rng = np.random.default_rng(4)
    pair = PREFER.model_copy(update={"pairs": (("gan", "flow"),)})
    alarms: Counter[str] = Counter()
    for _ in range(20):
        rows = equal_models(rng)
        alarms["rate"] += "1 of 1 pair shown to differ" in sentence(RATE, rows)
        alarms["prefer"] += sentence(pair, rows).endswith(" is preferred.")
    assert alarms["rate"] <= 3 and alarms["prefer"] <= 3


def test_real_a_and_model_b_are_not_real_b_and_model_a() -> None:
    """Clips of the two conditions are two factors; together with other names they are other clips."""
    made = tables(
        PREFER.model_copy(update={"pairs": (("gan", "flow"),)}), equal_models(np.random.default_rng(5))
    )
    (row,) = made["b-preferred"]
    # 12 clips of each condition: as wide as they make it, not as 240 answers would be.
    assert row["two_way"].high - row["two_way"].low > 1.5 * (row["by_listener"].high - row["by_listener"].low)


@pytest.mark.parametrize("same", [True, False])
def test_an_answer_is_about_the_music_of_its_clips(same: bool) -> None:
    real, model = (Heard(f"{c}-1", c, "1", 1, 4.0, 4.0, True) for c in ("real", "model"))
    other = Heard("model-2", "model", "2", 1, 4.0, 4.0, True)
    pages = [(real, model, model), (model, real, real)] if same else [(real, other), (model, real)]
    expected = [("1",), ("1",)] if same else [("2", "1"), ("1", "1")]
    assert items_of("abx" if same else "prefer", pages) == expected
