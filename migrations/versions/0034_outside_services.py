"""Comments may wait for outside services, which are left alone for a while where they fail."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment_errands",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("comment_version", sa.BigInteger(), nullable=False),
        sa.Column("from_new_author", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("gives_up_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_errands_comment_id_comments")),
        sa.PrimaryKeyConstraint("comment_id", "service", name=op.f("pk_comment_errands")),
    )
    with op.batch_alter_table("comment_errands") as batch:
        batch.create_index(batch.f("ix_comment_errands_status_due_at"), ["status", "due_at"])
    op.create_table(
        "comment_services",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("rests_until", app.core.models.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_comment_services")),
    )


def downgrade() -> None:
    op.drop_table("comment_services")
    op.drop_table("comment_errands")
