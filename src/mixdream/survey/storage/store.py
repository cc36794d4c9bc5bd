"""What listeners answered, as it is kept: reading it, and deleting what one of them said."""

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select, update

from mixdream.survey.design.design import Design
from mixdream.survey.storage.database import Database
from mixdream.survey.storage.rows import Answer, Heard, Session
from mixdream.survey.storage.tables import answers, designs, sessions

_ROWS = 1000  # read at a time
_SAME_NAMES = [field.name for field in fields(Answer) if field.name not in ("session", "right", "clips")]


class Store(Database):
    """Designs, sessions and answers of a listening test; several processes may have it open."""

    def designs(self) -> list[tuple[str, Design]]:
        """Hash and design of every version that was served, the one served last at the end."""
        with self.reading() as connection:
            rows = connection.execute(select(designs).order_by(designs.c.served, designs.c.hash)).all()
        return [(row.hash, Design.model_validate(row.content)) for row in rows]

    def add_design(self, design: Design) -> None:
        """Keep a design, which is served from now on; sessions and answers name it by its hash."""
        this = designs.c.hash == design.hash
        with self.writing() as connection:
            if connection.execute(update(designs).where(this).values(served=now())).rowcount == 0:
                row = {"hash": design.hash, "content": design.model_dump(mode="json"), "served": now()}
                connection.execute(insert(designs), row)

    def sessions(self) -> list[Session]:
        """Every session, in the order in which they began; pages passed count as answered."""
        with self.reading() as connection:
            rows = connection.execute(select(sessions).order_by(sessions.c.started, sessions.c.id)).all()
        return [
            Session(
                row.public,
                row.started,
                row.finished,
                row.pages,
                row.page,
                row.code,
                row.screened_out,
                json.dumps(row.panel, ensure_ascii=False),
            )
            for row in rows
        ]

    def answers(self) -> Iterator[Answer]:
        """Answers in the order in which they were saved, a thousand at a time in memory."""
        query = (
            select(answers, sessions.c.public, sessions.c.language, sessions.c.design_hash)
            .join(sessions, sessions.c.id == answers.c.session_id)
            .order_by(answers.c.id)
            .limit(_ROWS)
        )
        last = 0
        while True:
            with self.reading() as connection:
                rows = connection.execute(query.where(answers.c.id > last)).all()
            for row in rows:
                clips = tuple(Heard(**clip) for clip in row.clips)
                cells = {name: getattr(row, name) for name in _SAME_NAMES}
                yield Answer(session=row.public, right=row.right_value, clips=clips, **cells)
            if len(rows) < _ROWS:
                return
            last = rows[-1].id

    def delete(self, session: str) -> int | None:
        """Delete a session, by its public id, and its answers for good: how many; None if there is none."""
        with self.writing() as connection:
            row = connection.execute(select(sessions.c.id).where(sessions.c.public == session)).first()
            if row is None:
                return None
            number = connection.execute(delete(answers).where(answers.c.session_id == row.id)).rowcount
            connection.execute(delete(sessions).where(sessions.c.id == row.id))
        self.forget()
        return number


def now() -> datetime:
    """Server time, UTC."""
    return datetime.now(UTC)
