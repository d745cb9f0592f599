"""Dated notes on what was wrong, beside the publications that mend it."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publications", sa.Column("corrections", sa.Text(), nullable=True))
    op.create_table(
        "corrections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("corrects", sa.BigInteger(), nullable=False),
        sa.Column("corrected_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_corrections_article_id_articles"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name=op.f("fk_corrections_publication_id_publications"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("publication_id", name=op.f("uq_corrections_publication_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_corrections_at_id"), "corrections", ["at", "id"])
    op.create_index(op.f("ix_corrections_article_id_at"), "corrections", ["article_id", "at"])


def downgrade() -> None:
    op.drop_table("corrections")
    with op.batch_alter_table("publications") as batch_op:
        batch_op.drop_column("corrections")
