"""What articles do when a section, an author or a tag is renamed, merged or deleted."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update

from app.articles.filters import PUBLISHED, REFERRING, VIEWS, WORKING, View
from app.articles.models import Article, Publication
from app.articles.shown import former_words
from app.articles.shown.preparing import prepare_rows
from app.articles.working_copy import content as contents
from app.articles.working_copy import indexing
from app.articles.working_copy.referring import Referring, change_references
from app.core import clock, ids, references
from app.core.aliases import Alias
from app.core.database import WriteSession
from app.core.errors import SlugTaken
from app.core.search_index import set_lead
from app.events.models import Actor
from app.events.versions import Content
from app.sections.models import Section

_PREFIX = {"section": "sec", "author": "aut", "tag": "tag"}
_BATCH = 200


class Articles:
    """Articles as holders of references to the floor below."""

    async def count(self, session: WriteSession, kind: str, target: UUID) -> int:
        """How many articles refer to it: in the working copy, or in what readers see now or later."""
        working, shown = _links(WORKING, kind), _links(PUBLISHED, kind)
        alive = select(Publication.article_id).join(shown.table, shown.owner == Publication.id)
        alive = alive.where(shown.target == target, _may_be_seen())
        found = select(working.owner.label("id")).where(working.target == target).union(alive).subquery()
        return (await session.execute(select(func.count()).select_from(found))).scalar_one()

    async def occupied(self, session: WriteSession, addresses: Collection[str]) -> set[str]:
        """Those of `addresses` at which an article stands: its working copy, or what readers see of it now or later."""
        slugs = {address.rpartition("/")[2] for address in addresses}
        shown = select(Publication.slug, Publication.section_id).where(Publication.slug.in_(slugs), _may_be_seen())
        places = select(Article.slug, Article.section_id).where(Article.slug.in_(slugs)).union(shown).subquery()
        rows = await session.execute(select(places.c.slug, Section.path).outerjoin(Section, Section.id == places.c.section_id))
        return {f"{path or ''}/{slug}" for slug, path in rows}.intersection(addresses)

    async def move(self, session: WriteSession, kind: str, target: UUID, to: UUID | None, by: Any) -> None:
        """Let working copies and publications refer to `to`; with None, let go of what only history still holds."""
        if to is not None:
            await _move_working_copies(session, kind, target, to, by)
            if kind == "section":
                await _refuse_addresses_of_sections(session, target, to)
        shown = await _showing(session, kind, target)
        found = await _found_by(session, PUBLISHED, kind, target)
        for view in VIEWS.values():
            await _relink(session, view, kind, target, to)
        if kind == "section":
            for model in (Article, Publication):
                await session.execute(update(model).where(model.section_id == target).values(section_id=to))
        await prepare_rows(session, shown)
        if to is not None:
            await _rename(session, PUBLISHED, found)

    async def refresh(self, session: WriteSession, kind: str, target: UUID) -> None:
        """Search finds authors and tags by their present names; what readers see no more, by those that it had when they did."""
        for view in VIEWS.values():
            await _rename(session, view, await _found_by(session, view, kind, target))


def _may_be_seen() -> ColumnElement[bool]:
    """Whether readers see a publication now or later, or would where a take-down ended."""
    now = clock.now()
    return or_(Publication.visible_until > now, Publication.withheld_until > now)


async def _refuse_addresses_of_sections(session: WriteSession, section: UUID, heir: UUID) -> None:
    """Raise where what readers see in a section would stand in its heir where another section stands, or once stood.

    Of working copies that is asked as each of them moves; what is published may have another slug.
    """
    home = select(Section.path).where(Section.id == heir).scalar_subquery()
    addresses = select(home + "/" + Publication.slug).where(Publication.section_id == section, _may_be_seen())
    paths = select(Section.path).where(Section.path.in_(addresses))
    former = select(Alias.address).where(Alias.kind == "section", Alias.address.in_(addresses))
    taken = await session.scalar(paths.union(former).limit(1))
    if taken is not None:
        raise SlugTaken(f"{taken} is, or once was, the address of a section, and an article would stand there.")


async def _showing(session: WriteSession, kind: str, target: UUID) -> list[UUID]:
    """The publications that refer to it."""
    links = _links(PUBLISHED, kind)
    statement = select(links.owner).where(links.target == target)
    here = select(Publication.id).where(Publication.section_id == target) if kind == "section" else statement
    return list(await session.scalars(statement.union(here)))


class _Links:
    """One of the link tables, with its two ends."""

    def __init__(self, table: Any, target: str) -> None:
        self.table: Table = table.__table__
        self.owner = self.table.c.owner_id
        self.target = self.table.c[target]


def _links(view: View, kind: str) -> _Links:
    return _Links(getattr(view, f"{kind}s"), REFERRING[kind])


async def _move_working_copies(session: WriteSession, kind: str, target: UUID, to: UUID, by: Actor) -> None:
    links = _links(WORKING, kind)
    linked = select(links.owner).where(links.target == target)
    mine = select(Article.id).where(or_(Article.id.in_(linked), Article.section_id == target))
    old, new = ids.encode(_PREFIX[kind], target), ids.encode(_PREFIX[kind], to)
    owners = (await session.scalars(mine.order_by(Article.id).with_for_update(key_share=True))).all()
    for start in range(0, len(owners), _BATCH):
        batch = select(Article).where(Article.id.in_(owners[start : start + _BATCH])).order_by(Article.id)
        articles = (await session.scalars(batch.execution_options(populate_existing=True))).all()
        known = await contents.contents_of(session, articles)
        referring = [Referring(one, known[one.id], known[one.id] | _replaced(known[one.id], kind, old, new)) for one in articles]
        await change_references(session, referring, by=by)


def _replaced(content: Content, kind: str, old: str, new: str) -> Content:
    if kind == "section":
        main = new if content["section"] == old else content["section"]
        others = dict.fromkeys(new if ref == old else ref for ref in content["other_sections"])
        return {"section": main, "other_sections": [ref for ref in others if ref != main]}
    if kind == "author":
        written = {(new if one["author"] == old else one["author"]): one["role"] for one in content["authors"]}
        return {"authors": [{"author": author, "role": role} for author, role in written.items()]}
    return {"tags": list(dict.fromkeys(new if ref == old else ref for ref in content["tags"]))}


async def _relink(session: WriteSession, view: View, kind: str, target: UUID, to: UUID | None) -> None:
    links = _links(view, kind)
    doubled = select(links.owner).where(links.target == to)
    gone = links.target == target if to is None else and_(links.target == target, links.owner.in_(doubled))
    await session.execute(delete(links.table).where(gone))
    if to is not None:
        await session.execute(update(links.table).where(links.target == target).values({links.target: to}))


async def _found_by(session: WriteSession, view: View, kind: str, target: UUID) -> list[UUID]:
    """What search finds by a name, which a section's is not, and still may change."""
    if kind == "section":
        return []
    links = _links(view, kind)
    found = select(links.owner).where(links.target == target)
    if view is PUBLISHED:
        found = found.join(Publication, Publication.id == links.owner).where(_may_be_seen())
    return list(await session.scalars(found))


async def _rename(session: WriteSession, view: View, found: list[UUID]) -> None:
    """Let search find these by the names that they show now."""
    for start in range(0, len(found), _BATCH):
        await _set_leads(session, view, found[start : start + _BATCH])


async def _set_leads(session: WriteSession, view: View, owners: list[UUID]) -> None:
    if view is PUBLISHED:
        await former_words.keep(session, owners)
    known = await indexing.names(session, view, owners)
    columns = (view.owner, view.table.kicker, view.table.dek, view.table.standfirst)
    for row in await session.execute(select(*columns).where(view.owner.in_(owners))):
        set_lead(session, row[0], indexing.lead_of(row, known[row[0]]))


def install() -> None:
    """Let sections, authors and tags know who refers to them."""
    references.register("articles", Articles())
