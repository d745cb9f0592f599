"""People report comments and appeal against decisions; sanctions keep some from taking part."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

INSTANT = app.core.models.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "comment_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("voter", app.core.models.ByteText, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("notice", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_reports_comment_id_comments"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_reports")),
        sa.UniqueConstraint("comment_id", "voter", name=op.f("uq_comment_reports_comment_id_voter")),
    )
    op.create_index(op.f("ix_comment_reports_open_comment_id"), "comment_reports", ["open", "comment_id"])
    op.create_index(op.f("ix_comment_reports_voter"), "comment_reports", ["voter"])
    op.create_table(
        "comment_appeals",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_appeals_comment_id_comments"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment_appeals")),
    )
    op.create_index(op.f("ix_comment_appeals_outcome_at_comment_id"), "comment_appeals", ["outcome", "at", "comment_id"])
    op.create_table(
        "sanctions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("email_digest", sa.String(length=64), nullable=True),
        sa.Column("address_digest", sa.String(length=64), nullable=True),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanctions")),
    )
    op.create_index(op.f("ix_sanctions_at_id"), "sanctions", ["at", "id"])
    for column in ("member_id", "email_digest", "address_digest"):
        op.create_index(op.f(f"ix_sanctions_{column}"), "sanctions", [column])


def downgrade() -> None:
    op.drop_table("sanctions")
    op.drop_table("comment_appeals")
    op.drop_table("comment_reports")
