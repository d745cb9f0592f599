"""The log knows of each event of a comment under which article it was, and is asked by that."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

NAME = "ix_events_thread_id_seq"
WHERE = sa.text("thread_id IS NOT NULL")
FILL = """
    UPDATE events SET thread_id = (SELECT article_id FROM comments WHERE comments.id = events.object_id)
    WHERE object_type = 'comment' AND thread_id IS NULL
"""


def upgrade() -> None:
    # What is outside of the transaction comes at the end: where it fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    op.add_column("events", sa.Column("thread_id", sa.Uuid(), nullable=True), if_not_exists=again)
    op.execute(FILL)
    if again:
        with op.get_context().autocommit_block():
            op.create_index(
                op.f(NAME), "events", ["thread_id", "seq"], postgresql_where=WHERE, postgresql_concurrently=True, if_not_exists=True
            )
    else:
        op.create_index(op.f(NAME), "events", ["thread_id", "seq"], sqlite_where=WHERE)


def downgrade() -> None:
    op.drop_index(op.f(NAME), table_name="events")
    with op.batch_alter_table("events") as batch:
        batch.drop_column("thread_id")
