"""Which events of the log a webhook is sent: what its key may know of, and its filters want."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import defer

from app.access.scopes import allows
from app.articles.models import Article, ArticleSection
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
    trees = {webhook.id: await _with_those_below(session, webhook.sections) for webhook in filtering if webhook.sections}
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


async def _with_those_below(session: ReadSession, roots: Collection[str]) -> set[str]:
    """The sections `roots`, and every one below them. One that was deleted stays: its own end is still its affair."""
    everything = await sections.list_sections(session)
    by_id = {ids.encode("sec", section.id): section.path for section in everything}
    tops = [by_id[root] for root in roots if root in by_id]
    return set(roots) | {name for name, path in by_id.items() if any(path.startswith(f"{top}/") for top in tops)}


async def _subjects(session: ReadSession, events: Iterable[Event]) -> dict[int, Subject]:
    """What each event is about, by its place: what readers saw is in its tags, what the newsroom has now is looked up."""
    articles = {event.seq: article for event in events if (article := _article_of(event)) is not None}
    wanted_ids = set(articles.values())
    kinds = dict((await session.execute(select(Article.id, Article.kind).where(Article.id.in_(wanted_ids)))).tuples().all())
    standing: dict[UUID, set[str]] = {}
    links = select(ArticleSection.owner_id, ArticleSection.section_id).where(ArticleSection.owner_id.in_(wanted_ids))
    for article, section in (await session.execute(links)).tuples():
        standing.setdefault(article, set()).add(ids.encode("sec", section))
    return {event.seq: _subject(event, articles.get(event.seq), standing, kinds) for event in events}


def _subject(event: Event, article: UUID | None, standing: dict[UUID, set[str]], kinds: dict[UUID, str]) -> Subject:
    tagged = {tag.removeprefix("articles:") for tag in event.tags if tag.startswith(_LISTS)}
    if article is not None:
        return Subject(frozenset(tagged | standing.get(article, set())), kinds.get(article))
    own = {ids.encode("sec", event.object_id)} if event.object_type == "section" else set()
    return Subject(frozenset(own), None)


def _article_of(event: Event) -> UUID | None:
    if event.object_type == "article":
        return event.object_id
    return ids.decode("art", event.data["article"]) if event.object_type == "comment" else None
