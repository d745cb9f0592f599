"""The headed parts of a body, as things of their own."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from app.articles.errors import BodySectionNotFound
from app.articles.models import Article
from app.articles.working_copy import inflow, merging
from app.articles.working_copy.actions import save_body
from app.articles.working_copy.content import content_of, read_blocks
from app.articles.working_copy.parts_schemas import BodySectionWrite
from app.body import outline as bodies
from app.body.union import MAX_BLOCKS
from app.comparing.merging import Merge
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.events.models import Actor
from app.events.versions import mismatch

Edit = Callable[[list[Any]], list[Any]]
"""Makes a body out of another."""


def get_part(blocks: list[Any], ref: str) -> bodies.OutlineItem:
    """The part with this anchor or block id; raises BodySectionNotFound."""
    found = bodies.find_section(blocks, ref)
    if found is None:
        raise BodySectionNotFound(f"There is no part {ref}.")
    return found


async def add_part(
    session: WriteSession, article: Article, order: BodySectionWrite, *, by: Actor, if_match: int | None
) -> tuple[Article, str]:
    """Add a part to the working copy; the article, and the id of the new heading."""
    written = await _read(article, order)

    def add(blocks: list[Any]) -> list[Any]:
        after = None if order.after is None else bodies.find_section(blocks, order.after)
        if order.after is not None and after is None:
            raise ValidationFailed(errors=[Fault("unknown_reference", f"There is no part {order.after}.", "#/after")])
        return bodies.insert_section(blocks, [_heading(order, None), *written], after=after)

    return await _save(session, article, add, by, if_match, before={block["id"] for block in article.body})


async def replace_part(
    session: WriteSession, article: Article, ref: str, order: BodySectionWrite, *, by: Actor, if_match: int | None
) -> tuple[Article, str]:
    """Put another heading and other blocks in the place of a part; the heading keeps its id."""
    kept = get_part(article.body, ref)["id"]
    written = await _read(article, order)

    def put(blocks: list[Any]) -> list[Any]:
        part = get_part(blocks, ref)
        return bodies.replace_section(blocks, part, [_heading(order, part["id"]), *written])

    saved, _ = await _save(session, article, put, by, if_match, before=set())
    return saved, kept


async def delete_part(session: WriteSession, article: Article, ref: str, *, by: Actor, if_match: int | None) -> Article:
    """Remove a part with everything under it."""
    return (await _save(session, article, lambda blocks: bodies.delete_section(blocks, get_part(blocks, ref)), by, if_match, before=set()))[
        0
    ]


async def _read(article: Article, order: BodySectionWrite) -> list[Any]:
    """What stands under the heading, as blocks; those that came without an id get theirs when the whole body is looked at."""
    blocks = await read_blocks(order.body, live=inflow.is_live(article.kind))
    _refuse_higher(blocks, order.level)
    return blocks


def _heading(order: BodySectionWrite, heading_id: str | None) -> dict[str, Any]:
    return {"id": heading_id, "type": "heading", "level": order.level, "text": order.heading, "anchor": None}


def _refuse_higher(blocks: list[Any], level: int) -> None:
    """A heading of the same or a higher rank inside would end the part before its own end."""
    faults = [
        Fault(
            "heading_rank",
            f"A heading inside this part must be of level {level + 1} or deeper.",
            f"#/body/{place}/level",
        )
        for place, block in enumerate(blocks)
        if block["type"] == "heading" and block["level"] <= level
    ]
    if faults:
        raise ValidationFailed(errors=faults)


async def _save(
    session: WriteSession, article: Article, edit: Edit, by: Actor, if_match: int | None, *, before: set[str]
) -> tuple[Article, str]:
    identified = _identified(edit(article.body), article.body)
    if if_match is not None and if_match != article.version:
        await _refuse_stale(session, article, edit, if_match)
    if len(identified) > MAX_BLOCKS:
        raise ValidationFailed(errors=[Fault("too_long", f"The article would have more than {MAX_BLOCKS} blocks.", "#/body")])
    saved = await save_body(session, article, identified, by=by)
    new = next((block["id"] for block in identified if block["type"] == "heading" and block["id"] not in before), "")
    return saved, new


def _identified(blocks: list[Any], previous: list[Any], reserved: Sequence[str] = ()) -> list[Any]:
    try:
        return bodies.identify(blocks, previous, reserved=reserved)
    except bodies.DuplicateBlockIds as error:
        faults = [Fault("duplicate_id", f"The block id {one.id} stands twice in the article.", "#/body") for one in error.duplicates]
        raise ValidationFailed(errors=faults) from error


async def _refuse_stale(session: WriteSession, article: Article, edit: Edit, if_match: int) -> NoReturn:
    """Raise VersionMismatch, with what the same edit would have made of the body that it was made from."""
    theirs = await content_of(session, article)
    base = await merging.base_of(session, article, theirs, if_match)
    with suppress(BodySectionNotFound, ValidationFailed):
        body = _identified(edit(base["body"]), base["body"], bodies.ids_of(theirs["body"]))
        raise mismatch(if_match, article.version, merging.overlaps(base, theirs, {**base, "body": body}))
    raise mismatch(if_match, article.version, Merge())
