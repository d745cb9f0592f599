"""What is in the trash is found by how long it has been there."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NAME = "ix_articles_deleted_at"
DELETED = sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.create_index(
                op.f(NAME), "articles", ["deleted_at"], postgresql_where=DELETED, postgresql_concurrently=True, if_not_exists=True
            )
    else:
        op.create_index(op.f(NAME), "articles", ["deleted_at"], sqlite_where=DELETED)


def downgrade() -> None:
    op.drop_index(op.f(NAME), table_name="articles")
