"""The newest articles that readers see under a few filters: what fills the places that others leave."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.articles.filters import PUBLISHED, REFERRING, conditions
from app.articles.models import Publication
from app.articles.shown import walks
from app.articles.shown.reading import Reading, Shown
from app.articles.shown.tags import membership_tags
from app.articles.visibility import visible_at

PREFIXES = {"tag": "tag", "section": "sec"}
_ORDER: tuple[Any, ...] = (Publication.published_at, Publication.article_id)


async def newest(
    reading: Reading, given: Mapping[str, Any], found: Mapping[str, Sequence[UUID]], at: datetime, limit: int
) -> tuple[list[Shown], list[str]]:
    """At most `limit` articles, and the tags of whatever could put another there; one statement.

    `given` are filters as `/v1/articles` has them, `found` the ids behind those that refer. A filter by the links of one kind is a walk
    along their index; with others each article is asked on the way.
    """
    fields = list(given)
    field = fields[0] if fields else None
    if not fields or (len(fields) == 1 and field in REFERRING and 0 < len(found[fields[0]]) <= walks.MOST_TARGETS):
        targets = walks.filled_up(found[fields[0]]) if fields else []
        walk = walks.Walk(
            "published_at", descending=True, limit=limit, resumed=False, field=field, targets=len(targets), past=reading.past is not None
        )
        values = {f"target_{number}": target for number, target in enumerate(targets)}
        rows = await reading.shown(lambda: reading.lookups.all(walks.listed(walk), at=at, **values), at)
        return rows, membership_tags(found)
    statement = walks.items().where(*conditions(PUBLISHED, given, found, at), visible_at(at))
    if reading.past is not None:
        statement = statement.where(Publication.published_at <= walks.latest("published_at", at))
    statement = statement.order_by(*(column.desc() for column in _ORDER)).limit(limit)
    async with reading.database.reading() as session:

        async def read() -> Sequence[Any]:
            return (await session.execute(statement)).all()

        return await reading.shown(read, at), membership_tags(found)
