"""Revisions of articles, their content once each; the log keeps why a change was made."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "article_contents",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_contents_article_id_articles"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article_id", "digest", name=op.f("pk_article_contents")),
    )
    op.create_table(
        "article_revisions",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("changed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("restored_from", sa.BigInteger(), nullable=True),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("replaced_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id", "digest"],
            ["article_contents.article_id", "article_contents.digest"],
            name=op.f("fk_article_revisions_article_id_article_contents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "number", name=op.f("pk_article_revisions")),
    )
    op.create_index(op.f("ix_article_revisions_article_id_digest"), "article_revisions", ["article_id", "digest"], unique=False)
    op.create_index(op.f("ix_article_revisions_replaced_at"), "article_revisions", ["replaced_at"], unique=False)
    op.add_column("events", sa.Column("message", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("events") as table:
        table.drop_column("message")
    op.drop_index(op.f("ix_article_revisions_replaced_at"), table_name="article_revisions")
    op.drop_index(op.f("ix_article_revisions_article_id_digest"), table_name="article_revisions")
    op.drop_table("article_revisions")
    op.drop_table("article_contents")
