"""What a browser sends when a listener answers a page, and whether it can be taken."""

import unicodedata
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mixdream.survey.design.design import Design
from mixdream.survey.design.question import Question
from mixdream.survey.serving.plan import Page, must_listen, questions_of

_HEARD_SHARE = 0.95  # of a clip's seconds; browsers count them a little differently


class Refused(Exception):
    """A submission that is not taken.

    Parameters
    ----------
    status : int
        Of HTTP: 404 unknown session, 409 the page was answered otherwise or is not the current one, 422 not
        an answer to what is asked, 410 too late.
    reason : str
        For the listener.
    other_session : bool
        Whether it may be taken yet: the browser has begun another session, and goes on in that one.
    """

    def __init__(self, status: int, reason: str, other_session: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.other_session = other_session


class Strict(BaseModel):
    """Content of a request: no other keys, no conversions, no infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class HeardReport(Strict):
    """How a clip was listened to, by the browser's account."""

    plays: int = Field(ge=0, le=10_000)
    heard_s: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    reached_end: bool


Value = Annotated[str, StringConstraints(max_length=4000)]


class Submission(Strict):
    """Answers to all questions of a page.

    Parameters
    ----------
    id : str
        Made by the browser, the same in every retry.
    session : str
        Public id of the session whose page it was; a browser may have begun another one since.
    page : int
        Position in the session.
    heard : list of HeardReport
        Of the clips in the order of the page.
    taken_s : float
        From the page's appearance.
    """

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    session: str = Field(pattern=r"^[0-9a-f]{16}$")
    page: int = Field(ge=0, le=100_000)
    answers: dict[Annotated[str, StringConstraints(max_length=40)], Value] = Field(max_length=30)
    heard: list[HeardReport] = Field(max_length=3)
    taken_s: float = Field(ge=0, le=1e7, allow_inf_nan=False)


def values_of(submission: Submission, questions: Sequence[Question]) -> dict[str, str]:
    """Answers as they are stored, by question; those left out that need not be given.

    Raises
    ------
    Refused
        An answer is missing, unknown or not allowed.
    """
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
    asked = bool(questions_of(design, page))
    if len(submission.heard) != len(page.clips):
        raise Refused(422, "the page has another number of clips")
    for clip, heard in zip(page.clips, submission.heard, strict=True):
        whole = heard.plays > 0 and heard.reached_end and heard.heard_s >= _HEARD_SHARE * clip.seconds
        if heard.heard_s > heard.plays * (clip.seconds + 1):
            raise Refused(422, "more was heard of a clip than was played")
        if asked and must_listen(design, page) and not whole:
            raise Refused(422, "a clip was not heard to its end")


def plain(text: str) -> str:
    r"""A free text without control characters, except line breaks and tabs.

    >>> plain(" a\x00b\r\nc ")
    'ab\nc'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
