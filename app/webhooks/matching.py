"""Which events of the log a webhook is sent: what its key may know of, and its filters want."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import defer

from app.access.scopes import allows
from app.articles.models import Publication, PublicationSection
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
    """What each event is about, by its place, as it was when it happened: whenever this is asked, the answer is the same."""
    about = {event.seq: article for event in events if (article := _article_of(event)) is not None}
    shown = await _shown_in(session, set(about.values()))
    found = {}
    for event in events:
        article = about.get(event.seq)
        if article is None:
            own = {ids.encode("sec", event.object_id)} if event.object_type == "section" else set()
            found[event.seq] = Subject(frozenset(own), None)
        else:
            seen = {section for since, until, section in shown.get(article, ()) if since <= event.at < until}
            tagged = {tag.removeprefix("articles:") for tag in event.tags if tag.startswith(_LISTS)}
            kind, filed = await _filed_in(session, article, event.seq)
            found[event.seq] = Subject(frozenset(seen | tagged | filed), kind)
    return found


Period = tuple[datetime, datetime, str]


async def _shown_in(session: ReadSession, articles: Collection[UUID]) -> dict[UUID, list[Period]]:
    """In which sections readers saw the articles, and when."""
    statement = select(Publication.article_id, Publication.visible_from, Publication.visible_until, PublicationSection.section_id)
    links = statement.join(PublicationSection, PublicationSection.owner_id == Publication.id).where(Publication.article_id.in_(articles))
    found: dict[UUID, list[Period]] = {}
    for article, since, until, section in await session.execute(links):
        found.setdefault(article, []).append((since, until, ids.encode("sec", section)))
    return found


async def _filed_in(session: ReadSession, article: UUID, seq: int) -> tuple[str | None, set[str]]:
    """The kind and the sections that the working copy had at a place of the log, by the snapshot that the log kept of it."""
    kept = Event.snapshot
    statement = select(kept["kind"].as_string(), kept["section"].as_string(), kept["other_sections"])
    known = statement.where(Event.object_id == article, Event.seq <= seq, kept.is_not(None)).order_by(Event.seq.desc()).limit(1)
    row = (await session.execute(known)).first()
    if row is None:
        return None, set()
    kind, main, others = row
    return kind, {section for section in (main, *(others or ())) if section}


def _article_of(event: Event) -> UUID | None:
    if event.object_type == "article":
        return event.object_id
    return ids.decode("art", event.data["article"]) if event.object_type == "comment" else None
