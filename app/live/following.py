"""What those who show an article's blocks are given: lists, single ones, and what has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from app.articles import records
from app.articles.models import Article, LiveUpdate
from app.articles.shown import coverage
from app.articles.shown.coverage import Posts
from app.articles.shown.reading import Reading
from app.articles.shown.when import When
from app.articles.working_copy import inflow
from app.body.union import Block
from app.core.database import ReadSession
from app.core.errors import CursorMismatch, Fault, InvalidParameter
from app.core.pagination import Keyset, Page, Pager, cut, enough_for
from app.live import queries
from app.live.errors import BlockNotFound
from app.live.records import drafts


@dataclass(frozen=True, slots=True)
class Asked:
    """Which blocks are asked for; `key` signs the cursors."""

    view: str
    since: int | None
    only: str | None
    limit: int
    cursor: str | None
    key: bytes
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An article as readers see it at a moment, the tags that what is shown of it carries, and until when that is surely true."""

    row: Any
    tags: list[str]
    when: When
    until: datetime | None

    @property
    def at(self) -> datetime:
        """The moment."""
        return self.when.at

    @property
    def is_live(self) -> bool:
        """Whether it has updates as rows."""
        return inflow.is_live(self.row.kind)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as JSON, the tags that it carries, and what else its headers say."""

    raw: bytes
    tags: list[str]
    next_cursor: str | None = None
    version: int | None = None


async def find(reading: Reading, ref: str, when: When) -> Place:
    """What readers see at `ref` at a moment; raises ArticleNotFound."""
    shown, until = await reading.page_of(ref, when)
    own = records.article_id(shown.row.article_id)
    return Place(shown.row, [f"article:{own}", f"live:{own}"], when, until)


async def listed(reading: Reading, place: Place, asked: Asked) -> Told:
    """A page of the blocks that readers see."""
    only, limit, cursor = asked.only, asked.limit, asked.cursor
    pager = _pager(asked.key, place.row.article_id, only if asked.as_of is None else f"{only} {asked.as_of}")
    position = pager.decode(cursor) if cursor else None
    if not place.is_live:
        page = {**_cut(_of_body(from_json(place.row.body), only), position, limit, pager), "seq": None}
        return Told(to_json(page), place.tags, page["page"]["next_cursor"])
    at = {} if position is None else dict(zip(("position", "update"), _pair(position), strict=True))
    lookup = queries.listed(enough_for(limit), resumed=position is not None, key_events=only is not None, past=reading.past is not None)
    found = await coverage.read(reading, lookup, article=place.row.article_id, at=place.at, **at)
    shown = cut(found.rows, limit, pager, lambda row: [row.position, row.update_id])
    raw = shown.raw(found.texts[: len(shown.rows)])
    return Told(b'%b,"seq":%d}' % (raw[:-1], _newest(found)), [*place.tags, *found.names], shown.next_cursor)


async def since(reading: Reading, place: Place, asked: Asked) -> Told:
    """What has changed behind a number; raises InvalidParameter for one that no answer of ours can have named.

    So it is with one up to which the log is forgotten, and which is later than all that the live blog had until there: it is of a log that
    was lost, when a backup was brought back.
    """
    seq = asked.since or 0
    if not place.is_live:
        raise InvalidParameter(errors=[Fault("kind", "Only live blogs are followed; this article is none.", parameter="since")])
    found = await coverage.read(reading, queries.SINCE, article=place.row.article_id, since=seq, at=place.at)
    if not found.told or seq > found.told[0].head or found.told[0].last_forgotten < seq <= found.told[0].floor:
        fault = Fault("unknown_seq", "The log knows no such number. Load the list, and go on with its `seq`.", parameter="since")
        raise InvalidParameter(errors=[fault])
    reset = len(found.rows) > queries.MOST_CHANGES
    changes = queries.changes(() if reset else found.rows, seq, place.at, key_events=asked.only is not None)
    lists = {name: [found.texts[number] for number in getattr(changes, name)] for name in ("new", "edited", "moved")}
    texts = b",".join(b'"%b":[%b]' % (name.encode(), ",".join(mine).encode()) for name, mine in lists.items())
    rest = to_json({"deleted": changes.deleted, "reset": reset, "seq": _newest(found)})
    return Told(b"{%b,%b" % (texts, rest[1:]), [*place.tags, *found.names])


async def one(reading: Reading, place: Place, block: str) -> Told:
    """One block that readers see; raises BlockNotFound."""
    found = await coverage.read(reading, queries.ONE, article=place.row.article_id, block=block, at=place.at) if place.is_live else None
    if found is not None and found.rows:
        return Told(found.texts[0].encode(), [*place.tags, *found.names], version=found.rows[0].version)
    return Told(to_json(_the_one(from_json(place.row.body), block)), place.tags, version=place.row.version)


async def working(session: ReadSession, article: Article, asked: Asked) -> Any:
    """A page of the blocks of a working copy."""
    only, limit, cursor = asked.only, asked.limit, asked.cursor
    pager = _pager(asked.key, article.id, f"draft {only}")
    position = pager.decode(cursor) if cursor else None
    if not inflow.is_live(article.kind):
        return {**_cut(_of_body(article.body, only), position, limit, pager), "seq": None}
    keyset = Keyset((LiveUpdate.position, LiveUpdate.id), descending=False)
    statement = keyset.after(queries.in_order(article.id, key_events=only is not None), position)
    rows = (await session.scalars(statement.limit(limit + 1))).all()
    page = cut(rows, limit, pager, lambda post: [post.position, post.id])
    return {**page.wire(await drafts(session, page.rows)), "seq": None}


async def working_block(session: ReadSession, article: Article, block: str) -> Any:
    """One block of a working copy; raises BlockNotFound."""
    known = next((each for each in article.body if each["id"] == block), None)
    if known is not None or not inflow.is_live(article.kind):
        return _the_one(article.body, block)
    return (await drafts(session, [await queries.get_update(session, article.id, block)]))[0]


def _pager(key: bytes, article: Any, what: str | None) -> Pager:
    return Pager(key, f"blocks {records.article_id(article)} {what}")


def _newest(found: Posts) -> int:
    return found.told[0].newest or 0 if found.told else 0


def _pair(position: Sequence[Any]) -> Sequence[Any]:
    if len(position) != 2:  # noqa: PLR2004 - the place and the row
        raise CursorMismatch
    return position


def _of_body(blocks: Sequence[Block], only: str | None) -> list[Block]:
    return [block for block in blocks if only is None or block.get("key_event")]


def _cut(blocks: Sequence[Block], position: Sequence[Any] | None, limit: int, pager: Pager) -> Any:
    """A page of blocks that are one text in the database."""
    start = 0 if position is None else position[0]
    if not isinstance(start, int):
        raise CursorMismatch
    more = len(blocks) > start + limit
    return Page(list[Any](), limit, pager.encode([start + limit]) if more else None).wire(list(blocks[start : start + limit]))


def _the_one(blocks: Sequence[Block], block: str) -> Block:
    found = next((each for each in blocks if each["id"] == block), None)
    if found is None:
        raise BlockNotFound(f"There is no block {block}.")
    return found
