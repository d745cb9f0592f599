"""Working copies have a stage, those who work on them, and notes."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The index is made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    op.add_column("articles", sa.Column("stage", sa.String(length=64), nullable=False, server_default="draft"), if_not_exists=again)
    op.create_table(
        "article_assignees",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", app.core.models.ByteText, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["articles.id"], name=op.f("fk_article_assignees_owner_id_articles"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", "name", name=op.f("pk_article_assignees")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_article_assignees_name_owner_id"), "article_assignees", ["name", "owner_id"], if_not_exists=True)
    op.create_table(
        "notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("block", sa.Text(), nullable=True),
        sa.Column("moved_to", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_notes_article_id_articles"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_notes_article_id_id"), "notes", ["article_id", "id"], if_not_exists=True)
    name, columns = op.f("ix_articles_stage_revised_at_id"), ["stage", "revised_at", "id"]
    if op.get_context().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.create_index(name, "articles", columns, postgresql_concurrently=True, if_not_exists=True)
    else:
        op.create_index(name, "articles", columns)


def downgrade() -> None:
    op.drop_index(op.f("ix_articles_stage_revised_at_id"), table_name="articles")
    op.drop_table("notes")
    op.drop_table("article_assignees")
    with op.batch_alter_table("articles") as table:
        table.drop_column("stage")
