"""Each reader's vote for a comment is a row."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment_votes",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("voter", sa.String(length=128), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_votes_comment_id_comments")),
        sa.PrimaryKeyConstraint("comment_id", "voter", name=op.f("pk_comment_votes")),
    )
    op.create_index(op.f("ix_comment_votes_voter_article_id_comment_id"), "comment_votes", ["voter", "article_id", "comment_id"])


def downgrade() -> None:
    op.drop_table("comment_votes")
