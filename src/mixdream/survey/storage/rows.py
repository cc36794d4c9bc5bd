"""Raw rows of a listening test: what the store gives, what is exported, what analysis starts from.

`mixdream.survey.exporting.columns` says what each field means.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Heard:
    """A clip on the page of an answer, and how it was listened to."""

    clip: str
    condition: str
    item: str
    plays: int
    heard_s: float
    seconds: float
    reached_end: bool


@dataclass(frozen=True)
class Answer:
    """One answer to one question; it is never changed once it is confirmed."""

    session: str
    block: str
    kind: str
    position: int
    trial: int
    question: str
    value: str
    right: str | None
    clips: tuple[Heard, ...]  # in the order of the page; of abx A, B and X
    seconds_taken: float
    saved: datetime
    language: str
    app_version: str
    design_hash: str


@dataclass(frozen=True)
class Session:
    """A listener's visit."""

    session: str
    started: datetime
    finished: datetime | None
    pages: int
    answered: int
    code: str = ""  # of completion, the listener's own
    screened_out: datetime | None = None
    panel: str = "{}"  # parameters of the link that were kept, as JSON
