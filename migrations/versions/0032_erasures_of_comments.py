"""What people wrote is erased where they ask for it."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INSTANT = app.core.models.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "comment_erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("email_digest", sa.String(length=64), nullable=True),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("erased", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_erasures")),
    )
    op.create_index(op.f("ix_comment_erasures_done_at"), "comment_erasures", ["done_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_comment_erasures_done_at"), table_name="comment_erasures")
    op.drop_table("comment_erasures")
