"""An article can be taken down; its publications then keep aside until when they were to be seen."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = app.core.models.Instant(timezone=True)
COLUMNS = {
    "articles": (("taken_down_at", INSTANT), ("takedown_reason", sa.String(64)), ("takedown_note", sa.Text())),
    "publications": (("withheld_until", INSTANT),),
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, columns in COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            for name, _ in columns:
                batch.drop_column(name)
