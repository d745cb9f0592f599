"""What a newsroom does to the site's tree. Rules live here; commits do not."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import clock, former, ids, places, references
from app.core.aliases import Alias, find_alias, inherit_addresses, move_address
from app.core.database import WriteSession
from app.core.errors import Fault, InUse, SlugTaken, ValidationFailed
from app.core.text import slugify
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, changed_fields, check_version
from app.sections import past, queries
from app.sections.errors import SectionCycle, SectionNotFound
from app.sections.models import Section
from app.sections.schemas import SectionCreate, SectionUpdate

RESERVED_AT_THE_TOP = {"authors", "tags"}
_LONGEST_PATH = 1000
POLICIES = "comment-policies"
"""Every answer of a discussion itself: what is said of those may be said of a section, and holds below it."""


async def create_section(session: WriteSession, order: SectionCreate, *, by: Actor) -> Section:
    """A new section; raises SlugTaken where its path is, or once was, another's."""
    await _lock_tree(session)
    parent = await _parent(session, order.parent)
    section = Section(id=ids.new(), parent_id=parent.id if parent else None, name=order.name, version=1)
    section.description, section.position = order.description, order.position
    places.close(session, section.parent_id)
    section.slug = order.slug or await _free_slug(session, parent, order.name)
    section.path = _path(parent, section.slug)
    await _refuse_taken(session, {section.path: section.id})
    session.add(section)
    await session.flush()
    record(session, _happening("section.created", section, by, ("name", "slug", "parent", "description", "position")))
    return section


async def update_section(session: WriteSession, section: Section, patch: SectionUpdate, *, by: Actor, if_match: int | None) -> Section:
    """Change `section`, and with a new parent or slug the path of everything below it. What changes nothing makes no event."""
    await _lock_tree(session, section)
    before = content(section)
    yours: Content = patch.model_dump(exclude_unset=True)
    await check_version(session, section.id, present=section.version, if_match=if_match, theirs=before, yours=yours)
    if "parent" in yours:
        parent = await _parent(session, patch.parent)
        yours["parent"] = None if parent is None else ids.encode("sec", parent.id)
    changed = changed_fields(before, before | yours)
    if not changed:
        return section
    was = former.called(section, past.about(section))
    for name in set(changed) - {"parent"}:
        setattr(section, name, yours[name])
    data, below = await _move(session, section, (before | yours)["parent"]) if {"parent", "slug"} & set(changed) else ({}, [])
    section.version += 1
    section.revised_at = clock.now()
    await session.flush()
    await former.remember(session, "section", [was, *below])
    more = (POLICIES,) if "parent" in changed else ()
    record(session, _happening("section.updated", section, by, changed, more, **data))
    return section


async def delete_section(session: WriteSession, section: Section, *, by: Actor, if_match: int | None, move_to: Section | None) -> None:
    """Remove `section`. What stands in it moves to `move_to`; without that, raises InUse while anything does."""
    await _lock_tree(session, section, *([] if move_to is None else [move_to]))
    await check_version(session, section.id, present=section.version, if_match=if_match, theirs=content(section), yours={})
    children = (await session.scalars(select(Section).where(Section.parent_id == section.id))).all()
    articles = await references.count(session, "section", section.id)
    if move_to is None and (children or articles):
        raise InUse(f"{len(children)} sections and {articles} articles stand in it.", count=len(children) + articles)
    if move_to is not None:
        await _hand_over(session, section, move_to, children, by)
    await references.move(session, "section", section.id, to=move_to.id if move_to else None, by=by)
    heir = {} if move_to is None else {"moved_to": ids.encode("sec", move_to.id)}
    record(session, _happening("section.deleted", section, by, (), (POLICIES,), **heir))
    await former.remember(session, "section", [former.called(section, past.about(section))])
    await session.delete(section)
    await session.flush()


async def _hand_over(session: WriteSession, section: Section, heir: Section, children: Any, by: Actor) -> None:
    if heir.path == section.path or heir.path.startswith(f"{section.path}/"):
        raise SectionCycle
    for child in children:
        await update_section(session, child, SectionUpdate(parent=ids.encode("sec", heir.id)), by=by, if_match=None)
    await inherit_addresses(session, "section", heir=heir.id, former=section.id, address=section.path)


async def _move(session: WriteSession, section: Section, parent_ref: str | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Give `section` and everything below it their new paths; the old ones become aliases.

    What its event tells of that, and what those below were called until now.
    """
    parent = None if parent_ref is None else await queries.get_section(session, parent_ref)
    old, new = section.path, _path(parent, section.slug)
    if parent is not None and f"{parent.path}/".startswith(f"{old}/"):
        raise SectionCycle
    section.parent_id = parent.id if parent else None
    if old == new:
        return {}, []
    below = (await session.scalars(select(Section).where(queries.below(old)).order_by(Section.path))).all()
    names = [former.called(node, past.about(node)) for node in below]
    places.close(session, section.parent_id)
    moves = [(node, node.path, new + node.path[len(old) :]) for node in (section, *below)]
    await _refuse_taken(session, {target: node.id for node, _, target in moves})
    for node, source, target in moves:
        node.path = target
        await move_address(session, "section", node.id, old=source, new=target)
    return {"old_path": old, "path": new}, names


async def _lock_tree(session: WriteSession, *needed: Section) -> None:
    """Let one transaction at a time change the tree: two moves that are each sound could close a circle together.

    What was read of it before the lock is read anew, and raises SectionNotFound where one that is needed was deleted meanwhile. Articles
    may be filed at the same time: their foreign keys lock only what names a section, and that does not change.
    """
    statement = select(Section).order_by(Section.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    if not set(await session.scalars(statement)).issuperset(needed):
        raise SectionNotFound


async def _parent(session: WriteSession, ref: str | None) -> Section | None:
    if ref is None:
        return None
    found = (await queries.find_sections(session, [ref])).get(ref)
    if found is None:
        raise ValidationFailed(errors=[Fault("unknown_reference", f"There is no section {ref}.", "#/parent")])
    return found


def _path(parent: Section | None, slug: str) -> str:
    path = f"{parent.path if parent else ''}/{slug}"
    if len(path) > _LONGEST_PATH:
        raise ValidationFailed(errors=[Fault("too_long", f"Its path would be longer than {_LONGEST_PATH} characters.", "#/parent")])
    if parent is None and slug in RESERVED_AT_THE_TOP:
        raise SlugTaken(f"/{slug} is an address of Dateline's own.")
    return path


async def _free_slug(session: WriteSession, parent: Section | None, name: str) -> str:
    wanted, number = slugify(name, 100), 1
    slug = wanted
    while (
        (parent is None and slug in RESERVED_AT_THE_TOP)
        or await session.scalar(select(Section.id).where(Section.path == _path(parent, slug)))
        or await find_alias(session, "section", _path(parent, slug))
        or await references.occupied(session, [_path(parent, slug)])
    ):
        number += 1
        slug = f"{wanted}-{number}"
    return slug


async def _refuse_taken(session: WriteSession, wanted: dict[str, UUID]) -> None:
    """Raise where a path that a section wants is, or once was, that of another; even of one that moves along with it."""
    stands = select(Section.path, Section.id).where(Section.path.in_(wanted), Section.id.not_in(wanted.values()))
    former = select(Alias.address, Alias.target_id).where(Alias.kind == "section", Alias.address.in_(wanted))
    for path, owner in [*await session.execute(stands), *await session.execute(former)]:
        if wanted[path] != owner:
            raise SlugTaken(f"{path} is, or once was, another section.")
    for path in await references.occupied(session, wanted):
        raise SlugTaken(f"{path} is the address of an article.")


def content(section: Section) -> Content:
    """What can be edited of a section, as its history keeps it."""
    parent = None if section.parent_id is None else ids.encode("sec", section.parent_id)
    own = {name: getattr(section, name) for name in ("name", "slug", "description", "position")}
    return {**own, "parent": parent}


def _happening(kind: str, section: Section, by: Actor, changed: tuple[str, ...], more: tuple[str, ...] = (), **data: Any) -> Happening:
    tags = (f"section:{ids.encode('sec', section.id)}", "sections", "taxonomy", *more)
    return Happening(
        kind, "section", section.id, by, tags, scope=None, version=section.version, changed=changed,
        data={"path": section.path, **data}, snapshot=content(section), ripples=True,
    )  # fmt: skip
