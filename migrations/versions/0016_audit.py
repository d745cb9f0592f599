"""The log can be asked by actor, type, request and time, and keeps what only the audit is told."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INDEXES = (["actor_id", "seq"], ["type", "seq"], ["request_id"], ["at"])


def upgrade() -> None:
    # The indexes are made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    op.add_column("events", sa.Column("details", sa.JSON(none_as_null=True), nullable=True), if_not_exists=again)
    if again:
        with op.get_context().autocommit_block():
            for columns in INDEXES:
                op.create_index(_name(columns), "events", columns, postgresql_concurrently=True, if_not_exists=True)
    else:
        for columns in INDEXES:
            op.create_index(_name(columns), "events", columns)


def downgrade() -> None:
    with op.batch_alter_table("events") as batch:
        for columns in INDEXES:
            batch.drop_index(_name(columns))
        batch.drop_column("details")


def _name(columns: list[str]) -> str:
    return op.f("ix_events_" + "_".join(columns))
