"""Lists that editors arrange, what readers see of them, and what happens to them by itself."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = app.core.models.Instant(timezone=True)


def _content() -> list[sa.Column[Any]]:
    return [
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("backfill", sa.JSON(none_as_null=True), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "lists",
        *_content(),
        sa.Column("slug", app.core.models.ByteText, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revised_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("slug", name=op.f("uq_lists_slug")),
    )
    op.create_table(
        "list_publications",
        *_content(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_version", sa.BigInteger(), nullable=False),
        sa.Column("visible_from", INSTANT, nullable=False),
        sa.Column("visible_until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_list_publications_list_id_lists"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_publications")),
    )
    op.create_index(op.f("ix_list_publications_list_id_visible_from"), "list_publications", ["list_id", "visible_from"])
    op.create_index(op.f("ix_list_publications_visible_from"), "list_publications", ["visible_from"])
    op.create_index(op.f("ix_list_publications_visible_until"), "list_publications", ["visible_until"])
    op.create_table(
        "list_transitions",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_list_transitions_list_id_lists"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("list_id", "at", name=op.f("pk_list_transitions")),
    )
    op.create_index(op.f("ix_list_transitions_at"), "list_transitions", ["at"])


def downgrade() -> None:
    for table in ("list_transitions", "list_publications", "lists"):
        op.drop_table(table)
