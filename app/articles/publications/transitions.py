"""What happens to articles by itself: the moment at which readers begin or cease to see one is an event, though nobody asks then.

Visibility needs no job: it is asked of the publications at each moment. Only the log does, so every coming moment has a row
(`core/moments.py`), made and taken away with the publications themselves.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.articles import queries
from app.articles.models import Article, Transition
from app.articles.shown.places import Place, moved
from app.articles.shown.prepared import Refs
from app.articles.shown.tags import article_happening, public_tags
from app.articles.visibility import turn_at
from app.core import clock
from app.core.database import WriteSession
from app.core.moments import Moments
from app.core.schemas import wire_instant
from app.events.actions import record
from app.events.models import SYSTEM

_MOMENTS = Moments(Transition, "article_id")
plan, due, next_moment, FIRST = _MOMENTS.plan, _MOMENTS.due, _MOMENTS.next, _MOMENTS.first


def coming(rows: Iterable[Any]) -> set[datetime]:
    """The moments ahead at which readers begin or cease to see one of these publications."""
    now = clock.now()
    periods = [(row.visible_from, row.visible_until) for row in rows if row.visible_from < row.visible_until]
    return {moment for period in periods for moment in period if now < moment < clock.FOREVER}


async def settle(session: WriteSession, article: Article, rows: Sequence[Any]) -> None:
    """Record what has happened by itself to a locked `article`, and is not in the log yet; `rows` are all its publications."""
    for moment in await _MOMENTS.take_passed(session, article.id):
        await _record(session, article, rows, moment)


async def _record(session: WriteSession, article: Article, rows: Sequence[Any], moment: datetime) -> None:
    until, since = turn_at(rows, moment)
    if until is since:
        return
    rows_shown = [row for row in (until, since) if row is not None]
    originals = [row.translation_of for row in rows_shown]
    tags = public_tags(article, [Refs.read(row.refs) for row in rows_shown], originals=originals)
    at = wire_instant(moment)
    said = await moved(session, _place(until), _place(since))
    if since is None:
        happening = article_happening("article.unpublished", article, SYSTEM, public=True, tags=tags, at=at, cause="schedule", **said)
    else:
        first = all(row.visible_from >= moment for row in rows)
        happening = article_happening(
            "article.published", article, SYSTEM, public=True, tags=tags, at=at, cause="schedule", first=first,
            significance=since.significance, **said,
        )  # fmt: skip
    record(session, happening)


def _place(row: Any) -> Place | None:
    return None if row is None else Place.of(row.slug, Refs.read(row.refs))


async def settle_due(session: WriteSession, article_id: UUID) -> None:
    """Record what has happened by itself to one article."""
    statement = select(Article).where(Article.id == article_id).with_for_update(key_share=True)
    article = (await session.scalars(statement)).one_or_none()
    if article is not None:
        await settle(session, article, await queries.history_of(session, article_id))
