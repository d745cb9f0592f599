"""What was said of a section is kept with what it was called."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("former_names", sa.Column("about", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("former_names") as batch:
        batch.drop_column("about")
