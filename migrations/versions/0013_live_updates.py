"""Live coverage: what is posted stands in rows of its own, and so does what readers see of it."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    byte_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "live_updates",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("block_id", byte_text, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("place", byte_text, nullable=False),
        sa.Column("position", byte_text, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("shown_version", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_live_updates_article_id_articles"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_updates")),
        sa.UniqueConstraint("article_id", "block_id", name=op.f("uq_live_updates_article_id_block_id")),
    )
    op.create_index("ix_live_updates_article_id_place", "live_updates", ["article_id", "place"], unique=False)
    op.create_index("ix_live_updates_article_id_position", "live_updates", ["article_id", "position"], unique=False)
    op.create_table(
        "live_postings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("block_id", byte_text, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("position", byte_text, nullable=False),
        sa.Column("key_event", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("visible_from", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("visible_until", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("shown_seq", sa.BigInteger(), nullable=True),
        sa.Column("content_seq", sa.BigInteger(), nullable=True),
        sa.Column("place_seq", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_live_postings_article_id_articles"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["update_id"], ["live_updates.id"], name=op.f("fk_live_postings_update_id_live_updates"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_postings")),
    )
    op.create_index("ix_live_postings_article_id_position", "live_postings", ["article_id", "position"], unique=False)
    op.create_index("ix_live_postings_article_id_seq", "live_postings", ["article_id", "seq"], unique=False)
    op.create_index("ix_live_postings_update_id_visible_from", "live_postings", ["update_id", "visible_from"], unique=False)


def downgrade() -> None:
    op.drop_table("live_postings")
    op.drop_table("live_updates")
