"""Comments that were carried in from elsewhere keep what they are called there."""

import sqlalchemy as sa
from alembic import op

from app.core.models import ByteText

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment_sources",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("source", ByteText, nullable=False),
        sa.Column("external_id", ByteText, nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_sources_comment_id_comments"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment_sources")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_comment_sources_source_external_id")),
    )


def downgrade() -> None:
    op.drop_table("comment_sources")
