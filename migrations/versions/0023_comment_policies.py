"""What is said of discussions is inherited: from the site by sections, from a section by its articles."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment_policies",
        sa.Column("section_id", sa.Uuid(), nullable=True),
        sa.Column("settings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_comment_policies_section_id_sections"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_policies")),
        sa.UniqueConstraint("section_id", name=op.f("uq_comment_policies_section_id")),
    )
    op.add_column("comment_threads", sa.Column("policy", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("comment_threads") as batch:
        batch.drop_column("policy")
    op.drop_table("comment_policies")
