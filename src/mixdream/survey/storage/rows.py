"""Raw rows of a listening test: what the store gives, what is exported, what analysis starts from."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Heard:
    """A clip on the page of an answer, and how it was listened to.

    Attributes
    ----------
    clip : str
        Opaque id.
    condition, item : str
        Not known to the listener; an item is the same piece of music in several conditions.
    plays : int
        How often it was started.
    heard_s : float
        Seconds that sounded, all plays together.
    seconds : float
        Length of the clip.
    """

    clip: str
    condition: str
    item: str
    plays: int
    heard_s: float
    seconds: float
    reached_end: bool


@dataclass(frozen=True)
class Answer:
    """One answer to one question; it is never changed once it is confirmed.

    Attributes
    ----------
    session : str
        Public id of the listener's session; every row has it.
    block : str
        Name of the block, or ``demographics``.
    kind : str
        Of the block: ``detect``, ``prefer``, ``abx``, ``rate``, ``ask``, ``attention``, ``demographics``.
    position : int
        Of the page among all pages of the session, from 0.
    trial : int
        Of the trial in the design's own order (thesis: question 1 to 3), from 0; -1 where there are none.
    value : str
        As `mixdream.survey.design.question.Question.allows` has it; of comparisons ``first``, ``second``,
        ``tie``, ``none``, ``both``: places of ``clips``.
    right : str or None
        Value that is right, where there is one: of ``detect``, ``abx`` and attention items.
    clips : tuple of Heard
        In the order of the page; of ``abx`` A, B and X.
    seconds_taken : float
        From the page's appearance to the answer, in the browser.
    saved : datetime
        Server time, UTC.
    """

    session: str
    block: str
    kind: str
    position: int
    trial: int
    question: str
    value: str
    right: str | None
    clips: tuple[Heard, ...]
    seconds_taken: float
    saved: datetime
    language: str
    app_version: str
    design_hash: str


@dataclass(frozen=True)
class Session:
    """A listener's visit.

    Attributes
    ----------
    started : datetime
        Server time, UTC.
    finished : datetime or None
        None where it was broken off.
    pages : int
        Of the whole test for this listener.
    answered : int
        Pages answered.
    """

    session: str
    started: datetime
    finished: datetime | None
    pages: int
    answered: int
