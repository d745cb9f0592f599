"""What sections, authors and tags were called before is kept, and what is printed before its day is found."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

AHEAD = "ix_publications_ahead"
PRINTED_AHEAD = sa.text("published_at > visible_from")


def upgrade() -> None:
    # The index is made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    op.create_table(
        "former_names",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("until", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", app.core.models.ByteText, nullable=False),
        sa.Column("path", app.core.models.ByteText, nullable=True),
        sa.PrimaryKeyConstraint("object_id", "until", name=op.f("pk_former_names")),
        if_not_exists=again,
    )
    op.create_index(op.f("ix_former_names_kind_until"), "former_names", ["kind", "until"], if_not_exists=again)
    if again:
        with op.get_context().autocommit_block():
            op.create_index(
                AHEAD, "publications", ["published_at"], postgresql_where=PRINTED_AHEAD, postgresql_concurrently=True, if_not_exists=True
            )
    else:
        op.create_index(AHEAD, "publications", ["published_at"], sqlite_where=PRINTED_AHEAD)


def downgrade() -> None:
    op.drop_index(AHEAD, table_name="publications")
    op.drop_table("former_names")
