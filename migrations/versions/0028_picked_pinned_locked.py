"""Comments are picked by the newsroom, pinned, and locked with what stands under them."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COLUMNS = ("picked_at", "pinned_at", "locked_at")
NAME = "ix_comments_featured"
FEATURED = sa.text("pinned_at IS NOT NULL OR picked_at IS NOT NULL")


def upgrade() -> None:
    # The index is made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    for name in COLUMNS:
        op.add_column("comments", sa.Column(name, app.core.models.Instant(timezone=True), nullable=True), if_not_exists=again)
    if again:
        with op.get_context().autocommit_block():
            op.create_index(NAME, "comments", ["article_id"], postgresql_where=FEATURED, postgresql_concurrently=True, if_not_exists=True)
    else:
        op.create_index(NAME, "comments", ["article_id"], sqlite_where=FEATURED)


def downgrade() -> None:
    op.drop_index(NAME, table_name="comments")
    with op.batch_alter_table("comments") as batch:
        for name in COLUMNS:
            batch.drop_column(name)
