"""Questions of a listening test, and what all parts of a design have in common."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Text = Line | dict[Language, Line]
"""What listeners read: a text for all languages, or ``{en: ..., de: ...}``."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]

ATTENTION = "attention"
"""Question, and condition of the clip, of an attention item: how many tones are in it."""

HEADPHONES = "headphones"
"""Question, block, and condition of the clips, of the test for headphones: which tone is the quietest."""

PRACTICE = "practice"
"""Kind of the answers to trials that do not count."""

FOLLOW_UP = "follow_up"
"""Kind of the answers to questions that follow that of a trial."""

MOST_STEPS = 11
"""A scale with more steps is a slider."""

LONGEST_TEXT = 2000
"""Characters of a free text."""


class Misplaced(ValueError):
    """Parts of a design do not fit together; ``where`` are the keys that lead there from the part checked."""

    def __init__(self, message: str, *where: str | int) -> None:
        super().__init__(message)
        self.where = where


class Part(BaseModel):
    """Part of a design: keys it does not know are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(Part):
    """One of the answers to choose from."""

    value: Name  # what is stored
    label: Text  # what is read
    screens_out: bool = False  # whoever chooses it is not asked any further


class Question(Part):
    """A question about a clip, or about the listener."""

    name: Name  # of its answers; unique in its block
    ask: Text
    # One of options; a whole number from lowest to highest; or a free text.
    kind: Literal["choice", "scale", "text"] = "choice"
    options: tuple[Option, ...] = ()
    lowest: int = Field(1, ge=-100, le=100)
    highest: int = Field(5, ge=-100, le=100)
    lowest_label: Text | None = None
    highest_label: Text | None = None
    step_labels: tuple[Text, ...] = ()  # of a scale, one for each step; without them only its ends have some
    part_labels: tuple[Text, ...] = ()  # of a slider, one for each of as many equal parts
    required: bool = True

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        if (self.kind == "choice") != bool(self.options):
            raise ValueError("a choice needs options, and only a choice has them")
        if self.kind == "choice":
            check_unique("options", [option.value for option in self.options], "value")
            if len(self.options) < 2:
                raise Misplaced("a choice needs two options at least", "options")
        if self.kind == "scale" and not 1 <= self.highest - self.lowest <= 100:
            raise ValueError(f"a scale from {self.lowest} to {self.highest} is not possible: 2 to 101 steps")
        number, steps = len(self.step_labels), self.highest - self.lowest + 1
        if number and (self.kind != "scale" or number != steps or steps > MOST_STEPS):
            message = f"step_labels must be one for each step of a scale of at most {MOST_STEPS}"
            raise Misplaced(message, "step_labels")
        parts = len(self.part_labels)
        if parts and (self.kind != "scale" or steps <= MOST_STEPS or not 2 <= parts <= MOST_STEPS):
            message = f"part_labels must be 2 to {MOST_STEPS}, of a scale of more than {MOST_STEPS} steps"
            raise Misplaced(message, "part_labels")
        return self

    def screens_out(self, value: str) -> bool:
        """Whether an answer ends the test for whoever gives it."""
        return any(option.screens_out and option.value == value for option in self.options)

    def allows(self, value: str) -> bool:
        """Whether an answer, as it is stored, is one of those that the question has."""
        if self.kind == "choice":
            return any(option.value == value for option in self.options)
        if self.kind == "scale":
            return value in {str(step) for step in range(self.lowest, self.highest + 1)}
        return len(value) <= LONGEST_TEXT


def check_unique(what: str, names: Sequence[str], key: str = "") -> None:
    """Raise Misplaced where a name is in a list twice; ``key`` is its place in a member of the list."""
    for i, name in enumerate(names):
        if name in names[:i]:
            raise Misplaced(f"{what} has '{name}' twice", what, i, *([key] if key else []))


def check_not_reserved(name: str, reserved: Sequence[str], *where: str | int) -> None:
    """Raise Misplaced where a name is one of mixdream's own."""
    if name in reserved:
        raise Misplaced(f"'{name}' is a name of mixdream's own: choose another", *where)


def in_language(text: Text, language: str) -> str:
    """Return a text in a language that the design has.

    >>> in_language({"en": "none", "de": "keine"}, "de"), in_language("both", "de")
    ('keine', 'both')
    """
    return text if isinstance(text, str) else text[language]
