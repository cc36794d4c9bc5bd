"""Designs that mixdream brings along: the thesis's test, preference, mean opinion scores, ABX."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from mixdream.errors import InputError
from mixdream.survey.design.blocks import Compare, Detect, Rate
from mixdream.survey.design.design import Completion, Condition, Design
from mixdream.survey.design.question import Option, Question
from mixdream.survey.planning.preset_texts import say

REAL, THROUGH, ANCHOR = "real", "real-inverted", "anchor"
"""Conditions: real clips as they are, through our own inversion, and made bad on purpose."""

MOST_TRIALS = 4
"""Of each pair or condition, per listener, unless there are fewer clips."""


NO_CONTACT = "[name, institution, e-mail address]"
"""What stands in the consent until somebody says who asks."""


@dataclass(frozen=True)
class Material:
    """What a design is made from.

    Parameters
    ----------
    real : str
        Folder of real clips, from the design's own folder.
    generated : mapping of condition name to folder
    through : str, optional
        Grid that real clips go through; None leaves them as they are.
    trials : int, >= 1
        Clips that every folder has at least.
    languages : sequence of {"en", "de"}
    title, contact : str, optional
        Contact: who asks, and how to reach them.
    """

    real: str
    generated: Mapping[str, str]
    through: str | None
    trials: int = MOST_TRIALS
    languages: tuple[str, ...] = ("en",)
    title: str | None = None
    contact: str | None = None


def thesis_design(material: Material) -> Design:
    """The thesis's test (4.7): three questions, two clips each, which of them sound AI-generated?

    Generated and real, real and generated, generated twice, in this order for everybody. Takes four generated
    and two real clips, and more than that gives listeners different ones.

    Raises
    ------
    InputError
        Not exactly one folder of generated clips.
    """
    if len(material.generated) != 1:
        raise InputError(
            f"the thesis's test has one folder of generated clips, got {len(material.generated)}: give "
            "--generated once"
        )
    (generated,) = material.generated
    languages = material.languages
    block = Detect(
        kind="detect",
        name="detect",
        trials=((generated, REAL), (REAL, generated), (generated, generated)),
        ask=say("detect", languages),
        options=(
            say("option_1", languages),
            say("option_2", languages),
            say("none", languages),
            say("both", languages),
        ),
    )
    real = Condition(folder=material.real, through=material.through)
    return _design(material, "title_thesis", {REAL: real, **_generated(material)}, block)


def preference_design(material: Material) -> Design:
    """Pairs of clips, each of two conditions: which one is preferred? Every pair of conditions is asked.

    Raises
    ------
    InputError
        No folder of generated clips.
    """
    _need_generated(material, "a preference test")
    conditions = {REAL: Condition(folder=material.real, through=material.through), **_generated(material)}
    block = Compare(
        kind="prefer",
        name="prefer",
        pairs=tuple(combinations(conditions, 2)),
        per_pair=min(MOST_TRIALS, material.trials),
        ask=say("prefer", material.languages),
        allow_tie=True,
        options=("A", "B", say("no_preference", material.languages)),
    )
    return _design(material, "title_preference", conditions, block)


def mos_design(material: Material) -> Design:
    """Mean opinion scores: one clip at a time, from 1 (bad) to 5 (excellent), with one attention item.

    Conditions are real clips, the same through our inversion, each folder of generated ones, and an anchor.
    """
    _need_generated(material, "a test of opinion scores")
    conditions = {REAL: Condition(folder=material.real)}
    if material.through:
        conditions[THROUGH] = Condition(folder=material.real, through=material.through)
    conditions |= _generated(material)
    conditions[ANCHOR] = Condition(folder=material.real, anchor=True)
    languages = material.languages
    block = Rate(
        kind="rate",
        name="rate",
        intro=say("rate_intro", languages),
        attention=1,
        conditions=tuple(conditions),
        per_condition=min(MOST_TRIALS, material.trials),
        questions=(
            Question(
                name="quality",
                kind="scale",
                ask=say("rate", languages),
                lowest_label=say("rate_lowest", languages),
                highest_label=say("rate_highest", languages),
            ),
        ),
    )
    return _design(material, "title_mos", conditions, block)


def abx_design(material: Material) -> Design:
    """ABX: is X A or B? Whether generated clips can be told from real files of the same name.

    Without generated clips it is our own inversion that is to be heard: real clips and the same through a
    grid.

    Raises
    ------
    InputError
        Nothing to compare real clips with.
    """
    through = material.through if material.generated else None
    conditions = {REAL: Condition(folder=material.real, through=through), **_generated(material)}
    if not material.generated:
        if not material.through:
            raise InputError(
                "abx compares real clips with --generated ones, or with themselves --through a grid: give one"
            )
        conditions[THROUGH] = Condition(folder=material.real, through=material.through)
    block = Compare(
        kind="abx",
        name="abx",
        pairs=tuple((REAL, other) for other in conditions if other != REAL),
        per_pair=min(MOST_TRIALS, material.trials),
        same_item=True,
        ask=say("abx", material.languages),
        options=("A", "B"),
    )
    return _design(material, "title_abx", conditions, block)


@dataclass(frozen=True)
class Preset:
    """A design that mixdream brings along, and the grid that it sends real clips through unless told."""

    make: Callable[[Material], Design]
    through: str


PRESETS = {
    "thesis": Preset(thesis_design, "thesis"),
    "preference": Preset(preference_design, "studio-8k"),
    "mos": Preset(mos_design, "studio-8k"),
    "abx": Preset(abx_design, "studio-8k"),
}


def demographics(languages: tuple[str, ...]) -> tuple[Question, ...]:
    """The thesis's four questions about listeners (4.7); it does not say which answers it offered."""
    ages = tuple(
        Option(value=f"age-{span}", label=span.replace("-", "–"))
        for span in ("18-24", "25-34", "35-44", "45-54", "55-64")
    )
    return (
        Question(
            name="age",
            ask=say("age", languages),
            options=(
                *ages,
                Option(value="age-65", label=say("older", languages)),
                Option(value="no-answer", label=say("no_answer", languages)),
            ),
        ),
        _choice("music", ("none", "hobby", "trained", "professional"), languages),
        _choice("familiar", ("none", "heard", "listened", "made"), languages),
        _choice("often", ("daily", "weekly", "monthly", "rarely"), languages),
    )


def _choice(name: str, values: tuple[str, ...], languages: tuple[str, ...]) -> Question:
    options = tuple(Option(value=value, label=say(f"{name}_{value}", languages)) for value in values)
    return Question(name=name, ask=say(name, languages), options=options)


def _design(
    material: Material, title: str, conditions: dict[str, Condition], block: Detect | Compare | Rate
) -> Design:
    """A design around one block."""
    languages = material.languages
    return Design(
        version=1,
        title=material.title or say(title, languages),
        languages=languages,
        consent=say("consent", languages, contact=material.contact or NO_CONTACT),
        volume=say("volume", languages),
        withdrawal=say("withdrawal", languages),
        demographics=demographics(languages),
        conditions=conditions,
        blocks=(block,),
        completion=Completion(text=say("done", languages)),
    )


def _generated(material: Material) -> dict[str, Condition]:
    return {name: Condition(folder=folder, generated=True) for name, folder in material.generated.items()}


def _need_generated(material: Material, what: str) -> None:
    if not material.generated:
        raise InputError(f"{what} needs clips to judge: give --generated FOLDER")
