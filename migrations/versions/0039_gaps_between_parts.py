"""In the search index a gap stands before lead and text, so that no phrase begins in one part and ends in the next."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

MOST = 1_000
ENTRIES = sa.table("search_entries", sa.column("id", sa.BigInteger()), sa.column("lead", sa.Text()), sa.column("text", sa.Text()))
APART = ENTRIES.c.lead.like("ø %")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        with op.get_context().autocommit_block():  # Few at a time: whoever writes beside this waits for no more than that.
            _set_apart()
    else:
        _set_apart()


def _set_apart() -> None:
    """Those that stand apart already are left as they are, so that this may be run again."""
    apart = sa.update(ENTRIES).where(~APART).values(lead="ø " + ENTRIES.c.lead, text="ø " + ENTRIES.c.text)
    if op.get_context().as_sql:
        op.execute(apart)
        return
    connection, last = op.get_bind(), -(2**63)
    while True:
        page = sa.select(ENTRIES.c.id).where(ENTRIES.c.id > last).order_by(ENTRIES.c.id).limit(MOST).subquery()
        reached = connection.scalar(sa.select(sa.func.max(page.c.id)))
        if reached is None:
            return
        connection.execute(apart.where(ENTRIES.c.id > last, ENTRIES.c.id <= reached))
        last = reached


def downgrade() -> None:
    without = {name: sa.func.substr(ENTRIES.c[name], 3) for name in ("lead", "text")}
    op.execute(sa.update(ENTRIES).where(APART).values(**without))
