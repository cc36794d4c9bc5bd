"""First schema: designs, sessions, uses of clips, answers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "designs",
        sa.Column("hash", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("served", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_designs")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("design_hash", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(6), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("started", sa.DateTime(), nullable=False),
        sa.Column("last_seen", sa.DateTime(), nullable=False),
        sa.Column("finished", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["design_hash"], ["designs.hash"], name=op.f("fk_sessions_design_hash_designs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("public", name=op.f("uq_sessions_public")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        sa.UniqueConstraint("design_hash", "number", name=op.f("uq_sessions_design_hash_number")),
    )
    op.create_table(
        "uses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("block", sa.String(40), nullable=False),
        sa.Column("clip", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_uses_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uses")),
    )
    op.create_index(op.f("ix_uses_session_id"), "uses", ["session_id"])
    op.create_index(op.f("ix_uses_block_clip"), "uses", ["block", "clip"])
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("block", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("right_value", sa.String(40)),
        sa.Column("clips", sa.JSON(), nullable=False),
        sa.Column("seconds_taken", sa.Float(), nullable=False),
        sa.Column("saved", sa.DateTime(), nullable=False),
        sa.Column("app_version", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_answers_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint(
            "session_id", "position", "question", name=op.f("uq_answers_session_id_position_question")
        ),
        sa.UniqueConstraint(
            "session_id", "client_id", "question", name=op.f("uq_answers_session_id_client_id_question")
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("answers", "uses", "sessions", "designs"):
        op.drop_table(table)
