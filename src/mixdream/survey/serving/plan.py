"""The plan of a listener's session: its pages in order, the clips on each, and what is asked about them."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from mixdream.survey.design.blocks import DETECT_ANSWERS, AnyBlock, Ask, Compare, Detect, Rate
from mixdream.survey.design.design import DEMOGRAPHICS, Design
from mixdream.survey.design.question import ATTENTION, Option, Question
from mixdream.survey.design.texts import Text
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.serving.words import words_in

Kind = Literal["volume", "demographics", "intro", "detect", "prefer", "abx", "rate", "ask", "attention"]


@dataclass(frozen=True)
class Page:
    """A page of a session.

    Attributes
    ----------
    kind : str
        Of its block, or ``volume``, ``intro``, ``attention``, ``demographics``.
    block : str
        Name of its block; ``demographics``; empty on the volume page.
    trial : int
        In the design's own order, from 0; -1 where there are none.
    clips : tuple of Clip
        In the order of the page; of ``abx`` A, B and X.
    right : str or None
        Value of the right answer, where there is one.
    """

    kind: Kind
    block: str = ""
    trial: int = -1
    clips: tuple[Clip, ...] = ()
    right: str | None = None

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """A page from what the database keeps: its fields as JSON."""
        clips = tuple(Clip(**clip) for clip in content["clips"])
        return cls(**{**content, "clips": clips})


def block_of(design: Design, page: Page) -> AnyBlock | None:
    """The block that a page belongs to, if any."""
    return next((block for block in design.blocks if block.name == page.block), None)


def must_listen(design: Design, page: Page) -> bool:
    """Whether the clips of a page have to be heard to their end before its answer is taken."""
    block = block_of(design, page)
    return bool(page.clips) and (page.kind == ATTENTION or bool(getattr(block, "must_listen", False)))


def questions_of(design: Design, page: Page) -> tuple[Question, ...]:
    """What is asked on a page; comparisons and attention items are choices, named after their kind.

    Returns
    -------
    tuple of Question
        Empty on pages that are only read.
    """
    block = block_of(design, page)
    if page.kind == DEMOGRAPHICS:
        return design.demographics
    if page.kind == ATTENTION:
        counts = [Option(value=str(count), label=str(count)) for count in TONE_COUNTS]
        ask = {language: words_in(language)["how_many_tones"] for language in design.languages}
        return (Question(name=ATTENTION, ask=ask, options=tuple(counts)),)
    if page.kind == "intro":
        return ()
    if isinstance(block, Detect):
        return (_choice("detect", block.ask, DETECT_ANSWERS, block.options),)
    if isinstance(block, Compare):
        values = ("first", "second", "tie") if block.allow_tie else ("first", "second")
        return (_choice(block.kind, block.ask, values, block.options),)
    if isinstance(block, Rate | Ask):
        return block.questions
    return ()


TONE_COUNTS = (1, 2, 3, 4, 5, 6)
"""Numbers of tones to choose from on an attention page."""


def _choice(name: str, ask: Text, values: tuple[str, ...], labels: tuple[Text, ...]) -> Question:
    options = [Option(value=value, label=label) for value, label in zip(values, labels, strict=False)]
    return Question(name=name, ask=ask, options=tuple(options))
