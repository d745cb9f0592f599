"""Threads are walked by votes too, and in one row."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INDEXES = (
    ["article_id", "depth", "visible", "score", "created_at", "id"],
    ["article_id", "visible", "created_at", "id"],
    ["parent_id", "visible", "score", "created_at", "id"],
)


def upgrade() -> None:
    # The indexes are made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    op.add_column("comments", sa.Column("score", sa.BigInteger(), server_default="0", nullable=False), if_not_exists=again)
    if again:
        with op.get_context().autocommit_block():
            for columns in INDEXES:
                op.create_index(_name(columns), "comments", columns, postgresql_concurrently=True, if_not_exists=True)
    else:
        for columns in INDEXES:
            op.create_index(_name(columns), "comments", columns)


def downgrade() -> None:
    for columns in INDEXES:
        op.drop_index(_name(columns), table_name="comments")
    with op.batch_alter_table("comments") as batch:
        batch.drop_column("score")


def _name(columns: list[str]) -> str:
    return op.f("ix_comments_" + "_".join(columns))
