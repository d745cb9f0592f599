"""What was answered to an Idempotency-Key is kept as it is: to compress it took PostgreSQL longer than to write it, for a day."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _store("EXTERNAL")


def downgrade() -> None:
    _store("EXTENDED")


def _store(how: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE idempotency_records ALTER COLUMN body SET STORAGE {how}")
