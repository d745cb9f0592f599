"""Taking an article from readers with all that they ever saw of it, and giving it back. Nothing is lost meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.articles import queries
from app.articles.filters import PUBLISHED
from app.articles.models import Article, Publication
from app.articles.publications import transitions
from app.articles.publications.arranging import drop
from app.articles.publications.publishing import enter_publication, refuse_embargoed
from app.articles.shown.places import Place, moved, sections_in
from app.articles.shown.prepared import Refs, prepare
from app.articles.shown.preparing import prepare_rows
from app.articles.shown.tags import article_happening, public_tags
from app.articles.takedown_schemas import TakedownOrder
from app.articles.visibility import shown_at
from app.articles.working_copy import content as contents
from app.articles.working_copy import indexing
from app.body import outline as bodies
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.models import table_of
from app.core.schemas import wire_instant
from app.events.actions import record
from app.events.forgetting import forget_addresses
from app.events.models import Actor
from app.events.versions import check_version

_ADDRESS_IS_CONTENT = frozenset({"legal", "privacy"})
"""Reasons for which not even the words of its address may be told again."""
_NOT_COPIED = frozenset({"id", "version", "visible_from", "visible_until", "withheld_until", "item", "outline", "refs"})
_COPIED = tuple(column.key for column in table_of(Publication).columns if column.key not in _NOT_COPIED)


async def take_down(session: WriteSession, article: Article, order: TakedownOrder, *, by: Actor, if_match: int | None) -> Article:
    """Let readers see nothing of the article any more, of the past as little as of what was scheduled; in the trash too.

    Doing so again for the same reason changes nothing; for another, it says so. Events that everybody may know lose the addresses in
    them: they are made of the article's own words.
    """
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    if article.taken_down_at is not None and (article.takedown_reason, article.takedown_note) == (order.reason, order.note):
        return article
    now = clock.now()
    rows = await queries.history_of(session, article.id)
    if article.taken_down_at is None:
        await transitions.settle(session, article, rows)
        await transitions.plan(session, article.id, before=transitions.coming(rows), after=set())
        article.taken_down_at = now
    article.takedown_reason, article.takedown_note = order.reason, order.note
    article.version += 1
    await session.flush()
    await _withhold(session, article.id)
    await forget_addresses(session, article.id)
    await _announce_end(session, article, rows, by, at=article.taken_down_at)
    return article


async def _withhold(session: WriteSession, article: UUID) -> None:
    """Empty the period of every publication, and keep its end aside."""
    mine = update(Publication).where(Publication.article_id == article, Publication.withheld_until.is_(None))
    emptied = mine.values(withheld_until=Publication.visible_until, visible_until=Publication.visible_from)
    await session.execute(emptied.execution_options(synchronize_session=False))


async def _announce_end(session: WriteSession, article: Article, rows: list[Any], by: Actor, *, at: datetime) -> None:
    """Tell everybody, where readers had seen it; of its address only as much as may be told."""
    shown = shown_at(rows, at)
    if shown is not None:
        said = await moved(session, _place(shown), None)
    else:
        said = {"path": None, "previous_path": None, "sections": sections_in(await contents.content_of(session, article))}
    if article.takedown_reason in _ADDRESS_IS_CONTENT:
        said["previous_path"] = None
    seen = [row for row in rows if row.visible_from <= at]
    happening = article_happening(
        "article.taken_down", article, by, public=bool(seen), tags=all_tags(article, seen), at=wire_instant(at), **said
    )
    record(session, replace(happening, details={"reason": article.takedown_reason, "note": article.takedown_note}))


async def restore_taken_down(session: WriteSession, article: Article, *, publish: bool, by: Actor, if_match: int | None) -> Article:
    """End a take-down; doing so twice is no error.

    With `publish` readers see again what they would see now without it, for as long as that was to be; else it is a working copy only.
    Of the past they see again what they saw. Between the two nothing was to be seen, and stays so. Raises ArticleEmbargoed where readers
    would see anything again before an embargo that was set meanwhile.
    """
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    since, now = article.taken_down_at, clock.now()
    if since is None:
        return article
    article.taken_down_at = article.takedown_reason = article.takedown_note = None
    article.version += 1
    await session.flush()
    await _release(session, article, since, max(now, since) if publish else None)
    rows = await queries.history_of(session, article.id)
    await transitions.plan(session, article.id, before=set(), after=transitions.coming(rows))
    await _announce_return(session, article, rows, by, since, now)
    return article


async def _release(session: WriteSession, article: Article, since: datetime, again: datetime | None) -> None:
    """Give every publication its period back, without the time from `since` until `again`; None is for good."""
    mine = Publication.article_id == article.id
    past = update(Publication).where(mine, Publication.withheld_until <= since)
    ended = past.values(visible_until=Publication.withheld_until, withheld_until=None)
    await session.execute(ended.execution_options(synchronize_session=False))
    statement = select(Publication).where(mine, Publication.withheld_until.is_not(None)).order_by(Publication.visible_from)
    rows = (await session.scalars(statement.execution_options(populate_existing=True))).all()
    await prepare_rows(session, [row.id for row in rows if not row.refs])
    landing = None if again is None else _landing(rows, again)
    if landing is not None and any(_kept(row) > landing for row in rows):
        refuse_embargoed(article, landing, pointer="#/publish")
    for row in rows:
        await _give_back(session, article, row, since, again, landing)
    await session.flush()


def _landing(rows: Sequence[Publication], again: datetime) -> datetime:
    """When readers next see anything; what was to begin while nothing was to be seen begins then."""
    ahead = [row.visible_from for row in rows if row.visible_from > again]
    return again if any(row.visible_from <= again < _kept(row) for row in rows) else min(ahead, default=again)


async def _give_back(
    session: WriteSession, article: Article, row: Publication, since: datetime, again: datetime | None, landing: datetime | None
) -> None:
    """One publication that was not over at `since`; whoever saw it before then sees that row end, and from `again` on another."""
    start, end, seen = row.visible_from, _kept(row), row.visible_from < since
    row.withheld_until, row.visible_until = None, since if seen else end
    if again is None or landing is None or end <= again:
        if not seen:
            await drop(session, [row.id])
            session.expunge(row)
        return
    if seen:
        copy = Publication(**{name: getattr(row, name) for name in _COPIED}, id=ids.new(), version=article.version)
        copy.visible_from, copy.visible_until = again, end
        enter_publication(session, copy, Refs.read(row.refs).content())
        names = await indexing.names_in(session, PUBLISHED, copy.id)
        await indexing.reindex(session, copy.id, copy, names, await bodies.words_aside(copy.body), anew=True)
        return
    if start <= again:
        row.visible_from, row.version = again, article.version
    for name in ("first_published_at", "updated_at"):
        if since < getattr(row, name) <= again:
            setattr(row, name, landing)
    prepare(row, Refs.read(row.refs))


def _kept(row: Publication) -> datetime:
    """Until when a publication was to be seen."""
    return row.visible_until if row.withheld_until is None else row.withheld_until


async def _announce_return(session: WriteSession, article: Article, rows: list[Any], by: Actor, since: datetime, now: datetime) -> None:
    """Tell everybody that there is something to be seen again, of now or only of the past."""
    seen, shown = [row for row in rows if row.visible_from <= now], shown_at(rows, now)
    sections = sections_in(await contents.content_of(session, article))
    tags = all_tags(article, seen)
    record(session, article_happening("article.restored", article, by, public=bool(seen), tags=tags, sections=sections))
    if shown is not None:
        said = await moved(session, None, _place(shown))
        first = all(row.visible_from > since for row in seen)
        happening = article_happening(
            "article.published", article, by, public=True, tags=tags, first=first, significance=shown.significance, cause="restored", **said
        )
        record(session, happening)


def _place(row: Any) -> Place:
    return Place.of(row.slug, Refs.read(row.refs))


def all_tags(article: Article, seen: Iterable[Any]) -> tuple[str, ...]:
    """Its own page, and every list that it ever stood in: answers about the past change with it."""
    rows = list(seen)
    return public_tags(article, [Refs.read(row.refs) for row in rows], originals=[row.translation_of for row in rows])
