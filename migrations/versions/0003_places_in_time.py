"""Search entries stand at their places in time, and PostgreSQL finds title, lead and text each by a vector of its own."""

import random
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VECTORS = {
    "title_vector": "to_tsvector('simple', title)",
    "lead_vector": "to_tsvector('simple', title) || to_tsvector('simple', lead)",
    "whole_vector": "to_tsvector('simple', title) || to_tsvector('simple', lead) || to_tsvector('simple', text)",
}
WEIGHED = (
    "setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', lead), 'B')"
    " || setweight(to_tsvector('simple', text), 'C')"
)
BEGINNING = datetime(1700, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE search_entries DROP COLUMN vector")
        op.execute("ALTER TABLE search_entries ALTER COLUMN id DROP DEFAULT, ALTER COLUMN id TYPE bigint")
        op.execute("DROP SEQUENCE IF EXISTS search_entries_id_seq")
        for name, expression in VECTORS.items():
            op.execute(f"ALTER TABLE search_entries ADD COLUMN {name} tsvector GENERATED ALWAYS AS ({expression}) STORED")
            op.execute(f"CREATE INDEX ix_search_entries_{name} ON search_entries USING gin ({name})")
    _move()


def _move() -> None:
    """Give every entry its place: publications by their printed date, working copies by their last change, below zero."""
    entries = sa.table("search_entries", sa.column("id", sa.BigInteger()), sa.column("owner_id", sa.Uuid()))
    instant = app.core.models.Instant()
    publications = sa.table("publications", sa.column("id", sa.Uuid()), sa.column("published_at", instant))
    articles = sa.table("articles", sa.column("id", sa.Uuid()), sa.column("revised_at", instant))
    connection, taken = op.get_bind(), set[int]()
    for sign, owners, moment in ((1, publications, publications.c.published_at), (-1, articles, articles.c.revised_at)):
        rows = connection.execute(sa.select(entries.c.id, moment).join(owners, owners.c.id == entries.c.owner_id)).all()
        for old, at in rows:
            place = sign * _place(at, taken)
            connection.execute(sa.update(entries).where(entries.c.id == old).values(id=place))


def _place(at: datetime, taken: set[int]) -> int:
    milliseconds = min(max((at - BEGINNING) // timedelta(milliseconds=1), 0), 2**44 - 1)
    place = 0
    while not place or place in taken:
        place = (milliseconds << 19) + random.randrange(1, 2**19)  # noqa: S311 - a place within a millisecond
    taken.add(place)
    return place


def downgrade() -> None:
    entries = sa.table("search_entries", sa.column("id", sa.BigInteger()))
    connection = op.get_bind()
    for number, (old,) in enumerate(connection.execute(sa.select(entries.c.id).order_by(entries.c.id)).all(), 1):
        connection.execute(sa.update(entries).where(entries.c.id == old).values(id=number))
    if connection.dialect.name == "postgresql":
        for name in VECTORS:
            op.execute(f"ALTER TABLE search_entries DROP COLUMN {name}")
        op.execute("ALTER TABLE search_entries ALTER COLUMN id TYPE integer")
        op.execute("CREATE SEQUENCE search_entries_id_seq OWNED BY search_entries.id")
        op.execute("SELECT setval('search_entries_id_seq', coalesce(max(id), 0) + 1) FROM search_entries")
        op.execute("ALTER TABLE search_entries ALTER COLUMN id SET DEFAULT nextval('search_entries_id_seq')")
        op.execute(f"ALTER TABLE search_entries ADD COLUMN vector tsvector GENERATED ALWAYS AS ({WEIGHED}) STORED")
        op.execute("CREATE INDEX ix_search_entries_vector ON search_entries USING gin (vector)")
