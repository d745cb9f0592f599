"""What a newsroom puts before its readers, and when. Publications are opened here and by `takedown`, moved and closed by `arranging`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.articles import queries
from app.articles.errors import ArticleEmbargoed, ArticleWithheld, PublishingPeriodEmpty, ScheduleFull
from app.articles.filters import PUBLISHED
from app.articles.models import CONTENT_COLUMNS, Article, Publication
from app.articles.publications import correcting, transitions
from app.articles.publications.arranging import arrange, end_withheld
from app.articles.publications.orders import PublishOrder
from app.articles.publications.periods import Dates, Period, cut, dates_in, ends, moments, periods_of, placed, says_already, turns_soon
from app.articles.queries import Surroundings
from app.articles.shown import posting
from app.articles.shown.places import Place, moved, sections_in, sections_of
from app.articles.shown.prepared import Refs, prepare
from app.articles.shown.tags import article_happening, public_tags
from app.articles.visibility import shown_at
from app.articles.working_copy import content as contents
from app.articles.working_copy import indexing
from app.articles.working_copy.actions import refuse_deleted
from app.articles.working_copy.stages import refuse_unapproved
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault
from app.core.rows import change, made, tell_of
from app.core.schemas import wire_instant
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, check_version

MOST_SCHEDULED = 50


async def publish(
    session: WriteSession, article: Article, order: PublishOrder, *, by: Actor, if_match: int | None, near: Surroundings | None = None
) -> Surroundings:  # fmt: skip
    """Put the working copy before readers, now or from a later moment on; what is `near` it is asked where it is not known.

    What is near it then is returned.

    What is scheduled for later stays when the order is for a moment to come, and is replaced when it is for now, unless it says otherwise.
    Publishing what readers see already changes nothing and is no error: an integrator may safely repeat it. The first date that readers
    saw is kept for good, because links, feeds and search engines remember it.
    """
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    refuse_away(article)
    now = clock.now()
    start, end = max(order.at or now, now), order.until or clock.FOREVER
    if end <= start:
        raise PublishingPeriodEmpty(errors=[Fault("period", "It must be later than `at`, and than now.", "#/until")])
    refuse_embargoed(article, start)
    near = near or await queries.surroundings(session, article.id)
    rows = near.history
    if rows:
        await transitions.settle(session, article, rows)
    before = periods_of(rows)
    replacing = start == now if order.scheduled is None else order.scheduled == "replace"
    there = says_already(before, article.content_version, start, end, replacing=replacing)
    told = there is not None and await correcting.says_already(session, there, order.correction)
    if told and not await posting.waiting(session, article, start):
        return near
    new = Period(ids.new(), start, end, article.content_version, order.significance, article.published_at)
    plan = placed(before, new, replacing=replacing)
    refuse_crowded(plan, now)
    correcting.refuse_first(before, plan)
    change(session, article, version=article.version + 1)
    shown, dates = shown_in(rows, now), dates_in(rows, plan, now)
    standing = await arrange(session, rows, plan, dates)
    await posting.show(session, article, await posting.waiting(session, article, start), start, keep_later=True)
    publication = _opened(article, new, dates[new.id], ends(plan)[plan.index(new)])
    opened = enter_publication(session, publication, contents.said_of(article, near.references))
    indexing.index_published(session, publication, indexing.names_of(near.references))
    await correcting.follow(session, article.id, rows, plan, order.correction)
    await transitions.plan(session, article.id, before=moments(before, now), after=moments(plan, now))
    to_come = Shown(opened, Place.of(article.slug, opened), article.translation_of)
    if start == now:
        paths = {stub["id"]: stub["path"] for stub in near.references.sections}
        said = await moved(session, None if shown is None else shown.place, to_come.place, known=paths)
        happening = article_happening(
            "article.published", article, by, public=True, tags=_tags_of(article, shown, to_come), first=plan[0] is new,
            significance=order.significance, **said,
        )  # fmt: skip
        record(session, happening)
    else:
        tags = soon(article, before, plan, shown, to_come)
        record(session, scheduled("article.scheduled", article, by, new, sections_of(to_come.place), tags))
    return replace(near, history=[standing.get(period.id, publication) for period in plan])


def refuse_away(article: Article) -> None:
    """Raise for an article that readers may not see anything of: one that is in the trash, or taken down."""
    refuse_deleted(article)
    if article.taken_down_at is not None:
        raise ArticleWithheld(f"It was taken down at {wire_instant(article.taken_down_at)}; restore it first.")


async def settled(session: WriteSession, article: Article) -> list[Any]:
    """Every publication of the article, once the log has what happened to them by itself."""
    rows = await queries.history_of(session, article.id)
    if rows:
        await transitions.settle(session, article, rows)
    return rows


def refuse_embargoed(article: Article, start: datetime, *, pointer: str | None = "#/at", parameter: str | None = None) -> None:
    """Raise for what readers would see before the article's embargo ends; `pointer` or `parameter` is where the moment was named."""
    until = article.embargo_until
    if until is not None and start < until:
        fault = Fault("embargoed", f"It must not be earlier than {wire_instant(until)}.", pointer, parameter=parameter)
        raise ArticleEmbargoed(f"It is under embargo until {wire_instant(until)}.", errors=[fault], embargo_until=wire_instant(until))


def refuse_crowded(plan: Sequence[Period], now: datetime) -> None:
    """Raise where more is scheduled than one article may have."""
    if sum(each.start > now for each in plan) > MOST_SCHEDULED:
        raise ScheduleFull(f"{MOST_SCHEDULED} publications of this article are scheduled.")


def soon(article: Article, before: Sequence[Period], after: Sequence[Period], *concerned: "Shown | None") -> tuple[str, ...]:
    """The tags of answers that somebody may keep for longer than the change of a plan leaves them true."""
    return _tags_of(article, *concerned) if turns_soon(before, after) else ()


def _tags_of(article: Article, *concerned: "Shown | None") -> tuple[str, ...]:
    known = [each for each in concerned if each is not None]
    return public_tags(article, [each.refs for each in known], originals=[each.original for each in known])


def scheduled(kind: str, article: Article, by: Actor, period: Period, sections: Sequence[str], tags: tuple[str, ...]) -> Happening:
    """The event of what is to be seen later, which only the newsroom knows; caches that follow it learn what to keep no longer."""
    until = None if period.ordered_until == clock.FOREVER else wire_instant(period.ordered_until)
    said: dict[str, Any] = {"publication": ids.encode("pub", period.id), "at": wire_instant(period.start), "until": until}
    return replace(article_happening(kind, article, by, sections=sections, **said), tags=tags)


async def unpublish(session: WriteSession, article: Article, *, at: datetime | None, by: Actor, if_match: int | None) -> Article:
    """Take the article from readers, now or at a later moment; a schedule that would begin after that is called off."""
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    refuse_away(article)
    now = clock.now()
    end = max(at or now, now)
    rows = await settled(session, article)
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
    await withdraw(session, article, await settled(session, article), article.deleted_at, by, kind="article.deleted")


async def withdraw(session: WriteSession, article: Article, rows: list[Any], end: datetime, by: Actor, *, kind: str) -> None:
    """Close what is open at `end`, and tell everybody if readers could see it."""
    if article.taken_down_at is not None:
        rows = await end_withheld(session, rows, end)
    now, before = clock.now(), periods_of(rows)
    shown, plan = shown_in(rows, end) if end <= now else None, cut(before, end)
    await arrange(session, rows, plan, dates_in(rows, plan, now))
    await transitions.plan(session, article.id, before=moments(before, now), after=moments(plan, now))
    tags = _tags_of(article, shown)
    if shown is not None:
        said = await moved(session, shown.place, None)
    else:
        said = {"sections": sections_in(await contents.content_of(session, article))}
        said |= {} if kind == "article.scheduled" else {"path": None, "previous_path": None}
    happening = article_happening(kind, article, by, public=shown is not None, tags=tags, at=wire_instant(end), **said)
    if shown is None:
        happening = replace(happening, tags=soon(article, before, plan, shown_in(rows, now)))
    record(session, happening)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a publication refers to, where it stands, and which article it translates."""

    refs: Refs
    place: Place
    original: UUID | None


def shown_in(rows: Sequence[Any], moment: datetime) -> Shown | None:
    """The publication that readers see at `moment`; asked before it is closed."""
    row = shown_at(rows, moment)
    return None if row is None else shown_by(row)


def shown_by(row: Any) -> Shown:
    """The same of a publication."""
    refs = Refs.read(row.refs)
    return Shown(refs, Place.of(row.slug, refs), row.translation_of)


def _opened(article: Article, period: Period, dates: Dates, end: datetime) -> Publication:
    """What readers see from a moment on: the working copy as it is at this one; raises ApprovalNeeded."""
    refuse_unapproved(article)
    columns = {
        **{name: getattr(article, name) for name in CONTENT_COLUMNS},
        "id": period.id, "article_id": article.id, "version": article.version, "content_version": period.revision,
        "visible_from": period.start, "visible_until": end, "ordered_until": period.ordered_until, "significance": period.significance,
        "printed_at": period.printed_at, "published_at": dates.published_at, "first_published_at": dates.first_published_at,
        "updated_at": dates.updated_at,
    }  # fmt: skip
    return made(Publication, **columns)


def enter_publication(session: WriteSession, publication: Publication, content: Content) -> Refs:
    """Write down a publication, its prepared text, and the references that `content` names. It is not in the search index yet."""
    refs = Refs.of(content)
    prepare(publication, refs)
    tell_of(session, publication)
    columns = {"published_at": publication.published_at, "article_id": publication.article_id}
    contents.link(session, PUBLISHED, publication.id, content, **columns)
    return refs
