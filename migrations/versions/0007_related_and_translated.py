"""What an article says of other articles: which it points to, and which it translates."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("articles", "publications")


def upgrade() -> None:
    # The indexes are made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    for table in TABLES:
        op.add_column(table, sa.Column("related", sa.JSON(none_as_null=True), nullable=True), if_not_exists=again)
        op.add_column(table, sa.Column("translation_of", sa.Uuid(), nullable=True), if_not_exists=again)
    if again:
        with op.get_context().autocommit_block():
            for table in TABLES:
                op.create_index(
                    op.f(f"ix_{table}_translation_of"), table, ["translation_of"], postgresql_concurrently=True, if_not_exists=True
                )
    else:
        for table in TABLES:
            op.create_index(op.f(f"ix_{table}_translation_of"), table, ["translation_of"])


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_index(op.f(f"ix_{table}_translation_of"))
            batch.drop_column("translation_of")
            batch.drop_column("related")
