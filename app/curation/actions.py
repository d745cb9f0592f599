"""What a newsroom does to the working copy of a list. Rules live here; commits do not."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from app.articles.shown.stubs import find_articles
from app.articles.working_copy.targets import find_targets
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.errors import Fault, SlugTaken, ValidationFailed
from app.core.refs import first_free, slug_begins
from app.core.rows import enter_unless_taken
from app.core.text import slugify
from app.curation.errors import ListItemNotFound
from app.curation.happenings import happening
from app.curation.models import CONTENT, CuratedList
from app.curation.schemas import LONGEST, ListCreate, ListFields, ListItemWrite, ListUpdate, Placing
from app.events.actions import record
from app.events.models import Actor
from app.events.versions import Content, changed_fields, check_version

_TRIES = 5
_PLACED = ("slot", "headline", "kicker")


async def create_list(session: WriteSession, order: ListCreate, *, by: Actor) -> CuratedList:
    """A new working copy, seen by no reader; raises SlugTaken where it asks for a slug that is another's."""
    content = await _resolve(session, order, order.model_dump(exclude={"slug"}), order.length)
    slug = ""
    for _ in range(_TRIES):
        slug, now = order.slug or await _free_slug(session, order.name), clock.now()
        one = CuratedList(**content, id=ids.new(), slug=slug, version=1, content_version=1, created_at=now, revised_at=now)
        if await enter_unless_taken(session, one):
            record(session, happening("list.created", one, by, changed=CONTENT, snapshot=content))
            return one
        if order.slug is not None:
            break
    raise SlugTaken(f"The slug {slug} is another list's.", errors=[Fault("taken", "Choose another.", "#/slug")])


async def _free_slug(session: WriteSession, name: str) -> str:
    """A slug that no list has. Whoever has that of the name alone is locked, so that all who want it are numbered one after the other."""
    wanted = slugify(name, 110)
    await session.execute(select(CuratedList.id).where(CuratedList.slug == wanted).with_for_update())
    taken = set(await session.scalars(select(CuratedList.slug).where(slug_begins(CuratedList.slug, wanted))))
    return first_free(wanted, taken)


async def update_list(session: WriteSession, one: CuratedList, patch: ListUpdate, *, by: Actor, if_match: int | None) -> CuratedList:
    """Change the working copy; readers see it when it is published again. What changes nothing makes no version and no event."""
    before = content_of(one)
    sent = {name: value for name, value in patch.model_dump().items() if name in patch.model_fields_set}
    yours = await _resolve(session, patch, sent, sent.get("length", one.length), items=one.items)
    await check_version(session, one.id, present=one.version, if_match=if_match, theirs=before, yours=yours)
    return await save_content(session, one, before, before | yours, by)


async def put_item(
    session: WriteSession, one: CuratedList, article: str, order: ListItemWrite, *, by: Actor, if_match: int | None
) -> CuratedList:
    """Put an article into the list, or say anew how it stands there; raises ValidationFailed where there is no such article, or no room."""
    known = await find_articles(session, [article])
    if article not in known:
        raise ValidationFailed(errors=[Fault("unknown_reference", f"There is no article {article}.", parameter="article")])
    ref = ids.encode("art", known[article].id)
    others = [item for item in one.items if item["article"] != ref]
    standing = next((place for place, item in enumerate(one.items) if item["article"] == ref), len(others))
    place = standing if order.position is None else order.position - 1
    items = [*others[:place], {"article": ref, **order.model_dump(include=set(_PLACED))}, *others[place:]]
    if len(items) > LONGEST:
        raise ValidationFailed(errors=[Fault("too_long", f"A list has at most {LONGEST} items.", "#/position")])
    faults = _faults_of_slots(items, one.length, lambda _: "#/slot")
    if faults:
        raise ValidationFailed(errors=faults)
    return await _change_items(session, one, items, by, if_match)


async def remove_item(session: WriteSession, one: CuratedList, article: str, *, by: Actor, if_match: int | None) -> CuratedList:
    """Take an article out of the list, one that was deleted for good too; raises ListItemNotFound."""
    known = await find_articles(session, [article])
    ref = ids.encode("art", known[article].id) if article in known else article
    items = [item for item in one.items if item["article"] != ref]
    if len(items) == len(one.items):
        raise ListItemNotFound(f"The list has no item {article}.")
    return await _change_items(session, one, items, by, if_match)


async def _change_items(session: WriteSession, one: CuratedList, items: list[Content], by: Actor, if_match: int | None) -> CuratedList:
    before = content_of(one)
    await check_version(session, one.id, present=one.version, if_match=if_match, theirs=before, yours={"items": items})
    return await save_content(session, one, before, {**before, "items": items}, by)


async def save_content(session: WriteSession, one: CuratedList, before: Content, after: Content, by: Actor) -> CuratedList:
    """Make the working copy say `after` where it said `before`; for what the house itself changes, too."""
    changed = changed_fields(before, after)
    if not changed:
        return one
    for name in changed:
        setattr(one, name, after[name])
    one.version += 1
    one.content_version, one.revised_at = one.version, clock.now()
    await session.flush()
    record(session, happening("list.updated", one, by, changed=changed, snapshot=after))
    return one


def content_of(one: CuratedList) -> Content:
    """Everything that can be edited of a list; references as ids."""
    return {name: getattr(one, name) for name in CONTENT}


async def _resolve(session: ReadSession, order: ListFields, sent: Content, length: int, *, items: Sequence[Any] = ()) -> Content:
    """What `sent` says, with every reference as an id.

    Raises ValidationFailed naming each that leads nowhere, and each place that is taken twice or not there.
    """
    found, faults = dict(sent), list[Fault]()
    if "items" in sent:
        found["items"] = await _items(session, order, faults)
    if sent.get("backfill"):
        found["backfill"] = await _backfill(session, sent["backfill"], faults)
    faults += _faults_of_slots(found.get("items", items), length, lambda place: f"#/items/{place}/slot" if "items" in sent else "#/length")
    if faults:
        raise ValidationFailed(errors=faults)
    return found


async def _items(session: ReadSession, order: ListFields, faults: list[Fault]) -> list[Content]:
    written = [({"article": one} | Placing().model_dump()) if isinstance(one, str) else one.model_dump() for one in order.items]
    known = await find_articles(session, [one["article"] for one in written])
    found: dict[str, Content] = {}
    for place, one in enumerate(written):
        if one["article"] not in known:
            faults.append(Fault("unknown_reference", f"There is no article {one['article']}.", f"#/items/{place}/article"))
            continue
        ref = ids.encode("art", known[one["article"]].id)
        found.setdefault(ref, {"article": ref, **{name: one[name] for name in _PLACED}})
    return list(found.values())


def _faults_of_slots(items: Sequence[Any], length: int, pointer: Callable[[int], str]) -> list[Fault]:
    faults, taken = list[Fault](), set[int]()
    for place, item in enumerate(items):
        slot = item["slot"]
        if slot is not None and slot > length:
            faults.append(Fault("slot", f"The list has only {length} places.", pointer(place)))
        if slot in taken:
            faults.append(Fault("taken", f"Two items are pinned to place {slot}.", pointer(place)))
        taken |= {slot} - {None}
    return faults


async def _backfill(session: ReadSession, rule: Content, faults: list[Fault]) -> Content:
    known = await find_targets(session, sections=rule["sections"], authors=[], tags=rule["tags"])
    found = dict(rule)
    for name, targets in (("sections", known.sections), ("tags", known.tags)):
        for place, ref in enumerate(rule[name]):
            if ref not in targets:
                faults.append(Fault("unknown_reference", f"There is no {name[:-1]} {ref}.", f"#/backfill/{name}/{place}"))
        found[name] = list(dict.fromkeys(targets[ref] for ref in rule[name] if ref in targets))
    return found
