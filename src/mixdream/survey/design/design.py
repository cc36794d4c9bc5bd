"""The design of a listening test: what a ``survey.yaml`` may say, and what it means.

A design is a file for people. Whoever listens sees its texts and its clips under opaque names; which
condition a clip is of never leaves the server.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mixdream.spectrogram.grid import NAMED_GRIDS
from mixdream.survey.design.blocks import AnyBlock, Ask, condition_keys
from mixdream.survey.design.panel import Panel
from mixdream.survey.design.question import (
    ATTENTION,
    HEADPHONES,
    Language,
    Line,
    Misplaced,
    Name,
    Part,
    Question,
    Text,
    check_not_reserved,
    check_unique,
)
from mixdream.survey.design.words import WORDS, words_in

_FILLED_IN = re.compile(r"\{\w*\}")

DEMOGRAPHICS = "demographics"
"""Block name of the answers to `Design.demographics`."""

_RESERVED = (ATTENTION, DEMOGRAPHICS, HEADPHONES)


class Condition(Part):
    """Clips that are compared with others: a folder of sound files, and what is done to them.

    Files of the same name in the folders of two conditions are the same item, heard in two conditions.
    """

    folder: str = Field(min_length=1)  # from the design's own
    generated: bool = False  # whether a listener who calls its clips generated is right
    through: str | None = None  # a grid by name: real clips get the quality of generated ones
    anchor: bool = False  # made bad on purpose: who rates it high did not listen
    lowpass_hz: Literal[3500, 7000] | None = None  # low and mid anchor of BS.1534-3

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.through is not None and self.through not in NAMED_GRIDS:
            raise Misplaced(f"unknown grid '{self.through}'; there are {', '.join(NAMED_GRIDS)}", "through")
        if self.through is not None and self.anchor:
            raise ValueError("a condition goes through a grid or is an anchor, not both")
        if self.lowpass_hz is not None and self.anchor:
            raise ValueError("a condition is one anchor, anchor or lowpass_hz, not both")
        if "\0" in self.folder or PurePosixPath(self.folder) == PurePosixPath("."):
            raise Misplaced("folder must be a folder of sound files", "folder")
        return self


class Completion(Part):
    """The last page."""

    text: Text = "Thank you. Your answers are saved; you can close this page."
    code: Annotated[str, StringConstraints(max_length=100)] | None = None  # as panels want it
    own_code: bool = False  # one for each listener instead; sessions.csv of an export has it
    show_score: bool = False  # how often the listener was right, in detect and abx

    @model_validator(mode="after")
    def _one_code(self) -> Self:
        if self.code and self.own_code:
            raise Misplaced("code is the same for all, own_code gives each their own: choose one", "own_code")
        return self


class Headphones(Part):
    """A test for headphones after the volume page; whoever fails it is screened out."""

    trials: int = Field(6, ge=1, le=12)  # of three tones each: which is the quietest?
    pass_mark: int = Field(5, ge=1, le=12)  # right answers; guessing reaches 5 of 6 in 2 %

    @model_validator(mode="after")
    def _can_be_passed(self) -> Self:
        if self.pass_mark > self.trials:
            raise Misplaced(f"{self.pass_mark} of {self.trials} cannot be right", "pass_mark")
        return self


class Exclusions(Part):
    """When a listener does not count; analysis lists who and by which rule, raw answers stay."""

    wrong_attention: int = Field(0, ge=0)  # more wrong attention items than this exclude
    fastest_share: float = Field(0.5, ge=0, le=1)  # less than this share of all seconds of the clips heard
    post_screening: bool = True  # by hidden reference and mid anchor (BS.1534-3, 4.1.2)


class Design(Part):
    """A listening test."""

    version: Literal[1]
    title: Text
    # The first is shown unless the listener's browser prefers another of them.
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    seed: int = Field(0, ge=0, lt=2**53)  # assignment and order of every listener follow from it
    loudness_lufs: float = Field(-20.0, ge=-40, le=-10)
    resume_hours: float = Field(72.0, gt=0, le=24 * 365)  # since the last answer, on any device
    consent: Text  # who asks, and what for
    volume: Text  # of the page where it is set
    headphones: Headphones | None = None
    withdrawal: Text  # beside it stands the listener's own link for deleting all answers
    words: dict[Language, dict[str, Line]] | None = None  # in place of mixdream's own, by language and name
    demographics: Annotated[tuple[Question, ...], Field(max_length=30)] = ()
    conditions: dict[Name, Condition]
    blocks: Annotated[tuple[AnyBlock, ...], Field(min_length=1, max_length=50)]
    completion: Completion = Completion()
    panel: Panel = Panel()
    exclusions: Exclusions = Exclusions()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        check_unique("languages", self.languages)
        check_unique("demographics", [question.name for question in self.demographics], "name")
        check_unique("blocks", [block.name for block in self.blocks], "name")
        for name in self.conditions:
            check_not_reserved(name, _RESERVED, "conditions", name)
        for i, block in enumerate(self.blocks):
            check_not_reserved(block.name, _RESERVED, "blocks", i, "name")
            for where, name in condition_keys(block):
                if name not in self.conditions:
                    raise Misplaced(
                        f"block {block.name}: unknown condition '{name}'; there are "
                        f"{', '.join(self.conditions) or 'none'}",
                        *("blocks", i, *where),
                    )
        for language, words in (self.words or {}).items():
            for name, text in words.items():
                _check_word(language, name, text)
        for keys, text in _texts(self):
            if missing := set(self.languages) - set(text):
                name = ".".join(map(str, keys))
                raise Misplaced(f"{name} is missing in {', '.join(sorted(missing))}", *keys)
        return self

    def words_in(self, language: str) -> dict[str, str]:
        """What the pages say beside the design's texts."""
        return words_in(language) | (self.words or {}).get(language, {})

    @property
    def heard_conditions(self) -> tuple[str, ...]:
        """Names of the conditions that blocks play, each once."""
        return tuple(dict.fromkeys(name for block in self.blocks for _, name in condition_keys(block)))

    @property
    def has_attention(self) -> bool:
        """Whether there are attention items."""
        return any(not isinstance(block, Ask) and block.attention > 0 for block in self.blocks)

    @property
    def hash(self) -> str:
        """Fingerprint of the whole design, 16 hexadecimal digits; stored with each answer."""
        # Without defaults: keys that a later version adds change nothing.
        content = json.dumps(self.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def _check_word(language: str, name: str, text: str) -> None:
    """Raise Misplaced where a word is none of mixdream's, or lacks what is filled in."""
    known, where = WORDS["en"], ("words", language, name)
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        raise Misplaced(f"there is no word '{name}'{f'; the nearest is {near[0]}' if near else ''}", *where)
    if sorted(_FILLED_IN.findall(text)) != sorted(_FILLED_IN.findall(known[name])):
        wanted = " and ".join(_FILLED_IN.findall(known[name])) or "nothing in braces"
        raise Misplaced(f"'{name}' must have {wanted}, as '{known[name]}'", *where)


def _texts(part: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """All texts that are given by language, and where."""
    if isinstance(part, dict):
        yield keys, part
    elif isinstance(part, tuple):
        for i, inside in enumerate(part):
            yield from _texts(inside, (*keys, i))
    elif isinstance(part, Part):
        for key, inside in part:
            if key not in ("conditions", "words"):  # the mappings that are no texts
                yield from _texts(inside, (*keys, key))
