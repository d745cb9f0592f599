"""What happens by itself: the moment at which readers begin or cease to see an article is an event, though nobody asks then.

Visibility needs no job: it is asked of the publications at each moment. Only the log does, so every coming moment has a row here, made
and taken away with the publications themselves. Whoever comes first, the worker or the next change of the article, takes the row away and
records the event in the same transaction: so it is in the log once, and before whatever follows it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from app.articles import queries
from app.articles.models import Article, Transition
from app.articles.places import Place, moved
from app.articles.prepared import Refs
from app.articles.tags import article_happening, public_tags
from app.articles.visibility import shown_at
from app.core import clock
from app.core.database import ReadSession, WriteSession
from app.core.schemas import wire_instant
from app.events.actions import record
from app.events.models import SYSTEM


def coming(rows: Iterable[Any]) -> set[datetime]:
    """The moments ahead at which readers begin or cease to see one of these publications."""
    now = clock.now()
    periods = [(row.visible_from, row.visible_until) for row in rows if row.visible_from < row.visible_until]
    return {moment for period in periods for moment in period if now < moment < clock.FOREVER}


async def plan(session: WriteSession, article_id: UUID, *, before: set[datetime], after: set[datetime]) -> None:
    """Remember the coming moments of an article: `after` an order, where there were those `before`."""
    dropped = before - after
    if dropped:
        await session.execute(delete(Transition).where(Transition.article_id == article_id, Transition.at.in_(dropped)))
    session.add_all(Transition(article_id=article_id, at=moment) for moment in sorted(after - before))


async def settle(session: WriteSession, article: Article, rows: Sequence[Any]) -> None:
    """Record what has happened by itself to a locked `article`, and is not in the log yet; `rows` are all its publications."""
    passed = delete(Transition).where(Transition.article_id == article.id, Transition.at <= clock.now()).returning(Transition.at)
    for moment in sorted((await session.scalars(passed)).all()):
        await _record(session, article, rows, moment)


async def _record(session: WriteSession, article: Article, rows: Sequence[Any], moment: datetime) -> None:
    until = next((row for row in rows if row.visible_from < moment <= row.visible_until), None)
    since = shown_at(rows, moment)
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


async def due(session: ReadSession, limit: int) -> Sequence[UUID]:
    """Articles to which something has happened by itself, the longest ago first."""
    statement = select(Transition.article_id).where(Transition.at <= clock.now()).group_by(Transition.article_id)
    return (await session.scalars(statement.order_by(func.min(Transition.at)).limit(limit))).all()


async def next_moment(session: ReadSession) -> datetime | None:
    """When something happens by itself next."""
    return await session.scalar(select(func.min(Transition.at)))


async def settle_due(session: WriteSession, article_id: UUID) -> None:
    """Record what has happened by itself to one article."""
    statement = select(Article).where(Article.id == article_id).with_for_update(key_share=True)
    article = (await session.scalars(statement)).one_or_none()
    if article is not None:
        await settle(session, article, await queries.history_of(session, article_id))
