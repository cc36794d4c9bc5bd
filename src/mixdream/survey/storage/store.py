"""What listeners answered, as it is kept: reading it, and deleting what one of them said."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Self

from sqlalchemy import delete, insert, select, update

from mixdream.survey.design.design import Design
from mixdream.survey.storage.database import Database
from mixdream.survey.storage.rows import Answer, Heard, Session
from mixdream.survey.storage.tables import answers, designs, sessions

_ROWS = 1000  # read at a time


class Store:
    """Designs, sessions and answers of a listening test.

    Several processes may have the same database open.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, url: str, create: bool = False) -> Self:
        """Open a database; an empty one gets its tables.

        Parameters
        ----------
        url : str
            ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
        create : bool
            Whether a SQLite file that does not exist is made.

        Raises
        ------
        InputError
            There is no such database, or it has the tables of another version.
        """
        return cls(Database(url, create))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def designs(self) -> list[tuple[str, Design]]:
        """Hash and design of every version that was served, the one served last at the end."""
        with self.database.reading() as connection:
            rows = connection.execute(select(designs).order_by(designs.c.served, designs.c.hash)).all()
        return [(row.hash, Design.model_validate(row.content)) for row in rows]

    def add_design(self, design: Design) -> None:
        """Keep a design, which is served from now on; sessions and answers name it by its hash."""
        this = designs.c.hash == design.hash
        with self.database.writing() as connection:
            if connection.execute(update(designs).where(this).values(served=now())).rowcount == 0:
                row = {"hash": design.hash, "content": design.model_dump(mode="json"), "served": now()}
                connection.execute(insert(designs), row)

    def sessions(self) -> list[Session]:
        """Every session, in the order in which they began; pages passed count as answered."""
        with self.database.reading() as connection:
            rows = connection.execute(select(sessions).order_by(sessions.c.started, sessions.c.id)).all()
        return [Session(row.public, row.started, row.finished, row.pages, row.page) for row in rows]

    def answers(self, design_hash: str | None = None) -> Iterator[Answer]:
        """Answers in the order in which they were saved, a thousand at a time in memory.

        Parameters
        ----------
        design_hash : str, optional
            Of one version of the design only.
        """
        query = (
            select(answers, sessions.c.public, sessions.c.language, sessions.c.design_hash)
            .join(sessions, sessions.c.id == answers.c.session_id)
            .order_by(answers.c.id)
            .limit(_ROWS)
        )
        if design_hash is not None:
            query = query.where(sessions.c.design_hash == design_hash)
        last = 0
        while True:
            with self.database.reading() as connection:
                rows = connection.execute(query.where(answers.c.id > last)).all()
            for row in rows:
                yield Answer(
                    session=row.public,
                    block=row.block,
                    kind=row.kind,
                    position=row.position,
                    trial=row.trial,
                    question=row.question,
                    value=row.value,
                    right=row.right_value,
                    clips=tuple(Heard(**clip) for clip in row.clips),
                    seconds_taken=row.seconds_taken,
                    saved=row.saved,
                    language=row.language,
                    app_version=row.app_version,
                    design_hash=row.design_hash,
                )
            if len(rows) < _ROWS:
                return
            last = rows[-1].id

    def delete(self, session: str) -> int | None:
        """Delete a session and its answers for good.

        Parameters
        ----------
        session : str
            Public id, as answers have it.

        Returns
        -------
        int or None
            Number of answers deleted; None where there is no such session.
        """
        with self.database.writing() as connection:
            row = connection.execute(select(sessions.c.id).where(sessions.c.public == session)).first()
            if row is None:
                return None
            number = connection.execute(delete(answers).where(answers.c.session_id == row.id)).rowcount
            connection.execute(delete(sessions).where(sessions.c.id == row.id))
        self.database.forget()
        return number


def now() -> datetime:
    """Server time, UTC."""
    return datetime.now(UTC)
