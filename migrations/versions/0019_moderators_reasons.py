"""Decisions about comments have reasons for whoever wrote them, and what was decided at once can be undone."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS: dict[str, Any] = {
    "act": sa.String(length=64),
    "code": sa.String(length=64),
    "statement": sa.Text(),
    "version": sa.BigInteger(),
    "batch_id": sa.Uuid(),
    "undoes_id": sa.Uuid(),
}
INDEXES = (["batch_id"], ["at", "id"])


def upgrade() -> None:
    # The indexes are made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    for name, kind in COLUMNS.items():
        op.add_column("moderation_actions", sa.Column(name, kind, nullable=True), if_not_exists=again)
    if again:
        with op.get_context().autocommit_block():
            for columns in INDEXES:
                op.create_index(_name(columns), "moderation_actions", columns, postgresql_concurrently=True, if_not_exists=True)
    else:
        for columns in INDEXES:
            op.create_index(_name(columns), "moderation_actions", columns)


def downgrade() -> None:
    with op.batch_alter_table("moderation_actions") as batch:
        for columns in INDEXES:
            batch.drop_index(_name(columns))
        for name in COLUMNS:
            batch.drop_column(name)


def _name(columns: list[str]) -> str:
    return op.f("ix_moderation_actions_" + "_".join(columns))
