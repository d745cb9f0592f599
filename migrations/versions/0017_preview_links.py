"""Links that show a working copy to somebody without a key."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = app.core.models.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "preview_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_preview_links_article_id_articles"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preview_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_preview_links_digest")),
    )
    op.create_index(op.f("ix_preview_links_article_id"), "preview_links", ["article_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_preview_links_article_id"), table_name="preview_links")
    op.drop_table("preview_links")
