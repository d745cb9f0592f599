"""What readers see of live updates, and where that stands in what they are given: the page, lists with bodies, copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import Uuid, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from app.articles.models import Article, LivePosting
from app.articles.shown import walks
from app.articles.shown.prepared import Refs
from app.articles.shown.reading import Reading, Shown
from app.articles.shown.tags import LIVE_BLOG
from app.articles.visibility import posted_at
from app.core import ids
from app.core.errors import Unavailable
from app.core.lookups import Lookup
from app.events.models import LogHead

HOLE = "\x1e"
_TRIES = 5
_NEWEST = aliased(LivePosting)
_P = LivePosting
COLUMNS: tuple[Any, ...] = (
    _P.id, _P.article_id, _P.update_id, _P.block_id, _P.version, _P.position, _P.key_event, _P.gone, _P.authors, _P.text,
    _P.visible_from, _P.visible_until, _P.seq, _P.shown_seq, _P.content_seq, _P.place_seq, walks.head(LogHead.seq).label("head"),
    walks.head(LogHead.names_seq),
)  # fmt: skip


def newest(article: Any, *, past: bool = False) -> Any:
    """The last event that told of a change of the updates of `article`; of the past, the last until the moment `at`."""
    found = select(func.max(_NEWEST.seq)).where(_NEWEST.article_id == article)
    return (found.where(_NEWEST.visible_from <= walks.AT) if past else found).scalar_subquery().label("newest")


@lru_cache(maxsize=200)
def _shown_of(count: int, *, past: bool) -> Lookup:
    """Every update that readers see of so many live blogs, in order; a row without an id for one of which they see none."""
    mine = or_(*(Article.id == bindparam(f"article_{number}", type_=Uuid()) for number in range(count)))
    statement = select(*COLUMNS, newest(Article.id, past=past), Article.id.label("blog")).select_from(Article)
    statement = statement.outerjoin(_P, and_(_P.article_id == Article.id, posted_at(walks.AT)))
    return Lookup(statement.where(mine).order_by(Article.id, _P.position, _P.update_id))


@dataclass(frozen=True, slots=True)
class Posts:
    """Updates as they were found, each as JSON with the names of its authors, and the tags of these names.

    `told` has a row also where there are none, for what stands beside them: how far the log goes, and what it last told of them.
    """

    told: Sequence[Any]
    rows: Sequence[Any]
    texts: list[str]
    names: list[str]


async def read(reading: Reading, lookup: Lookup, **values: Any) -> Posts:
    """What `lookup` finds, with the names that its authors have; asked again where names changed meanwhile."""
    for _ in range(_TRIES):
        rows = await reading.lookups.all(lookup, **values)
        here = [row for row in rows if row.id is not None]
        named = list(dict.fromkeys(author for row in here for author in row.authors.split()))
        refs = Refs(None, (), [(author, "") for author in named], ())
        if not named or await reading.book.holds(reading.lookups, rows[0].names_seq, [refs.text()]):
            texts = [row.text.replace(HOLE, ",".join(map(reading.book.author, row.authors.split()))) for row in here]
            return Posts(rows, here, texts, [f"author:{author}" for author in named])
    raise Unavailable("Names change faster than they can be read.", headers={"Retry-After": "1"})


@dataclass(frozen=True, slots=True)
class Whole:
    """The body of a page as JSON, how its updates are followed, and the tags that it owes to them."""

    body: str
    live: str = "null"
    tags: Sequence[str] = ()


async def wholes(reading: Reading, shown: Sequence[Shown], at: datetime) -> list[Whole]:
    """The bodies of these publications; those of live blogs with their updates, all of them by one statement."""
    lives = [one.row.article_id for one in shown if one.row.kind == LIVE_BLOG]
    if not lives:
        return [Whole(one.row.body) for one in shown]
    found = await read(
        reading,
        _shown_of(len(lives), past=reading.past is not None),
        at=at,
        **{f"article_{number}": article for number, article in enumerate(lives)},
    )
    return [_whole(one, found) if one.row.kind == LIVE_BLOG else Whole(one.row.body) for one in shown]


async def whole(reading: Reading, shown: Shown, at: datetime) -> Whole:
    """The same of one."""
    return (await wholes(reading, [shown], at))[0]


def _whole(shown: Shown, found: Posts) -> Whole:
    article: UUID = shown.row.article_id
    mine = [(row, text) for row, text in zip(found.rows, found.texts, strict=True) if row.article_id == article]
    seq = next((row.newest for row in found.told if row.blog == article), None) or 0
    body = joined(shown.row.body, [text for _, text in mine], {row.block_id for row, _ in mine})
    return Whole(body, f'{{"seq":{seq}}}', [f"live:{ids.encode('art', article)}", *found.names])


def joined(body: str, updates: Sequence[str], known: set[str]) -> str:
    """The blocks of a live blog as one list: its own first, then its updates.

    A publication of before updates had rows holds some in its body; they stand behind those that were posted since.
    """
    own, older = body.strip()[1:-1], list[str]()
    if '"live_update"' in own:
        blocks = from_json(body)
        own = ",".join(to_json(block).decode() for block in blocks if block["type"] != "live_update")
        older = [to_json(block).decode() for block in blocks if block["type"] == "live_update" and block["id"] not in known]
    return f"[{','.join(filter(None, [own, *updates, *older]))}]"
