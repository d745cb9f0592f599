"""What was ordered of a publication beside what came of it; the embargo of a working copy."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = (("publications", "ordered_until"), ("publications", "printed_at"), ("articles", "embargo_until"))


def upgrade() -> None:
    for table, name in COLUMNS:
        op.add_column(table, sa.Column(name, app.core.models.Instant(timezone=True), nullable=True))


def downgrade() -> None:
    for table, name in COLUMNS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(name)
