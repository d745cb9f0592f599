"""What a newsroom does to its authors and tags. Rules live here; commits do not."""

from typing import Any

from sqlalchemy import or_, select

from app.catalogue.kinds import Kind, T
from app.core import clock, former, ids, references
from app.core.aliases import Alias, inherit_addresses, move_address, taken_addresses
from app.core.database import HELD, WriteSession, refreshed
from app.core.errors import Conflict, InUse, SlugTaken
from app.core.refs import first_free, slug_begins
from app.core.rows import enter_unless_taken
from app.core.text import slugify
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, changed_fields, check_version

_TRIES = 5
"""How often a slug is made that is free."""


async def create_term(session: WriteSession, kind: Kind[T], values: dict[str, Any], *, by: Actor) -> T:
    """A new term; raises SlugTaken where its slug is, or once was, another's."""
    asked, now = values.get("slug"), clock.now()
    term = kind.model(**values, id=ids.new(), version=1, created_at=now, revised_at=now)
    for _ in range(1 if asked else _TRIES):
        term.slug = asked or await _free_slug(session, kind, values["name"])
        if not await _is_taken(session, kind, term, term.slug) and await enter_unless_taken(session, term):
            record(session, _happening("created", kind, term, by, kind.fields))
            return term
    raise _taken(kind, term.slug)


async def update_term(session: WriteSession, kind: Kind[T], term: T, yours: Content, *, by: Actor, if_match: int | None) -> T:
    """Change `term`; a former slug keeps leading to it. What changes nothing makes no event."""
    before = content(kind, term)
    await check_version(session, term.id, present=term.version, if_match=if_match, theirs=before, yours=yours)
    changed = changed_fields(before, before | yours)
    if not changed:
        return term
    if "slug" in changed:
        if await _is_taken(session, kind, term, yours["slug"]):
            raise _taken(kind, yours["slug"])
        await move_address(session, kind.name, term.id, old=term.slug, new=yours["slug"])
    called = former.called(term)
    for name in changed:
        setattr(term, name, yours[name])
    term.version += 1
    term.revised_at = clock.now()
    await session.flush()
    if called != former.called(term):
        await former.remember(session, kind.name, [called])
    if "name" in changed:
        await references.refresh(session, kind.name, term.id)
    record(session, _happening("updated", kind, term, by, changed))
    return term


async def delete_term(session: WriteSession, kind: Kind[T], term: T, *, by: Actor, if_match: int | None, move_to: T | None) -> None:
    """Remove `term`. Articles that refer to it refer to `move_to` from then on; without that, raises InUse while any does."""
    await _lock(session, kind, term, heir=move_to)
    await check_version(session, term.id, present=term.version, if_match=if_match, theirs=content(kind, term), yours={})
    articles = await references.count(session, kind.name, term.id)
    if move_to is None and articles:
        raise InUse(f"{articles} articles refer to it.", count=articles)
    if move_to is not None:
        if move_to.id == term.id:
            raise Conflict(f"The {kind.name} cannot take its own place.")
        await inherit_addresses(session, kind.name, heir=move_to.id, former=term.id, address=term.slug)
    await references.move(session, kind.name, term.id, to=move_to.id if move_to else None, by=by)
    data = {} if move_to is None else {"merged_into": kind.id(move_to)}
    record(session, _happening("deleted", kind, term, by, (), **data))
    await former.forget(session, kind.name, term.id)
    await session.delete(term)
    await session.flush()


async def _lock(session: WriteSession, kind: Kind[T], term: T, *, heir: T | None) -> None:
    """Lock what is to go, and hold what takes its place: of two that are merged into one another at once, one would stay. In one order."""
    for one in sorted({term, heir or term}, key=lambda each: each.id):
        await refreshed(session, one, kind.missing, lock=True if one is term else HELD)


async def _free_slug(session: WriteSession, kind: Kind[T], name: str) -> str:
    """A slug that none has or had. Whoever has that of the name alone is locked, so that all who want it are numbered in turn."""
    wanted = slugify(name, 110)
    led_by = select(Alias.target_id).where(Alias.kind == kind.name, Alias.address == wanted)
    holders = select(kind.model.id).where(or_(kind.model.slug == wanted, kind.model.id.in_(led_by)))
    await session.execute(holders.with_for_update(key_share=True))
    like = slug_begins(kind.model.slug, wanted)
    taken = set(await session.scalars(select(kind.model.slug).where(like)))
    former = select(Alias.address).where(Alias.kind == kind.name, slug_begins(Alias.address, wanted))
    taken |= set(await session.scalars(former))
    return first_free(wanted, taken)


async def _is_taken(session: WriteSession, kind: Kind[T], term: T, slug: str) -> bool:
    other = await session.scalar(select(kind.model.id).where(kind.model.slug == slug, kind.model.id != term.id))
    return other is not None or bool(await taken_addresses(session, kind.name, [slug], but_for=term.id))


def _taken(kind: Kind[T], slug: str) -> SlugTaken:
    return SlugTaken(f"The slug {slug} is, or once was, another {kind.name}'s.")


def content(kind: Kind[T], term: T) -> Content:
    """What can be edited of a term, as its history keeps it."""
    return {name: getattr(term, name) for name in kind.fields}


def _happening(verb: str, kind: Kind[T], term: T, by: Actor, changed: tuple[str, ...], **data: Any) -> Happening:
    """The event; articles read differently where a name that they show is another now, or gone."""
    renamed = verb == "deleted" or (verb == "updated" and not {"name", "slug"}.isdisjoint(changed))
    tags = kind.dirties(term, renamed=renamed)
    return Happening(
        f"{kind.name}.{verb}", kind.name, term.id, by, tags, scope=None, version=term.version, changed=changed,
        data={"path": kind.path(term.slug), **data}, snapshot=content(kind, term), ripples=renamed,
    )  # fmt: skip
