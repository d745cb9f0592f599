"""Rules that the newsroom makes itself, as data."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INSTANT = app.core.models.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "comment_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revised_at", INSTANT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("leaning", sa.String(length=64), nullable=False),
        sa.Column("conditions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_rules")),
    )


def downgrade() -> None:
    op.drop_table("comment_rules")
