"""The design of a listening test: what a ``survey.yaml`` may say, and what it means.

A design is a file for people. Whoever listens sees its texts and its clips under opaque names; which
condition a clip is of never leaves the server.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mixdream.spectrogram.grid import NAMED_GRIDS
from mixdream.survey.design.blocks import (
    AnyBlock,
    Ask,
    condition_names,
    condition_places,
)
from mixdream.survey.design.question import (
    ATTENTION,
    Misplaced,
    Name,
    Part,
    Question,
    check_unique,
)
from mixdream.survey.design.texts import Language, Text

DEMOGRAPHICS = "demographics"
"""Block name of the answers to `Design.demographics`."""


class Condition(Part):
    """Clips that are compared with others: a folder of sound files, and what is done to them.

    Parameters
    ----------
    folder : str
        Of sound files, from the design's own folder. Files of the same name in the folders of two
        conditions are the same item, heard in two conditions.
    generated : bool
        Whether a listener who calls its clips generated is right.
    through : str, optional
        A grid by name, as ``studio-8k`` or ``thesis``: clips are turned into spectrograms and back, so that
        their quality is that of generated ones.
    anchor : bool
        Clips are made bad on purpose (low-passed at 1 kHz, coarse): who rates them high did not listen.
    """

    folder: str = Field(min_length=1)
    generated: bool = False
    through: str | None = None
    anchor: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.through is not None and self.through not in NAMED_GRIDS:
            raise Misplaced(f"unknown grid '{self.through}'; there are {', '.join(NAMED_GRIDS)}", "through")
        if self.through is not None and self.anchor:
            raise ValueError("a condition goes through a grid or is an anchor, not both")
        if "\0" in self.folder or PurePosixPath(self.folder) == PurePosixPath("."):
            raise Misplaced("folder must be a folder of sound files", "folder")
        return self


class Completion(Part):
    """The last page.

    Parameters
    ----------
    text : text
    code : str, optional
        Shown to whoever has finished, as panels want it.
    show_score : bool
        Whether listeners are told how often they were right (``detect`` and ``abx``).
    """

    text: Text = "Thank you. Your answers are saved; you can close this page."
    code: Annotated[str, StringConstraints(max_length=100)] | None = None
    show_score: bool = False


class Exclusions(Part):
    """When a listener does not count; analysis lists who and by which rule, raw answers stay.

    Parameters
    ----------
    wrong_attention : int
        More wrong attention items than this exclude.
    fastest_share : float in [0, 1]
        Whoever heard less than this share of all seconds of the clips on their pages is excluded.
    """

    wrong_attention: int = Field(0, ge=0)
    fastest_share: float = Field(0.5, ge=0, le=1)


class Design(Part):
    """A listening test.

    Parameters
    ----------
    version : 1
    title : text
    languages : sequence of language codes
        The first is shown unless the listener's browser prefers another of them.
    seed : int
        Assignment and order of every listener follow from it.
    loudness_lufs : float
        All clips are brought to it.
    resume_hours : float
        How long a listener can go on after the last answer, on any device.
    consent, volume : text
        The first page and the one where the volume is set. Consent names who asks and what for.
    withdrawal : text
        Says that answers can be deleted; beside it stands the listener's own link for doing so.
    demographics : sequence of Question
    conditions : {name: Condition}
    blocks : sequence of Detect, Compare, Rate or Ask
        In this order.
    completion : Completion
    exclusions : Exclusions
    """

    version: Literal[1]
    title: Text
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    seed: int = Field(0, ge=0, lt=2**53)
    loudness_lufs: float = Field(-20.0, ge=-40, le=-10)
    resume_hours: float = Field(72.0, gt=0, le=24 * 365)
    consent: Text
    volume: Text
    withdrawal: Text
    demographics: Annotated[tuple[Question, ...], Field(max_length=30)] = ()
    conditions: dict[Name, Condition]
    blocks: Annotated[tuple[AnyBlock, ...], Field(min_length=1, max_length=50)]
    completion: Completion = Completion()
    exclusions: Exclusions = Exclusions()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        check_unique("languages", self.languages)
        check_unique("demographics", [question.name for question in self.demographics], "name")
        check_unique("blocks", [block.name for block in self.blocks], "name")
        for name in self.conditions:
            if name in _RESERVED:
                raise Misplaced(_reserved(name), "conditions", name)
        for i, block in enumerate(self.blocks):
            if block.name in _RESERVED:
                raise Misplaced(_reserved(block.name), "blocks", i, "name")
            for where, name in condition_places(block):
                if name not in self.conditions:
                    raise Misplaced(
                        f"block {block.name}: unknown condition '{name}'; there are "
                        f"{', '.join(self.conditions) or 'none'}",
                        *("blocks", i, *where),
                    )
        for place, text in _texts(self.model_dump(exclude={"conditions"})):
            missing = set(self.languages) - set(text)
            if missing:
                name = ".".join(str(part) for part in place)
                raise Misplaced(f"{name} is missing in {', '.join(sorted(missing))}", *place)
        return self

    @property
    def heard_conditions(self) -> tuple[str, ...]:
        """Names of the conditions that blocks play, each once."""
        return tuple(dict.fromkeys(name for block in self.blocks for name in condition_names(block)))

    @property
    def has_attention(self) -> bool:
        """Whether there are attention items."""
        return any(not isinstance(block, Ask) and block.attention > 0 for block in self.blocks)

    @property
    def hash(self) -> str:
        """Fingerprint of everything that it says, 16 hexadecimal digits; stored with each answer."""
        # Without defaults: keys that a later version adds change nothing.
        content = json.dumps(self.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


_RESERVED = frozenset((ATTENTION, DEMOGRAPHICS))


def _reserved(name: str) -> str:
    return f"'{name}' is a name of mixdream's own: choose another"


_TEXT_KEYS = frozenset(
    (
        "title",
        "consent",
        "volume",
        "withdrawal",
        "text",
        "intro",
        "ask",
        "label",
        "lowest_label",
        "highest_label",
    )
)


def _texts(
    value: Any, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], dict[str, str]]]:
    """All texts that are given by language, and where."""
    if isinstance(value, dict):
        for key, inside in value.items():
            if key in _TEXT_KEYS and isinstance(inside, dict):
                yield (*place, key), inside
            elif key == "options":
                for i, option in enumerate(inside):
                    is_text = isinstance(option, dict) and "label" not in option
                    found = (*place, key, i)
                    yield from [(found, option)] if is_text else _texts(option, found)
            else:
                yield from _texts(inside, (*place, key))
    elif isinstance(value, list | tuple):
        for i, inside in enumerate(value):
            yield from _texts(inside, (*place, i))
