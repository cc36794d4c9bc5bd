from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.survey.design.design import Design
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.serving.assign import draw_plan
from mixdream.survey.serving.plan import Page, must_listen, questions_of
from tests.survey.example import CONDITIONS, example_design

REAL, MODEL, ANCHOR = CONDITIONS


def clips_of(number: int, *, tones: int = 1) -> list[Clip]:
    music = [
        Clip(f"{c}{i:015x}", condition, f"item{i}", 2.0)
        for c, condition in enumerate(CONDITIONS)
        for i in range(number)
    ]
    counts = range(2, 6)
    return music + [Clip(f"f{n}{v}", "attention", str(n), 4.0) for n in counts for v in range(tones)]


def design_of(*blocks: dict[str, object]) -> Design:
    return example_design(blocks=list(blocks))


RATE = {
    "kind": "rate",
    "name": "rate",
    "conditions": [REAL, MODEL],
    "per_condition": 3,
    "questions": [{"name": "quality", "ask": "How good?", "kind": "scale"}],
}
TRIALS = [[MODEL, REAL], [REAL, MODEL], [MODEL, MODEL]]
DETECT: dict[str, object] = {"kind": "detect", "name": "which", "trials": TRIALS, "ask": "?"}


@given(st.integers(0, 2**31), st.integers(0, 10_000))
def test_the_same_seed_and_number_give_the_same_plan(seed: int, number: int) -> None:
    design = example_design(seed=seed)
    assert draw_plan(design, clips_of(6), {}, number) == draw_plan(design, clips_of(6), {}, number)


def test_listeners_get_different_orders() -> None:
    design = design_of(RATE)
    plans = {tuple(page.trial for page in draw_plan(design, clips_of(3), {}, n)) for n in range(40)}
    assert len(plans) > 30


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 12), st.integers(0, 5))
def test_a_rate_block_is_a_permutation_of_its_trials(
    number: int, wanted: int, there: int, attention: int
) -> None:
    design = design_of(RATE | {"per_condition": wanted, "attention": attention})
    pages = [page for page in draw_plan(design, clips_of(there), {}, number) if page.block == "rate"]
    trials = [page for page in pages if page.kind == "rate"]
    assert sorted(page.trial for page in trials) == list(range(2 * wanted))
    assert len(pages) - len(trials) == attention
    for condition in (REAL, MODEL):
        used = Counter(page.clips[0].id for page in trials if page.clips[0].condition == condition)
        assert sum(used.values()) == wanted
        # None twice while there are others.
        assert len(used) == min(wanted, there)
        assert max(used.values()) == -(-wanted // there)


def test_every_place_in_the_block_is_as_likely_for_an_attention_item() -> None:
    design = design_of(RATE | {"attention": 1})
    places: Counter[int] = Counter()
    for number in range(1400):
        plan = draw_plan(design, clips_of(3), {}, number)
        places[[page.kind for page in plan if page.block == "rate"].index("attention")] += 1
    expected = 1400 / 7
    assert sorted(places) == list(range(7))
    # Chi squared with 6 degrees of freedom: above 22.5 in one of a thousand.
    assert sum((count - expected) ** 2 / expected for count in places.values()) < 22.5


def test_orders_of_four_are_uniform() -> None:
    design = design_of(RATE | {"conditions": [REAL], "per_condition": 4})
    orders = Counter(
        tuple(page.trial for page in draw_plan(design, clips_of(4), {}, n) if page.block) for n in range(2400)
    )
    assert len(orders) == 24
    # 23 degrees of freedom: above 49.7 in one of a thousand.
    assert sum((count - 100) ** 2 / 100 for count in orders.values()) < 49.7


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(3, 9))
def test_clips_are_used_evenly_by_those_who_finish(seed: int, there: int) -> None:
    """Three listeners of ten drop out; what they were given is given to others."""
    design, clips = example_design(seed=seed, blocks=[RATE]), clips_of(there)
    rng = np.random.default_rng(seed)
    loads: Counter[tuple[str, str]] = Counter()
    for number in range(40):
        plan = draw_plan(design, clips, loads, number)
        if rng.random() >= 0.3:
            loads.update((page.block, page.clips[0].id) for page in plan if page.kind == "rate")
        for condition in (REAL, MODEL):
            counts = [loads["rate", clip.id] for clip in clips if clip.condition == condition]
            assert max(counts) - min(counts) <= 1


def test_the_thesis_has_a_fixed_order_and_a_right_answer_for_each_trial() -> None:
    plan = draw_plan(design_of(DETECT), clips_of(5), {}, 3)
    pages = [page for page in plan if page.kind == "detect"]
    assert [page.trial for page in pages] == [0, 1, 2]
    assert [page.right for page in pages] == ["first", "second", "both"]
    assert [[clip.condition for clip in page.clips] for page in pages] == TRIALS
    heard = [clip.id for page in pages for clip in page.clips]
    assert len(set(heard)) == 6


def test_shuffled_clips_move_the_right_answer_with_them() -> None:
    design = design_of(DETECT | {"trials": [[MODEL, REAL]], "shuffle_clips": True})
    rights: Counter[str] = Counter()
    for number in range(200):
        (page,) = (page for page in draw_plan(design, clips_of(5), {}, number) if page.kind == "detect")
        assert page.right is not None
        assert page.clips[("first", "second").index(page.right)].condition == MODEL
        rights[page.right] += 1
    assert 70 < rights["first"] < 130


def test_two_real_clips_are_none_of_them() -> None:
    plan = draw_plan(design_of(DETECT | {"trials": [[REAL, REAL]]}), clips_of(2), {}, 0)
    assert plan[-1].right == "none"


@given(st.integers(0, 1000), st.integers(1, 5))
def test_x_is_one_of_the_two_and_items_are_the_same(number: int, wanted: int) -> None:
    block = {
        "kind": "abx",
        "name": "abx",
        "pairs": [[REAL, MODEL]],
        "per_pair": wanted,
        "same_item": True,
        "ask": "?",
    }
    pages = [page for page in draw_plan(design_of(block), clips_of(5), {}, number) if page.kind == "abx"]
    assert sorted(page.trial for page in pages) == list(range(wanted))
    for page in pages:
        a, b, x = page.clips
        assert {a.condition, b.condition} == {REAL, MODEL}
        assert a.item == b.item
        assert x == {"first": a, "second": b}[str(page.right)]
    assert len({page.clips[0].item for page in pages}) == wanted


def test_sides_and_x_are_drawn_evenly() -> None:
    block = {"kind": "abx", "name": "abx", "pairs": [[REAL, MODEL]], "per_pair": 1, "ask": "?"}
    drawn: Counter[tuple[str, str | None]] = Counter()
    for number in range(400):
        page = draw_plan(design_of(block), clips_of(3), {}, number)[-1]
        drawn[page.clips[0].condition, page.right] += 1
    assert len(drawn) == 4
    assert min(drawn.values()) > 70


def test_the_volume_is_set_with_a_clip_that_is_not_asked_about() -> None:
    design = design_of(RATE | {"conditions": [REAL], "per_condition": 3})
    for number in range(20):
        volume, *others = draw_plan(design, clips_of(3), {}, number)
        assert volume.kind == "volume"
        assert volume.clips[0].id not in {clip.id for page in others for clip in page.clips}


def test_missing_clips_are_one_line() -> None:
    with pytest.raises(InputError, match=f"block rate: condition {REAL} has no clips"):
        draw_plan(design_of(RATE), [Clip("a", ANCHOR, "x", 1.0)], {}, 0)
    with pytest.raises(InputError, match="no clips to listen to"):
        draw_plan(example_design(blocks=[example_design().blocks[-1].model_dump()]), [], {}, 0)


def test_pages_know_their_questions_and_are_the_same_after_json() -> None:
    design = example_design()
    plan = draw_plan(design, clips_of(4), {}, 0)
    assert [page.kind for page in plan[:3]] == ["volume", "demographics", "intro"]
    asked = {page.kind: [question.name for question in questions_of(design, page)] for page in plan}
    assert asked == {
        "volume": [],
        "intro": [],
        "demographics": ["age", "instrument"],
        "detect": ["detect"],
        "rate": ["quality", "why"],
        "attention": ["attention"],
        "abx": ["abx"],
        "ask": ["effort", "remark"],
    }
    for page in plan:
        assert Page.from_json(asdict(page)) == page
        assert must_listen(design, page) == (page.kind in ("volume", "detect", "rate", "attention", "abx"))
