"""A listener's session: begun, found again by its secret, answered page by page, withdrawn."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, insert, or_, select, update

from mixdream import __version__
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import FOLLOW_UP, HEADPHONES, PRACTICE
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.serving.assign import draw_plan
from mixdream.survey.serving.plan import Page, follow_ups_of, questions_of
from mixdream.survey.serving.submission import Refused, Submission, check_heard, values_of
from mixdream.survey.serving.usage import ACTIVE, Usage
from mixdream.survey.storage.rows import Heard
from mixdream.survey.storage.store import Store, now
from mixdream.survey.storage.tables import answers, designs, sessions, uses


@dataclass(frozen=True)
class Visit:
    """A listener's session, as the server knows it."""

    public: str  # id that answers have; not secret, and no use without the token
    design_hash: str
    language: str
    plan: tuple[Page, ...]
    page: int  # the one to show; as many as there are when it is finished
    started: datetime
    last_seen: datetime
    finished: datetime | None
    screened_out: datetime | None
    code: str  # of completion
    panel: dict[str, str]  # parameters of the link that the design names

    @property
    def is_over(self) -> bool:
        """Whether nothing more is asked."""
        return self.finished is not None or self.screened_out is not None

    def is_late(self, design: Design) -> bool:
        """Whether the time to go on is over."""
        return not self.is_over and now() - self.last_seen > timedelta(hours=design.resume_hours)


def start(
    store: Store,
    design: Design,
    clips: Sequence[Clip],
    language: str,
    token: str,
    usage: Usage | None = None,
    panel: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Begin a session, with a plan drawn from what others heard least; a token that has one keeps it.

    Listeners who begin at the same moment do so one after the other. A server keeps its own ``usage``.
    ``panel`` are parameters of the listener's link. Raises Refused where the quota is filled.
    """
    usage = usage or Usage(store)
    usage.count()
    with store.writing() as connection:
        connection.execute(select(designs.c.hash).where(designs.c.hash == design.hash).with_for_update())
        mine = select(sessions.c.id).where(sessions.c.token_hash == _hash(token))
        if connection.execute(mine).first() is not None:
            return
        if _is_full(connection, design):
            raise Refused(410, "the test has all the listeners that it needs")
        of_design = sessions.c.design_hash == design.hash
        next_number = select(func.coalesce(func.max(sessions.c.number) + 1, 0)).where(of_design)
        number = connection.execute(next_number).scalar_one()
        plan = draw_plan(design, clips, usage.loads(connection), number)
        moment = now()
        row = {
            "public": secrets.token_hex(8),
            "token_hash": _hash(token),
            "design_hash": design.hash,
            "number": number,
            "language": language,
            "plan": [asdict(page) for page in plan],
            "page": 0,
            "pages": len(plan),
            "started": moment,
            "last_seen": moment,
            "code": secrets.token_hex(4).upper(),
            "panel": design.panel.kept(panel),
        }
        session_id = connection.execute(insert(sessions).returning(sessions.c.id), row).scalar_one()
        used = [
            {"session_id": session_id, "block": page.block, "clip": clip.id}
            for page in plan
            if page.block and not page.practice
            for clip in dict.fromkeys(page.clips)  # X of an ABX trial, and an open reference, are another one
        ]
        if used:
            connection.execute(insert(uses), used)


def find(store: Store, token: str) -> Visit | None:
    """The session of a token, if there is one."""
    with store.reading() as connection:
        row = connection.execute(select(sessions).where(sessions.c.token_hash == _hash(token))).first()
    return None if row is None else _visit(row)


def save(store: Store, token: str, design_of: Callable[[str], Design], submission: Submission) -> datetime:
    """Store the answers of a page, all or none, and say when; the same again changes nothing.

    What is returned is on the disk. ``design_of`` gives a session's design by its hash. Raises Refused.
    """
    with store.writing() as connection:
        mine = sessions.c.token_hash == _hash(token)
        row = connection.execute(select(sessions).where(mine).with_for_update()).first()
        if row is None:
            raise Refused(404, "this session is unknown or was deleted")
        visit = _visit(row)
        if submission.session != visit.public:
            raise Refused(409, "another test was begun in this browser", other_session=True)
        design = design_of(visit.design_hash)
        if submission.page > visit.page or submission.page >= len(visit.plan):
            raise Refused(409, "this page is not the current one")
        if submission.page == visit.page and (visit.screened_out or visit.is_late(design)):
            raise Refused(410, "the time to go on is over")
        page = visit.plan[submission.page]
        values = values_of(submission, questions_of(design, page))
        if submission.page < visit.page:
            return _saved_before(connection, row.id, submission.page, values) or visit.last_seen
        check_heard(submission, design, page)
        moment = now()
        if values:
            follow_ups = {question.name for question in follow_ups_of(design, page)}
            rows = _rows(row.id, submission, page, values, follow_ups, moment)
            connection.execute(insert(answers), rows)
        is_last = submission.page + 1 == len(visit.plan)
        is_out = any(one.screens_out(values.get(one.name, "")) for one in questions_of(design, page))
        is_out = is_out or _without_headphones(connection, row.id, design, visit)
        connection.execute(
            update(sessions)
            .where(sessions.c.id == row.id)
            .values(
                page=submission.page + 1,
                last_seen=moment,
                finished=moment if is_last and not is_out else None,
                screened_out=moment if is_out else None,
            )
        )
    return moment


def given(store: Store, visit: Visit, position: int) -> dict[str, str]:
    """What a listener answered on a page, by question."""
    query = (
        select(answers.c.question, answers.c.value)
        .join(sessions, sessions.c.id == answers.c.session_id)
        .where(sessions.c.public == visit.public, answers.c.position == position)
    )
    with store.reading() as connection:
        return {row.question: row.value for row in connection.execute(query)}


def is_full(store: Store, design: Design) -> bool:
    """Whether as many have finished, or are listening, as the design wants."""
    if design.panel.quota is None:
        return False
    with store.reading() as connection:
        return _is_full(connection, design)


def _is_full(connection: Connection, design: Design) -> bool:
    if design.panel.quota is None:
        return False
    listening = and_(sessions.c.last_seen > now() - ACTIVE, sessions.c.screened_out.is_(None))
    counted = select(func.count()).where(or_(sessions.c.finished.is_not(None), listening))
    return connection.execute(counted).scalar_one() >= design.panel.quota


def score(store: Store, visit: Visit) -> tuple[int, int]:
    """How often a listener was right, and of how many: ``detect`` and ``abx`` trials."""
    query = (
        select(func.count(), func.sum(case((answers.c.value == answers.c.right_value, 1), else_=0)))
        .join(sessions, sessions.c.id == answers.c.session_id)
        .where(sessions.c.public == visit.public, answers.c.kind.in_(("detect", "abx")))
    )
    with store.reading() as connection:
        trials, right = connection.execute(query).one()
    return int(right or 0), int(trials)


def _without_headphones(connection: Connection, session_id: int, design: Design, visit: Visit) -> bool:
    """Whether the page that was just answered ends the test for headphones, and it was failed."""
    pages = visit.plan[visit.page :]
    is_last = pages[0].kind == HEADPHONES and not any(page.kind == HEADPHONES for page in pages[1:])
    if design.headphones is None or not is_last:
        return False
    right = select(func.count()).where(
        answers.c.session_id == session_id,
        answers.c.kind == HEADPHONES,
        answers.c.value == answers.c.right_value,
    )
    return connection.execute(right).scalar_one() < design.headphones.pass_mark


def _saved_before(
    connection: Connection, session_id: int, position: int, values: dict[str, str]
) -> datetime | None:
    """When the same answers were saved; None for a page without any."""
    query = select(answers.c.question, answers.c.value, answers.c.saved).where(
        answers.c.session_id == session_id, answers.c.position == position
    )
    rows = connection.execute(query).all()
    if {row.question: row.value for row in rows} != values:
        raise Refused(409, "this page was answered otherwise")
    return rows[0].saved if rows else None


def _rows(
    session_id: int,
    submission: Submission,
    page: Page,
    values: dict[str, str],
    follow_ups: Set[str],
    saved: datetime,
) -> list[dict[str, Any]]:
    clips = [
        asdict(Heard(clip.id, clip.condition, clip.item, seconds=clip.seconds, **report.model_dump()))
        for clip, report in zip(page.clips, submission.heard, strict=True)
    ]
    return [
        {
            "session_id": session_id,
            "client_id": submission.id,
            "position": submission.page,
            "block": page.block,
            "kind": PRACTICE if page.practice else FOLLOW_UP if question in follow_ups else page.kind,
            "trial": page.trial,
            "question": question,
            "value": value,
            "right_value": None if question in follow_ups else page.right,
            "clips": [clips[place] for place in page.asked_about(question)],
            "seconds_taken": submission.taken_s,
            "saved": saved,
            "app_version": __version__,
        }
        for question, value in values.items()
    ]


def _visit(row: Row[Any]) -> Visit:
    values = {field.name: getattr(row, field.name) for field in fields(Visit)}
    return Visit(**values | {"plan": tuple(map(Page.from_json, row.plan))})


def _hash(token: str) -> str:
    """Tokens are long and random: one round is enough, and whoever reads the database cannot go back."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
