"""What checks say of comments is kept beside them, with the marks by which rates are counted and copies found."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment_signals",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("leaning", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_signals_comment_id_comments")),
        sa.PrimaryKeyConstraint("comment_id", "name", name=op.f("pk_comment_signals")),
    )
    with op.batch_alter_table("comment_signals") as batch:
        batch.create_index(batch.f("ix_comment_signals_name_comment_id"), ["name", "comment_id"])
    op.create_table(
        "comment_marks",
        sa.Column("kind", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "mark", "at", "comment_id", name=op.f("pk_comment_marks")),
    )
    with op.batch_alter_table("comment_marks") as batch:
        batch.create_index(batch.f("ix_comment_marks_comment_id"), ["comment_id"])
        batch.create_index(batch.f("ix_comment_marks_at"), ["at"])


def downgrade() -> None:
    op.drop_table("comment_marks")
    op.drop_table("comment_signals")
