"""Indexes that find what is looked for at once, however much a newsroom has come to keep; most in place of one that left much to be sifted."""

import contextlib

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

FEATURED = sa.text("pinned_at IS NOT NULL OR picked_at IS NOT NULL")
PASSING = sa.text("NOT (kind = 4 AND value = 1)")
Form = tuple[str, str, list[str], sa.TextClause | None]
BEFORE: tuple[Form, ...] = (
    ("ix_comments_featured", "comments", ["article_id"], FEATURED),
    ("ix_comment_marks_comment_id", "comment_marks", ["comment_id"], None),
    ("ix_comment_marks_at", "comment_marks", ["at"], None),
    ("ix_webhook_deliveries_webhook_id_status_due_at", "webhook_deliveries", ["webhook_id", "status", "due_at"], None),
)
AFTER: tuple[Form, ...] = (
    ("ix_comments_featured_shown", "comments", ["article_id", "visible", "status"], FEATURED),
    ("ix_comment_marks_comment_id_kind", "comment_marks", ["comment_id", "kind"], None),
    ("ix_comment_marks_passing", "comment_marks", ["at"], PASSING),
    ("ix_webhook_deliveries_status_webhook_id_due_at", "webhook_deliveries", ["status", "webhook_id", "due_at"], None),
    ("ix_moderation_actions_actor_id_at_id", "moderation_actions", ["actor_id", "at", "id"], None),
)


def upgrade() -> None:
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    _replace(AFTER, BEFORE)


def _replace(old: tuple[Form, ...], new: tuple[Form, ...]) -> None:
    """The new ones first; on PostgreSQL beside whatever goes on, so that where that fails all this is run again."""
    postgresql = op.get_context().dialect.name == "postgresql"
    block = op.get_context().autocommit_block() if postgresql else contextlib.nullcontext()
    with block:
        for name, table, columns, where in new:
            op.create_index(
                name, table, columns, postgresql_where=where, sqlite_where=where, if_not_exists=True, postgresql_concurrently=postgresql
            )
        for name, table, _, _ in old:
            op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=postgresql)
