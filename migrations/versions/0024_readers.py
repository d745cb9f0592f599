"""Comments know their author by digests or as a member, and no more by an e-mail address in plain."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = app.core.models.Instant(timezone=True)
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "author_badge": sa.Text(),
    "sealed_email": sa.LargeBinary(),
    "email_digest": sa.String(length=64),
    "member_id": sa.Uuid(),
    "address_digest": sa.String(length=64),
    "network_digest": sa.String(length=64),
}
INDEXED = ("member_id", "email_digest", "address_digest")


def upgrade() -> None:
    # The indexes are made outside of the transaction at the end: where that fails, all this is run again.
    again = op.get_context().dialect.name == "postgresql" or None
    op.create_table(
        "members",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("badge", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revised_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_members_issuer_subject")),
        if_not_exists=again,
    )
    op.create_table(
        "digest_keys",
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("purge_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("begins_at", name=op.f("pk_digest_keys")),
        if_not_exists=again,
    )
    for name, kind in COLUMNS.items():
        op.add_column("comments", sa.Column(name, kind, nullable=True), if_not_exists=again)
    if again:
        with op.get_context().autocommit_block():
            for name in INDEXED:
                op.create_index(_name(name), "comments", [name, "created_at"], postgresql_concurrently=True, if_not_exists=True)
    else:
        for name in INDEXED:
            op.create_index(_name(name), "comments", [name, "created_at"])


def downgrade() -> None:
    with op.batch_alter_table("comments") as batch:
        for name in INDEXED:
            batch.drop_index(_name(name))
        for name in COLUMNS:
            batch.drop_column(name)
    op.drop_table("digest_keys")
    op.drop_table("members")


def _name(column: str) -> str:
    return op.f(f"ix_comments_{column}_created_at")
