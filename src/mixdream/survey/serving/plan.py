"""The plan of a listener's session: its pages in order, the clips on each, and what is asked about them."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from mixdream.survey.design.blocks import DETECT_ANSWERS, RATING, AnyBlock, Compare, Detect, Judged, Multi
from mixdream.survey.design.design import DEMOGRAPHICS, Design
from mixdream.survey.design.question import ATTENTION, HEADPHONES, Option, Question, Text
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.rendering.headphones import PLACES

Kind = Literal[
    "volume",
    "headphones",
    "demographics",
    "intro",
    "detect",
    "prefer",
    "abx",
    "rate",
    "multi",
    "ask",
    "attention",
]

TONE_COUNTS = (1, 2, 3, 4, 5, 6)
"""Numbers of tones to choose from on an attention page."""


@dataclass(frozen=True)
class Page:
    """A page of a session."""

    kind: Kind
    block: str = ""  # its name, or demographics; empty on the volume page
    trial: int = -1  # in the design's own order, from 0; -1 where there are none
    clips: tuple[Clip, ...] = ()  # in the order of the page; of abx A, B and X
    right: str | None = None  # value of the right answer, where there is one
    reference: bool = False  # whether the first clip is an open reference, which is not rated
    practice: bool = False  # whether its answers do not count

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """A page from what the database keeps."""
        return cls(**content | {"clips": tuple(Clip(**clip) for clip in content["clips"])})

    def asked_about(self, question: str) -> tuple[int, ...]:
        """Places of the clips that a question is about.

        All of them, or of several that are rated the one in question and the reference; what follows their
        ratings is about none of them in particular.
        """
        if self.kind != "multi":
            return tuple(range(len(self.clips)))
        if not question.startswith(RATING):
            return ()
        rated = int(question.removeprefix(RATING)) - (not self.reference)
        return (rated, 0) if self.reference else (rated,)


def block_of(design: Design, page: Page) -> AnyBlock | None:
    """The block that a page belongs to, if any."""
    return next((block for block in design.blocks if block.name == page.block), None)


def must_listen(design: Design, page: Page) -> bool:
    """Whether the clips of a page have to be heard to their end before its answer is taken."""
    block = block_of(design, page)
    own = page.kind in ("volume", HEADPHONES, ATTENTION)
    return bool(page.clips) and (own or bool(getattr(block, "must_listen", False)))


def questions_of(design: Design, page: Page) -> tuple[Question, ...]:
    """What is asked on a page, nothing on one that is only read; comparisons are named after their kind."""
    block = block_of(design, page)
    if page.kind == DEMOGRAPHICS:
        return design.demographics
    if page.kind == HEADPHONES:
        tones = [Option(value=str(place), label=_said(f"tone_{place}", design)) for place in PLACES]
        return (Question(name=HEADPHONES, ask=_said("quietest", design), options=tuple(tones)),)
    if page.kind == ATTENTION:
        counts = [Option(value=str(count), label=str(count)) for count in TONE_COUNTS]
        return (Question(name=ATTENTION, ask=_said("how_many_tones", design), options=tuple(counts)),)
    if page.kind == "intro" or block is None:
        return ()
    if isinstance(block, Detect):
        return (_choice("detect", block.ask, DETECT_ANSWERS, block.options), *block.follow_up)
    if isinstance(block, Compare):
        values = ("first", "second", "tie") if block.allow_tie else ("first", "second")
        return (_choice(block.kind, block.ask, values, block.options), *block.follow_up)
    if isinstance(block, Multi):
        rated = range(1, len(page.clips) - page.reference + 1)
        ratings = (block.question.model_copy(update={"name": f"{RATING}{place}"}) for place in rated)
        return (*ratings, *block.follow_up)
    return block.questions


def follow_ups_of(design: Design, page: Page) -> tuple[Question, ...]:
    """Those of the questions on a page that follow its own: what they get is no result of the trial."""
    block = block_of(design, page)
    return block.follow_up if isinstance(block, Judged) and page.kind == block.kind else ()


def _said(name: str, design: Design) -> dict[str, str]:
    return {language: design.words_in(language)[name] for language in design.languages}


def _choice(name: str, ask: Text, values: tuple[str, ...], labels: tuple[Text, ...]) -> Question:
    options = [Option(value=value, label=label) for value, label in zip(values, labels, strict=False)]
    return Question(name=name, ask=ask, options=tuple(options))
