"""Tables of a listening test: designs, sessions, which clips they were given, and answers.

Nothing in them says who a listener is: no name, address, e-mail or browser.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; kept without its zone, since SQLite knows none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Drop the zone."""
        return value if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Put the zone back."""
        return value if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

schema = Table("mixdream_schema", metadata, Column("number", Integer, primary_key=True))

designs = Table(
    "designs",
    metadata,
    Column("hash", String(16), primary_key=True),
    Column("content", JSON, nullable=False),
    Column("served", UtcTime, nullable=False),  # last begun to be
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("public", String(16), nullable=False, unique=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("design_hash", ForeignKey(designs.c.hash), nullable=False),
    Column("number", Integer, nullable=False),  # with the design's seed: what plan was drawn from
    Column("language", String(6), nullable=False),
    Column("plan", JSON, nullable=False),
    Column("page", Integer, nullable=False),  # pages passed; the one to show
    Column("pages", Integer, nullable=False),
    Column("started", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("finished", UtcTime),
    Column("screened_out", UtcTime),  # when an answer ended the test
    Column("code", String(16), nullable=False),  # for completion; each listener's own
    Column("panel", JSON, nullable=False),  # parameters of the link that the design names
    UniqueConstraint("design_hash", "number"),
    Index("ix_sessions_seen", "finished", "last_seen"),  # who counts, without reading plans
)

uses = Table(
    "uses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", ForeignKey(sessions.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("block", String(40), nullable=False),
    Column("clip", String(64), nullable=False),
    Index("ix_uses_block_clip", "block", "clip"),
)

answers = Table(
    "answers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", ForeignKey(sessions.c.id, ondelete="CASCADE"), nullable=False),
    Column("client_id", String(64), nullable=False),  # made by the browser, the same in every retry
    Column("position", Integer, nullable=False),
    Column("block", String(40), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("trial", Integer, nullable=False),
    Column("question", String(40), nullable=False),
    Column("value", Text, nullable=False),
    Column("right_value", String(40)),
    Column("clips", JSON, nullable=False),
    Column("seconds_taken", Float, nullable=False),
    Column("saved", UtcTime, nullable=False),
    Column("app_version", String(40), nullable=False),
    # What makes an answer exist once, whoever sends it how often.
    UniqueConstraint("session_id", "position", "question"),
    UniqueConstraint("session_id", "client_id", "question"),
)
