"""Which events of the log a webhook is sent: what its key may know of, and its filters want."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import defer

from app.access.scopes import allows
from app.articles.models import Article, Publication
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
    shown = await _shown_as(session, set(about.values()))
    found = {}
    for event in events:
        article, kind = about.get(event.seq), None
        if article is not None and event.object_type == "article" and event.scope is not None:
            kind = await _filed_as(session, article, event.seq)
        elif article is not None:
            kind = next((kind for since, kind in reversed(shown.get(article, ())) if since <= event.at), None)
        found[event.seq] = Subject(_sections_of(event), kind)
    return found


def _sections_of(event: Event) -> frozenset[str]:
    if event.object_type == "section":
        return frozenset({ids.encode("sec", event.object_id)})
    tagged = (tag.removeprefix("articles:") for tag in event.tags if tag.startswith(_LISTS))
    return frozenset(event.data.get("sections", ())).union(tagged)


async def _shown_as(session: ReadSession, articles: Collection[UUID]) -> dict[UUID, list[tuple[datetime, str]]]:
    """As which kind readers saw the articles, and since when, in the order of time."""
    statement = select(Publication.article_id, Publication.visible_from, Publication.kind).where(Publication.article_id.in_(articles))
    found: dict[UUID, list[tuple[datetime, str]]] = {}
    for article, since, kind in await session.execute(statement.order_by(Publication.visible_from)):
        found.setdefault(article, []).append((since, kind))
    return found


async def _filed_as(session: ReadSession, article: UUID, seq: int) -> str | None:
    """The kind that the working copy had at a place of the log; the present one where the log does not go back so far."""
    kept = select(Event.snapshot["kind"].as_string()).where(Event.object_id == article, Event.seq <= seq, Event.snapshot.is_not(None))
    found = (await session.scalars(kept.order_by(Event.seq.desc()).limit(1))).first()
    return found or await session.scalar(select(Article.kind).where(Article.id == article))


def _article_of(event: Event) -> UUID | None:
    if event.object_type == "article":
        return event.object_id
    return ids.decode("art", event.data["article"]) if event.object_type == "comment" else None
