"""The newsroom keeps lists of words and domains that comments are held against."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "word_lists",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("applies_to", sa.String(length=64), nullable=False),
        sa.Column("leaning", sa.String(length=64), nullable=False),
        sa.Column("terms", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_lists")),
    )


def downgrade() -> None:
    op.drop_table("word_lists")
