"""What the sanctioned have written goes however much it is, some at a time."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

INSTANT = app.core.models.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "comment_clean_ups",
        sa.Column("sanction_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=64), nullable=False),
        sa.Column("since", INSTANT, nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=True),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["sanction_id"], ["sanctions.id"], name=op.f("fk_comment_clean_ups_sanction_id_sanctions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sanction_id", name=op.f("pk_comment_clean_ups")),
    )
    op.create_index(op.f("ix_comment_clean_ups_done_at"), "comment_clean_ups", ["done_at"])
    op.create_index(op.f("ix_comment_clean_ups_batch_id"), "comment_clean_ups", ["batch_id"])


def downgrade() -> None:
    op.drop_table("comment_clean_ups")
