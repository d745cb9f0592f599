"""Counts of requests for their limits: small, short-lived, and worth nothing after a crash, so PostgreSQL keeps them out of its journal."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_counts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_counts")),
        prefixes=["UNLOGGED"] if op.get_context().dialect.name == "postgresql" else [],
    )
    op.create_index(op.f("ix_rate_counts_ends_at"), "rate_counts", ["ends_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_rate_counts_ends_at"), table_name="rate_counts")
    op.drop_table("rate_counts")
