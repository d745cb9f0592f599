"""Moderators say which comments they look at."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment_leases",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("holder_name", sa.Text(), nullable=True),
        sa.Column("taken_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("until", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_leases_comment_id_comments"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment_leases")),
    )
    op.create_index(op.f("ix_comment_leases_holder_id"), "comment_leases", ["holder_id"])


def downgrade() -> None:
    op.drop_table("comment_leases")
