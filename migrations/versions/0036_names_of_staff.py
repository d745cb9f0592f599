"""Members are found by what their names look like."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

NAME = "ix_members_skeleton"


def upgrade() -> None:
    # The index is made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    op.add_column("members", sa.Column("skeleton", sa.Text(), nullable=True), if_not_exists=again)
    if again:
        with op.get_context().autocommit_block():
            op.create_index(op.f(NAME), "members", ["skeleton"], postgresql_concurrently=True, if_not_exists=True)
    else:
        op.create_index(op.f(NAME), "members", ["skeleton"])


def downgrade() -> None:
    with op.batch_alter_table("members") as batch:
        batch.drop_index(op.f(NAME))
        batch.drop_column("skeleton")
