"""Prepared text beside each publication, and the whole sort key beside each of its links."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PREPARED = ("item", "outline", "refs")
LINKS = {"publication_sections": "section_id", "publication_authors": "author_id", "publication_tags": "tag_id"}


def upgrade() -> None:
    with op.batch_alter_table("publications", schema=None) as batch_op:
        for name in PREPARED:
            batch_op.add_column(sa.Column(name, sa.Text(), server_default="", nullable=False))
    for table, target in LINKS.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("article_id", sa.Uuid(), nullable=True))
        op.execute(f"UPDATE {table} SET article_id = (SELECT article_id FROM publications WHERE publications.id = {table}.owner_id)")  # noqa: S608 - the names are ours
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("article_id", existing_type=sa.Uuid(), nullable=False)
            batch_op.drop_index(f"ix_{table}_{target}_published_at_owner_id")
            batch_op.create_index(f"ix_{table}_walk", [target, "published_at", "article_id", "owner_id"])


def downgrade() -> None:
    for table, target in LINKS.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f"ix_{table}_walk")
            batch_op.create_index(f"ix_{table}_{target}_published_at_owner_id", [target, "published_at", "owner_id"])
            batch_op.drop_column("article_id")
    with op.batch_alter_table("publications", schema=None) as batch_op:
        for name in PREPARED:
            batch_op.drop_column(name)
