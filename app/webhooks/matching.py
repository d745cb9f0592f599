"""Which events of the log a webhook is sent: what its key may know of, and its filters want."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import defer

from app.access.scopes import allows
from app.articles.models import Article, Publication
from app.articles.working_copy.revisions import ArticleContent, Revision
from app.core import ids
from app.core.database import ReadSession
from app.events.models import Event
from app.events.types import matching
from app.sections import queries as sections
from app.webhooks.models import Webhook

_LISTS = "articles:sec_"
"""How the tag of a section's list of articles begins: it names a section that readers saw, or see, the article in."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A webhook, and what its key allows."""

    webhook: Webhook
    scopes: Collection[str]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: the sections that it concerns, and the kind of the article, where there is one."""

    sections: frozenset[str]
    kind: str | None


async def events_between(session: ReadSession, after: int, until: int, limit: int) -> Sequence[Event]:
    """At most `limit` events behind `after`, up to `until`, without their snapshots."""
    statement = select(Event).where(Event.seq > after, Event.seq <= until).order_by(Event.seq).limit(limit)
    return (await session.scalars(statement.options(defer(Event.snapshot, raiseload=True)))).all()


async def wanted(session: ReadSession, recipients: Sequence[Recipient], events: Sequence[Event]) -> dict[UUID, list[Event]]:
    """Those of `events` that each of the webhooks is sent, by its id."""
    filtering = [one.webhook for one in recipients if one.webhook.sections or one.webhook.kinds]
    subjects = await _subjects(session, events) if filtering else {}
    paths = await _paths(session) if any(webhook.sections for webhook in filtering) else {}
    trees = {webhook.id: _with_those_below(paths, webhook.sections) for webhook in filtering if webhook.sections}
    return {one.webhook.id: [event for event in events if _wants(one, event, subjects, trees)] for one in recipients}


def _wants(one: Recipient, event: Event, subjects: dict[int, Subject], trees: dict[UUID, set[str]]) -> bool:
    webhook = one.webhook
    if event.scope is not None and not allows(one.scopes, event.scope):
        return False
    if not any(event.type in matching(pattern) for pattern in webhook.events):
        return False
    if webhook.sections and not trees[webhook.id] & subjects[event.seq].sections:
        return False
    return not webhook.kinds or subjects[event.seq].kind in webhook.kinds


async def _paths(session: ReadSession) -> dict[str, str]:
    return {ids.encode("sec", section.id): section.path for section in await sections.list_sections(session)}


def _with_those_below(paths: dict[str, str], roots: Collection[str]) -> set[str]:
    """The sections `roots`, and every one below them. One that was deleted stays: its own end is still its affair."""
    tops = tuple(f"{paths[root]}/" for root in roots if root in paths)
    return set(roots) | {name for name, path in paths.items() if path.startswith(tops)}


async def _subjects(session: ReadSession, events: Sequence[Event]) -> dict[int, Subject]:
    """What each event is about, by its place, as it was when it happened: whenever this is asked, the answer is the same.

    Of what everybody may know it says what readers could see. A filter that looked into the working copy there would tell of drafts.
    """
    about = {event.seq: article for event in events if (article := _article_of(event)) is not None}
    unseen = {event.seq for event in events if event.object_type in {"article", "block"} and event.scope is not None}
    shown = await _shown_as(session, {article for seq, article in about.items() if seq not in unseen})
    filed = await _filed_as(session, {about[seq] for seq in unseen}, unseen)
    found = {}
    for event in events:
        article = about.get(event.seq)
        history, place = (filed, event.seq) if event.seq in unseen else (shown, event.at)
        kinds = () if article is None else history.get(article, ())
        found[event.seq] = Subject(_sections_of(event), next((kind for since, kind in reversed(kinds) if since <= place), None))
    return found


def _sections_of(event: Event) -> frozenset[str]:
    if event.object_type == "section":
        return frozenset({ids.encode("sec", event.object_id)})
    tagged = (tag.removeprefix("articles:") for tag in event.tags if tag.startswith(_LISTS))
    return frozenset(event.data.get("sections", ())).union(tagged)


Kinds = dict[UUID, list[tuple[Any, str]]]
"""The kinds that articles had, each with the moment or the place of the log from which on, in order."""


async def _shown_as(session: ReadSession, articles: Collection[UUID]) -> Kinds:
    """As which kind readers saw the articles, and since when."""
    statement = select(Publication.article_id, Publication.visible_from, Publication.kind).where(Publication.article_id.in_(articles))
    return _in_order(await session.execute(statement.order_by(Publication.visible_from))) if articles else {}


async def _filed_as(session: ReadSession, articles: Collection[UUID], places: Collection[int]) -> Kinds:
    """The kinds that working copies had at these places of the log; the present one where the log does not go back so far."""
    if not articles:
        return {}
    made = (Revision.article_id == Event.object_id) & (Revision.number == Event.version)
    kept = (Event.object_id.in_(articles), or_(Event.snapshot.is_not(None), Revision.number.is_not(None)))
    before = select(func.max(Event.seq)).outerjoin(Revision, made).where(*kept, Event.seq < min(places)).group_by(Event.object_id)
    kind = func.coalesce(ArticleContent.content["kind"].as_string(), Event.snapshot["kind"].as_string())
    known = select(Event.object_id, Event.seq, kind).outerjoin(Revision, made).outerjoin(ArticleContent, Revision.kept_as())
    known = known.where(*kept, or_(Event.seq.in_(before), Event.seq.between(min(places), max(places)))).order_by(Event.seq)
    present = select(Article.id, literal(0), Article.kind).where(Article.id.in_(articles))
    return _in_order([*await session.execute(present), *await session.execute(known)])


def _in_order(rows: Iterable[Any]) -> Kinds:
    found: Kinds = {}
    for article, since, kind in rows:
        found.setdefault(article, []).append((since, kind))
    return found


def _article_of(event: Event) -> UUID | None:
    if event.object_type == "article":
        return event.object_id
    return ids.decode("art", event.data["article"]) if event.object_type in {"block", "comment"} else None
