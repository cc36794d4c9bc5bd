"""Blocks of a listening test: what listeners do, one kind of task after the other."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mixdream.survey.design.question import (
    ATTENTION,
    Misplaced,
    Name,
    Part,
    Question,
    Text,
    check_not_reserved,
    check_unique,
)

DETECT_ANSWERS = ("first", "second", "none", "both")
"""Values of a ``detect`` block: which of two clips, if any, sound generated (thesis 4.7)."""

MOST_TOGETHER = 12
"""Clips rated on one page, as many as BS.1534-3 allows."""

MOST_FOLLOW_UPS = 5

RATING = "rating_"
"""Questions of a ``multi`` page: rating_1 is about the first clip that is rated, and so on."""

Pair = tuple[Name, Name]


class Block(Part):
    """What all blocks have."""

    name: Name
    intro: Text | None = None  # a page before it
    must_listen: bool = True  # every clip to its end before an answer is taken
    attention: int = Field(0, ge=0, le=10)  # items hidden among its trials: how many tones?
    practice: int = Field(0, ge=0, le=10)  # trials before it that do not count; what was right is said


class Judged(Block):
    """A block whose trials have a question of their own; others may follow it on its page."""

    follow_up: Annotated[tuple[Question, ...], Field(max_length=MOST_FOLLOW_UPS)] = ()  # how sure, why

    @model_validator(mode="after")
    def _names_of_their_own(self) -> Self:
        check_unique("follow_up", [question.name for question in self.follow_up], "name")
        for i, question in enumerate(self.follow_up):
            own = (question.name,) if question.name.startswith(RATING) else ("detect", "prefer", "abx")
            check_not_reserved(question.name, (ATTENTION, *own), "follow_up", i, "name")
        return self


class Detect(Judged):
    """Two clips: which of them, if any, sound generated? (thesis 4.7)"""

    kind: Literal["detect"]
    trials: Annotated[tuple[Pair, ...], Field(min_length=1, max_length=200)]  # conditions of both options
    ask: Text
    options: tuple[Text, Text, Text, Text] = ("Option 1", "Option 2", "None", "Both")
    # Whether the order of trials, and which clip is option 1, is drawn for each listener.
    shuffle_trials: bool = False
    shuffle_clips: bool = False


class Compare(Judged):
    """Pairs of clips of two conditions: which is better (``prefer``), or which is X (``abx``)?

    In ``abx`` listeners hear A, B and X, which is one of the two; answers are ``first`` and ``second``. In
    ``prefer`` there is ``tie``, too, where ``allow_tie``.
    """

    kind: Literal["prefer", "abx"]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1, max_length=100)]
    per_pair: int = Field(4, ge=1, le=200)  # trials of each listener
    same_item: bool = False  # only clips of one item are compared
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

    Questions are asked together on one page: "is it generated?" and "do you like it?" belong into two blocks.
    """

    kind: Literal["rate"]
    conditions: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]
    per_condition: int = Field(4, ge=1, le=200)  # clips of each listener
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _unique_names(self) -> Self:
        check_unique("conditions", self.conditions)
        _check_questions(self.questions)
        return self


class Multi(Judged):
    """Several clips on one page, a rating of each.

    With a ``reference`` it is MUSHRA as ITU-R BS.1534-3 has it: all clips are of one item; that of the
    reference is heard openly, and once more hidden among those that are rated. Clips of one item are switched
    in place, others begin when they are played.
    """

    kind: Literal["multi"]
    conditions: Annotated[tuple[Name, ...], Field(min_length=2, max_length=MOST_TOGETHER)]
    reference: Name | None = None  # one of the conditions
    same_item: bool = False  # files of one name; with a reference they always are
    pages: int = Field(4, ge=1, le=200)  # of each listener, each with a clip of every condition
    question: Question  # about every clip: a scale

    @model_validator(mode="after")
    def _rated(self) -> Self:
        check_unique("conditions", self.conditions)
        if self.reference is not None and self.reference not in self.conditions:
            message = f"reference '{self.reference}' must be one of conditions: it is hidden among them"
            raise Misplaced(message, "reference")
        if self.question.kind != "scale" or not self.question.required:
            raise Misplaced("the question about each clip must be a scale, and required", "question")
        return self

    @property
    def of_one_item(self) -> bool:
        """Whether the clips of a page are one piece of music in several conditions."""
        return self.same_item or self.reference is not None


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


AnyBlock = Annotated[Detect | Compare | Rate | Multi | Ask, Field(discriminator="kind")]


def condition_keys(block: AnyBlock) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Conditions whose clips a block plays, each with the keys that lead to its name from the block."""
    if isinstance(block, Ask):
        return
    if isinstance(block, Rate | Multi):
        yield from ((("conditions", i), name) for i, name in enumerate(block.conditions))
        return
    key, pairs = ("trials", block.trials) if isinstance(block, Detect) else ("pairs", block.pairs)
    for i, pair in enumerate(pairs):
        yield from (((key, i, j), name) for j, name in enumerate(pair))


def clips_heard(block: Detect | Compare | Rate | Multi) -> Counter[str]:
    """Clips of each condition that one listener hears in a block."""
    if isinstance(block, Rate):
        return Counter(dict.fromkeys(block.conditions, block.per_condition))
    if isinstance(block, Multi):
        return Counter(dict.fromkeys(block.conditions, block.pages))
    if isinstance(block, Detect):
        return Counter(name for trial in block.trials for name in trial)
    return Counter(name for pair in block.pairs for name in pair for _ in range(block.per_pair))


def clips_practised(block: Detect | Compare | Rate | Multi) -> Counter[str]:
    """Clips of each condition that one listener hears in practice: kinds of trials take turns."""
    turns = range(block.practice)
    if isinstance(block, Rate):
        return Counter(block.conditions[i % len(block.conditions)] for i in turns)
    if isinstance(block, Multi):
        return Counter(name for _ in turns for name in block.conditions)
    trials = list(dict.fromkeys(block.trials if isinstance(block, Detect) else block.pairs))
    return Counter(name for i in turns for name in trials[i % len(trials)])


def _check_questions(questions: tuple[Question, ...]) -> None:
    check_unique("questions", [question.name for question in questions], "name")
    for i, question in enumerate(questions):
        check_not_reserved(question.name, (ATTENTION,), "questions", i, "name")
