"""What readers see in a list: its items as far as they are public, and what fills the places that these leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from app.articles.records import article_id
from app.articles.shown import prepared
from app.articles.shown.newest import newest
from app.articles.shown.reading import Reading, Shown
from app.articles.shown.tags import reference_tag
from app.core import ids
from app.core.caching import earliest
from app.core.database import ReadSession
from app.core.pagination import Page
from app.curation import queries
from app.curation.arranging import arrange
from app.curation.happenings import own_tag
from app.sections.models import Section
from app.sections.queries import below

_FILLS = "backfill"


@dataclass(frozen=True, slots=True)
class Listed:
    """What stands in a list: the bytes of the answer, its tags, and until when it is surely true."""

    raw: bytes
    tags: list[str]
    until: datetime | None


async def items_of(reading: Reading, ref: str, at: datetime) -> Listed:
    """What readers see in the list behind `ref`; raises ListNotFound. Six statements at most, however long it is."""
    row = await queries.get_shown(reading.lookups, ref, at)
    items = {target: item for item in row.items if (target := ids.decode("art", item["article"])) is not None}
    async with reading.database.reading() as session:
        public = await reading.several(session, items, at)
        filters, found = await _rule(reading, session, row.backfill)
    fill, membership = ([], []) if row.backfill is None else await newest(reading, filters, found, at, row.length)
    by_id = {one.row.article_id: one for one in fill} | public
    pinned = {item["slot"]: target for target, item in items.items() if item["slot"] and target in public}
    flowing = [target for target, item in items.items() if not item["slot"] and target in public]
    placed = arrange(pinned, flowing, [one.row.article_id for one in fill], row.length)
    texts = [_text(by_id[target], items.get(target)) for target in placed]
    hidden = [reference_tag(target) for target in items if target not in public]
    shown = [f"article:{article_id(target)}" for target in dict.fromkeys([*placed, *public])]
    turns = [by_id[target].turns_at for target in placed]
    until = earliest(queries.end_of(row), await reading.next_transition([row], at), *turns)
    raw = Page(placed, row.length, None).raw(texts)
    return Listed(raw, [own_tag(row), "taxonomy", *membership, *shown, *hidden], until)


def _text(shown: Shown, item: Any | None) -> str:
    """The list item as it is prepared, with the words that the list has for it, and why it stands there."""
    text = prepared.closed(shown.item)
    placement = {"origin": _FILLS if item is None else "item", "pinned": bool(item and item["slot"])}
    own = {name: item[name] for name in ("headline", "kicker") if item and item[name] is not None}
    if own:
        text = to_json({**from_json(text), **own}).decode()
    return f'{text[:-1]},"placement":{to_json(placement).decode()}}}'


async def _rule(reading: Reading, session: ReadSession, rule: Any | None) -> tuple[dict[str, Any], dict[str, list[UUID]]]:
    """A rule as filters of a list of articles, and the ids behind them; one statement where it names sections."""
    if rule is None:
        return {}, {}
    filters = {"section": rule["sections"], "tag": rule["tags"], "kind": rule["kinds"], "language": rule["languages"]}
    given = {name: ",".join(values) for name, values in filters.items() if values}
    found = {"tag": [one for ref in rule["tags"] if (one := ids.decode("tag", ref)) is not None]}
    sections = [one for ref in rule["sections"] if (one := ids.decode("sec", ref)) is not None]
    if reading.past is None:
        found["section"] = await _sections(session, sections, deep=rule["descendants"])
    else:
        of_then = [await reading.book.sections(reading.lookups, ref, deep=rule["descendants"]) for ref in rule["sections"]]
        found["section"] = list(dict.fromkeys(one for some in of_then for one in some))
    return given, {name: found[name] for name in found if name in given}


async def _sections(session: ReadSession, tops: Sequence[UUID], *, deep: bool) -> list[UUID]:
    if not (tops and deep):
        return list(tops)
    top = aliased(Section)
    statement = select(Section.id).join(top, or_(Section.id == top.id, below(top.path))).where(top.id.in_(tops)).distinct()
    return sorted(await session.scalars(statement))
