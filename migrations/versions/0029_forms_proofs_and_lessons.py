"""Proofs of work are spent, and what moderators decide is learned."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spent_proofs",
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("expires_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_spent_proofs")),
    )
    with op.batch_alter_table("spent_proofs") as batch:
        batch.create_index(batch.f("ix_spent_proofs_expires_at"), ["expires_at"])
    model = op.create_table(
        "bayes_model",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("approved", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("learned_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bayes_model")),
    )
    op.bulk_insert(model, [{"id": 1, "version": 0, "approved": 0, "refused": 0, "learned_seq": 0}])
    op.create_table(
        "bayes_words",
        sa.Column("word", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approved", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_bayes_words")),
    )
    with op.batch_alter_table("bayes_words") as batch:
        batch.create_index(batch.f("ix_bayes_words_version"), ["version"])
    op.create_table(
        "bayes_lessons",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_bayes_lessons")),
    )


def downgrade() -> None:
    for name in ("bayes_lessons", "bayes_words", "bayes_model", "spent_proofs"):
        op.drop_table(name)
