"""What a newsroom puts before its readers, and when. Only this module and `takedown` open and close publications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, update

from app.articles import content as contents
from app.articles import queries, transitions
from app.articles.actions import refuse_deleted
from app.articles.errors import ArticleWithheld, PublishingPeriodEmpty
from app.articles.filters import PUBLISHED
from app.articles.models import CONTENT_COLUMNS, Article, Publication
from app.articles.places import Place, moved, sections_in, sections_of
from app.articles.prepared import Refs, prepare
from app.articles.schemas import PublishOrder
from app.articles.tags import article_happening, public_tags
from app.articles.visibility import shown_at
from app.core import clock, ids, search_index
from app.core.database import WriteSession
from app.core.errors import Fault
from app.core.lookups import Lookup
from app.core.models import Instant, table_of
from app.core.rows import enter
from app.core.schemas import wire_instant
from app.events.actions import record
from app.events.models import Actor
from app.events.versions import Content, check_version


async def publish(session: WriteSession, article: Article, order: PublishOrder, *, by: Actor, if_match: int | None) -> Article:
    """Put the working copy before readers, now or from a later moment on.

    The order holds from its moment on and replaces whatever was to be seen after that. Publishing what readers see already changes
    nothing and is no error: an integrator may safely repeat it. The first date that readers saw is kept for good, because links, feeds
    and search engines remember it.
    """
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    _refuse_away(article)
    now = clock.now()
    start, end = max(order.at or now, now), order.until or clock.FOREVER
    if end <= start:
        raise PublishingPeriodEmpty(errors=[Fault("period", "It must be later than `at`, and than now.", "#/until")])
    rows = await _settled(session, article)
    if _says_already(rows, article, start, end):
        return article
    article.version += 1
    await session.flush()
    shown, coming = _shown(rows, now), transitions.coming(rows)
    await _cut(session, rows, start)
    before = [row for row in rows if row.visible_from < start]
    opened = await _open(session, article, order, before, start, end)
    after = {moment for moment in coming if moment < start} | {moment for moment in (start, end) if now < moment < clock.FOREVER}
    await transitions.plan(session, article.id, before=coming, after=after)
    place = Place.of(article.slug, opened)
    if start == now:
        refs = [opened] if shown is None else [shown.refs, opened]
        said = await moved(session, None if shown is None else shown.place, place)
        happening = article_happening(
            "article.published", article, by, public=True, first=not before, significance=order.significance,
            tags=public_tags(article, refs, originals=[] if shown is None else [shown.original]), **said,
        )  # fmt: skip
        record(session, happening)
    else:
        until = None if end == clock.FOREVER else wire_instant(end)
        happening = article_happening(
            "article.scheduled", article, by, at=wire_instant(start), until=until, sections=sections_of(place)
        )  # fmt: skip
        record(session, happening)
    return article


def _refuse_away(article: Article) -> None:
    refuse_deleted(article)
    if article.taken_down_at is not None:
        raise ArticleWithheld(f"It was taken down at {wire_instant(article.taken_down_at)}; restore it first.")


async def _settled(session: WriteSession, article: Article) -> list[Any]:
    """Every publication of the article, once the log has what happened to them by itself."""
    rows = await queries.history_of(session, article.id)
    if rows:
        await transitions.settle(session, article, rows)
    return rows


def _says_already(rows: list[Any], article: Article, start: datetime, end: datetime) -> bool:
    """Whether from `start` on exactly this content is to be seen until `end`."""
    last = rows[-1] if rows else None
    return last is not None and last.content_version == article.content_version and last.visible_until == end and last.visible_from <= start


async def unpublish(session: WriteSession, article: Article, *, at: datetime | None, by: Actor, if_match: int | None) -> Article:
    """Take the article from readers, now or at a later moment; a schedule that would begin after that is called off."""
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    _refuse_away(article)
    now = clock.now()
    end = max(at or now, now)
    rows = await _settled(session, article)
    if all(row.visible_until <= end for row in rows):
        return article
    article.version += 1
    await session.flush()
    await withdraw(session, article, rows, end, by, kind="article.unpublished" if end == now else "article.scheduled")
    return article


async def delete_article(session: WriteSession, article: Article, *, by: Actor, if_match: int | None) -> None:
    """Put the article into the trash; readers see it no more. Deleting it twice is no error."""
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    if article.deleted_at is not None:
        return
    article.deleted_at = clock.now()
    article.version += 1
    await session.flush()
    await withdraw(session, article, await _settled(session, article), article.deleted_at, by, kind="article.deleted")


async def withdraw(session: WriteSession, article: Article, rows: list[Any], end: datetime, by: Actor, *, kind: str) -> None:
    """Close what is open at `end`, and tell everybody if readers could see it."""
    now = clock.now()
    shown, coming = _shown(rows, end) if end <= now else None, transitions.coming(rows)
    await _cut(session, rows, end)
    after = {moment for moment in coming if moment < end} | ({end} if end > now else set())
    await transitions.plan(session, article.id, before=coming, after=after)
    tags = () if shown is None else public_tags(article, [shown.refs], originals=[shown.original])
    if shown is not None:
        said = await moved(session, shown.place, None)
    else:
        said = {"sections": sections_in(await contents.content_of(session, article))}
        said |= {} if kind == "article.scheduled" else {"path": None, "previous_path": None}
    record(session, article_happening(kind, article, by, public=shown is not None, tags=tags, at=wire_instant(end), **said))


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a publication refers to, where it stands, and which article it translates."""

    refs: Refs
    place: Place
    original: UUID | None


def _shown(rows: list[Any], moment: datetime) -> _Shown | None:
    """The publication that readers see at `moment`; asked before it is closed."""
    row = shown_at(rows, moment)
    if row is None:
        return None
    refs = Refs.read(row.refs)
    return _Shown(refs, Place.of(row.slug, refs), row.translation_of)


_CLOSE, _CLOSE_WITHHELD = (
    Lookup(
        update(table_of(Publication))
        .where(Publication.id == bindparam("publication", type_=Uuid()))
        .values({end: bindparam("moment", type_=Instant())})
    )
    for end in ("visible_until", "withheld_until")
)


async def _cut(session: WriteSession, rows: list[Any], moment: datetime) -> None:
    """Let nothing be seen from `moment` on: what is open then ends there, what would begin later is withdrawn whole."""
    for row in rows:
        if row.visible_from < moment < row.visible_until:
            await session.ask(_CLOSE, publication=row.id, moment=moment)
        elif row.withheld_until is not None and row.visible_from < moment < row.withheld_until:
            await session.ask(_CLOSE_WITHHELD, publication=row.id, moment=moment)
    await drop(session, [row.id for row in rows if row.visible_from >= moment])


async def drop(session: WriteSession, unseen: Sequence[UUID]) -> None:
    """Withdraw publications whole; nobody has seen them."""
    for publication in unseen:
        await search_index.forget(session, publication)
    if unseen:
        await session.execute(delete(Publication).where(Publication.id.in_(unseen)).execution_options(synchronize_session=False))


async def _open(
    session: WriteSession,
    article: Article,
    order: PublishOrder,
    before: list[Any],
    start: datetime,
    end: datetime,
) -> Refs:
    """Write down what readers see from `start` on: the working copy as it is at this moment."""
    last = before[-1] if before else None
    printed = article.published_at or (last.published_at if last else start)
    updated = printed if last is None else last.updated_at if order.significance == "minor" else start
    publication = Publication(
        **{name: getattr(article, name) for name in CONTENT_COLUMNS},
        id=ids.new(), article_id=article.id, version=article.version, content_version=article.content_version,
        visible_from=start, visible_until=end, significance=order.significance,
        published_at=printed, first_published_at=last.first_published_at if last else start, updated_at=updated,
    )  # fmt: skip
    return await enter_publication(session, publication, await contents.content_of(session, article))


async def enter_publication(session: WriteSession, publication: Publication, content: Content) -> Refs:
    """Write down a publication, its prepared text, and the references that `content` names."""
    refs = Refs.of(content)
    prepare(publication, refs)
    await enter(session, publication)
    columns = {"published_at": publication.published_at, "article_id": publication.article_id}
    names = await contents.link(session, PUBLISHED, publication.id, content, anew=True, **columns)
    await contents.reindex(session, publication.id, publication, names, anew=True)
    return refs
