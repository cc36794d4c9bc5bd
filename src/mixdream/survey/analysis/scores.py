"""The thesis's scores (4.7): 2 where exactly the generated clips were named, 1 for half, 0 for nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from mixdream.errors import InputError, explain_problem
from mixdream.survey.design.question import Part
from mixdream.survey.design.yaml_lines import read_yaml

Choice = Literal["first", "second", "none", "both"]
CHOICES: tuple[Choice, ...] = ("first", "second", "none", "both")
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]

THESIS = "thesis"
"""Name of the built-in counts: those of the thesis."""

_MOST_BYTES = 1_000_000

_SCORES: dict[Choice, dict[Choice, int]] = {
    "first": {"first": 2, "both": 1, "second": 0, "none": 0},
    "second": {"second": 2, "both": 1, "first": 0, "none": 0},
    "both": {"both": 2, "first": 1, "second": 1, "none": 0},
    "none": {"none": 2, "first": 1, "second": 1, "both": 0},
}


def score(value: Choice, right: Choice) -> int:
    """Score of an answer, 0 to 2; ``right`` says which clips are generated.

    Where one clip is generated, 2 is that one alone, 1 is both, 0 the other or none. Where both are, 2 is
    both, 1 is one of them, 0 none. Where none is, which the thesis does not have, 2 is none and 0 both.

    >>> score("both", "first"), score("first", "both"), score("none", "second")
    (1, 1, 0)
    """
    return _SCORES[right][value]


class QuestionCounts(Part):
    """Answers to one question."""

    name: Line
    right: Choice  # which clips are generated
    choices: dict[Choice, Count] | None = None  # how many chose each
    scores: tuple[Count, Count, Count] | None = None  # of 0, 1 and 2; where the choices are not known

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.choices is None) == (self.scores is None):
            raise ValueError("give either choices or scores: scores follow from choices")
        if self.choices is not None and set(self.choices) != set(CHOICES):
            raise ValueError(f"choices needs all of {', '.join(CHOICES)}")
        return self

    @property
    def answers(self) -> int:
        """Number of listeners who answered."""
        return sum(self.by_score)

    @property
    def by_score(self) -> tuple[int, ...]:
        """How many scored 0, 1 and 2."""
        if self.choices is None:
            return self.scores or (0, 0, 0)
        of = self.choices.items()
        return tuple(sum(n for value, n in of if score(value, self.right) == points) for points in range(3))


class Counts(Part):
    """Counts of a test with such questions, as a file holds them or as they follow from answers."""

    version: Literal[1] = 1
    title: Line
    listeners: int = Field(ge=0, le=10_000_000)
    questions: Annotated[tuple[QuestionCounts, ...], Field(min_length=1, max_length=200)]
    totals: tuple[Count, ...] | None = None  # how many reached 0, 1, 2 ... points in all questions together
    notes: tuple[Line, ...] = ()  # shown with the tables

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        for question in self.questions:
            if question.answers > self.listeners:
                raise ValueError(
                    f"{question.name} has {question.answers} answers of {self.listeners} listeners"
                )
        if self.totals is None:
            return self
        most = 2 * len(self.questions)
        if len(self.totals) != most + 1:
            raise ValueError(
                f"totals needs {most + 1} counts, of 0 to {most} points in {len(self.questions)} questions; "
                f"got {len(self.totals)}"
            )
        if sum(self.totals) > self.listeners:
            raise ValueError(f"totals has {sum(self.totals)} of {self.listeners} listeners")
        return self

    @property
    def contradiction(self) -> str:
        """A sentence where no set of answers can give all the tables; else empty."""
        complete = all(question.answers == self.listeners for question in self.questions)
        if self.totals is None or not complete or sum(self.totals) != self.listeners:
            return ""
        in_all = sum(points * number for points, number in enumerate(self.totals))
        by_question = sum(question.by_score[1] + 2 * question.by_score[2] for question in self.questions)
        if in_all == by_question:
            return ""
        return (
            f"The totals add up to {in_all} points and the questions to {by_question}: no set of "
            f"{self.listeners} listeners gives all of these tables. Each is computed from its own counts."
        )


def count_answers(
    title: str, names: Mapping[int, str], answers: Iterable[tuple[str, int, Choice, Choice]]
) -> Counts:
    """Count single answers (listener, trial, value, right), one for each listener and trial at most.

    ``names`` are those of the trials, in order. Totals are those of listeners who answered all trials.
    """
    chosen: dict[int, Counter[Choice]] = {trial: Counter() for trial in names}
    rights: dict[int, Choice] = {}
    points: dict[str, list[int]] = {}
    for listener, trial, value, right in answers:
        chosen[trial][value] += 1
        rights[trial] = right
        points.setdefault(listener, []).append(score(value, right))
    totals = Counter(sum(scores) for scores in points.values() if len(scores) == len(names))
    questions = tuple(
        QuestionCounts(
            name=name, right=rights[trial], choices={value: chosen[trial][value] for value in CHOICES}
        )
        for trial, name in names.items()
        if trial in rights
    )
    every = tuple(totals[i] for i in range(2 * len(names) + 1)) if len(questions) == len(names) else None
    return Counts(title=title, listeners=len(points), questions=questions, totals=every)


def read_counts(name: str) -> Counts:
    """Read counts: ``thesis``, or the path of a YAML or JSON file; an InputError names every fault.

    >>> read_counts("thesis").listeners
    137
    """
    thesis = resources.files("mixdream.survey.analysis") / "thesis_counts.yaml"
    try:
        content = (thesis if name == THESIS else Path(name)).read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"no file {name}; --counts takes '{THESIS}' or a YAML file of counts") from None
    if len(content) > _MOST_BYTES:
        raise InputError(f"counts {name}: {len(content)} bytes; 1 MB are allowed")
    values, _ = read_yaml(content, f"counts {name}")
    try:
        return Counts.model_validate(values)
    except ValidationError as error:
        faults = [explain_problem(fault, ".".join(map(str, fault["loc"]))) for fault in error.errors()]
        raise InputError(f"counts {name}: {'; '.join(faults)}") from None
