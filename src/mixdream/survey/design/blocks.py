"""Blocks of a listening test: what listeners do, one kind of task after the other."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mixdream.survey.design.question import (
    ATTENTION,
    Misplaced,
    Name,
    Part,
    Question,
    check_not_reserved,
    check_unique,
)
from mixdream.survey.design.texts import Text

DETECT_ANSWERS = ("first", "second", "none", "both")
"""Values of a ``detect`` block: which of two clips, if any, sound generated (thesis 4.7)."""

Pair = tuple[Name, Name]


class Block(Part):
    """What all blocks have.

    Parameters
    ----------
    intro : text, optional
        A page before it.
    must_listen : bool
        Whether every clip has to be heard to its end before an answer is taken.
    attention : int
        Attention items hidden among its trials: "how many tones?", about a clip that mixdream makes.
    """

    name: Name
    intro: Text | None = None
    must_listen: bool = True
    attention: int = Field(0, ge=0, le=10)


class Detect(Block):
    """Two clips: which of them, if any, sound generated? (thesis 4.7)

    Parameters
    ----------
    trials : sequence of two condition names
        The conditions of option 1 and option 2 of each trial.
    options : 4 texts
        How the answers are called: option 1, option 2, none, both.
    shuffle_trials, shuffle_clips : bool
        Whether the order of trials, and which clip is option 1, is drawn for each listener; the thesis has
        both fixed.
    """

    kind: Literal["detect"]
    trials: Annotated[tuple[Pair, ...], Field(min_length=1, max_length=200)]
    ask: Text
    options: tuple[Text, Text, Text, Text] = ("Option 1", "Option 2", "None", "Both")
    shuffle_trials: bool = False
    shuffle_clips: bool = False


class Compare(Block):
    """Pairs of clips of two conditions: which is better (``prefer``), or which is X (``abx``)?

    Parameters
    ----------
    kind : {"prefer", "abx"}
        In ``abx`` listeners hear A, B and X, which is one of the two; answers are ``first`` and ``second``.
        In ``prefer`` there is ``tie``, too, where ``allow_tie``.
    per_pair : int
        Trials per listener for each of the pairs.
    same_item : bool
        Only clips of the same item are compared.
    options : 2 or 3 texts
        How the answers are called: first, second and, where it is allowed, neither.
    """

    kind: Literal["prefer", "abx"]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1, max_length=100)]
    per_pair: int = Field(4, ge=1, le=200)
    same_item: bool = False
    ask: Text
    allow_tie: bool = False
    options: tuple[Text, ...] = ("A", "B", "No preference")

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.kind == "abx" and self.allow_tie:
            raise Misplaced("abx has no tie: X is A or B", "allow_tie")
        if len(self.options) < 2 + self.allow_tie:
            raise Misplaced("options must name the first, the second and, with allow_tie, neither", "options")
        for i, (a, b) in enumerate(self.pairs):
            if a == b:
                raise Misplaced("a pair needs two different conditions", "pairs", i)
        return self


class Rate(Block):
    """One clip at a time, with questions about it; a mean opinion score where that is a scale from 1 to 5.

    Parameters
    ----------
    per_condition : int
        Clips of each condition per listener.
    questions : sequence of Question
        Asked together on one page; "is it generated?" and "do you like it?" belong into two blocks.
    """

    kind: Literal["rate"]
    conditions: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]
    per_condition: int = Field(4, ge=1, le=200)
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _unique_names(self) -> Self:
        check_unique("conditions", self.conditions)
        _check_questions(self.questions)
        return self


class Ask(Part):
    """Questions between blocks, without clips."""

    kind: Literal["ask"]
    name: Name
    intro: Text | None = None
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=30)]

    @model_validator(mode="after")
    def _unique_names(self) -> Self:
        _check_questions(self.questions)
        return self


AnyBlock = Annotated[Detect | Compare | Rate | Ask, Field(discriminator="kind")]


def condition_keys(block: AnyBlock) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Conditions whose clips a block plays, each with the keys that lead to its name from the block."""
    if isinstance(block, Ask):
        return
    if isinstance(block, Rate):
        yield from ((("conditions", i), name) for i, name in enumerate(block.conditions))
        return
    key, pairs = ("trials", block.trials) if isinstance(block, Detect) else ("pairs", block.pairs)
    for i, pair in enumerate(pairs):
        yield from (((key, i, j), name) for j, name in enumerate(pair))


def _check_questions(questions: tuple[Question, ...]) -> None:
    check_unique("questions", [question.name for question in questions], "name")
    for i, question in enumerate(questions):
        check_not_reserved(question.name, (ATTENTION,), "questions", i, "name")
