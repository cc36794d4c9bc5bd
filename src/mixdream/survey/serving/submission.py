"""What a browser sends when a listener answers a page, and whether it can be taken."""

import unicodedata
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mixdream.survey.design.blocks import MOST_TOGETHER
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import Question
from mixdream.survey.serving.plan import Page, must_listen

_HEARD_SHARE = 0.95  # of a clip's seconds; browsers count them a little differently


class Refused(Exception):
    """A submission that is not taken."""

    def __init__(self, status: int, reason: str, other_session: bool = False) -> None:
        super().__init__(reason)
        self.status = status  # of HTTP: 404 unknown session, 409 wrong page, 410 too late, 422 no such answer
        self.reason = reason  # for the listener
        self.other_session = other_session  # the browser began another one; this may be taken yet


class Strict(BaseModel):
    """Content of a request: no other keys, no conversions, no infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class HeardReport(Strict):
    """How a clip was listened to, by the browser's account."""

    plays: int = Field(ge=0, le=10_000)
    heard_s: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    reached_end: bool


Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""Made by the browser, the same in every retry."""
Value = Annotated[str, StringConstraints(max_length=4000)]


class Submission(Strict):
    """Answers to all questions of a page."""

    id: Id
    session: str = Field(pattern=r"^[0-9a-f]{16}$")  # public; the browser may have begun another one since
    page: int = Field(ge=0, le=100_000)  # position in the session
    answers: dict[Annotated[str, StringConstraints(max_length=40)], Value] = Field(max_length=30)
    heard: list[HeardReport] = Field(max_length=MOST_TOGETHER + 1)  # in the order of the page's clips
    taken_s: float = Field(ge=0, le=1e7, allow_inf_nan=False)  # from the page's appearance


def values_of(submission: Submission, questions: Sequence[Question]) -> dict[str, str]:
    """Answers as they are stored, by question, or Refused; those left out that need not be given."""
    if unknown := set(submission.answers) - {question.name for question in questions}:
        raise Refused(422, f"{len(unknown)} answers are to questions that this page does not ask")
    values = {}
    for question in questions:
        value = submission.answers.get(question.name, "")
        if question.kind == "text":
            value = plain(value)
        if value:
            if not question.allows(value):
                raise Refused(422, "an answer is not one of those that can be given")
            values[question.name] = value
        elif question.required:
            raise Refused(422, "an answer is missing")
    return values


def check_heard(submission: Submission, design: Design, page: Page) -> None:
    """Raise Refused unless the clips of the page were listened to as the design demands."""
    if len(submission.heard) != len(page.clips):
        raise Refused(422, "the page has another number of clips")
    for clip, heard in zip(page.clips, submission.heard, strict=True):
        whole = heard.plays > 0 and heard.reached_end and heard.heard_s >= _HEARD_SHARE * clip.seconds
        if heard.heard_s > heard.plays * (clip.seconds + 1):
            raise Refused(422, "more was heard of a clip than was played")
        if must_listen(design, page) and not whole:
            raise Refused(422, "a clip was not heard to its end")


def plain(text: str) -> str:
    r"""A free text without control characters, except line breaks and tabs.

    >>> plain(" a\x00b\r\nc ")
    'ab\nc'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
