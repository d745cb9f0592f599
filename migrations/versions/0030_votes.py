"""Each reader's vote for a comment is a row; comments know how many they brought along from elsewhere."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

CARRIED = ("carried_up", "carried_down")
VOTER = sa.String(length=128).with_variant(sa.String(length=128, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "comment_votes",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("voter", VOTER, nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_votes_comment_id_comments")),
        sa.PrimaryKeyConstraint("comment_id", "voter", name=op.f("pk_comment_votes")),
    )
    for name in CARRIED:
        op.add_column("comments", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(op.f("ix_comment_votes_voter_article_id_comment_id"), "comment_votes", ["voter", "article_id", "comment_id"])


def downgrade() -> None:
    with op.batch_alter_table("comments") as batch:
        for name in CARRIED:
            batch.drop_column(name)
    op.drop_table("comment_votes")
