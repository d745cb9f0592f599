"""What readers find at an address: whether an article is there, how its discussion stands, and until when that is so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.orm import aliased

from app.articles.discussing import Discussion
from app.articles.errors import ArticleNotFound, ArticleTakenDown
from app.articles.models import Article, CommentThread, Publication
from app.articles.records import Wire
from app.articles.visibility import is_taken_down, visible_at
from app.core import clock, ids
from app.core.caching import earliest
from app.core.database import ReadSession
from app.core.lookups import Asking, Lookup
from app.core.models import ByteText, Instant, table_of
from app.core.refs import Ref
from app.discussion.queries import said_above
from app.discussion.rules import Stand
from app.sections.models import Section

# Made once: an alias copies every column of its table, which took half the time of a read.
_SHOWN, _COMING = aliased(Publication), aliased(Publication)
_ABOVE = said_above(Publication.section_id)
"""What is said of its discussion above an article, where readers see it."""

_AT = bindparam("at", type_=Instant())
_ONCE_UNDER = select(_SHOWN.article_id).where(_SHOWN.slug == bindparam("ref", type_=ByteText), _SHOWN.visible_from <= _AT)
_REFERRED = (Publication.article_id.in_(_ONCE_UNDER), Publication.article_id == bindparam("ref", type_=Uuid()))
"""Publications of the article behind a reference: by any slug that readers have ever seen it under, and by id."""
_NEXT_FROM = (
    select(func.min(_COMING.visible_from))
    .where(_COMING.article_id == Publication.article_id, _COMING.visible_from > _AT)
    .scalar_subquery().label("next_from")
)  # fmt: skip
"""When the article of a publication is published the next time."""
_SIGHTED = [
    Lookup(
        select(*table_of(CommentThread).c, Publication.visible_until, Publication.first_published_at, _NEXT_FROM, _ABOVE)
        .join(Publication, Publication.article_id == CommentThread.article_id).where(known, visible_at(_AT))
    )
    for known in _REFERRED
]  # fmt: skip
_RESOLVED = Lookup(
    select(Publication.article_id, Publication.slug, Publication.visible_until, Section.path, _NEXT_FROM)
    .outerjoin(Section, Section.id == Publication.section_id).where(_REFERRED[0], visible_at(_AT))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of a public article without its content."""

    article_id: UUID
    discussion: Discussion
    stand: Stand
    until: datetime | None

    @property
    def thread(self) -> Any:
        """The row of its discussion."""
        return self.discussion.row


async def sight(session: ReadSession, text: str, at: datetime) -> Sighting:
    """What readers find at `text` at the moment `at`, content apart; raises ArticleNotFound, ArticleTakenDown."""
    ref = Ref.of("art", text)
    found = await session.ask(_SIGHTED[ref.id is not None], ref=ref.id or ref.slug, at=at)
    if not found:
        lookup, values = _taken(text)
        raise _missing(text, await session.ask(lookup, **values))
    row = found[0]
    discussion = Discussion.of(row, row.said_above)
    stand = discussion.stand(row.first_published_at, at)
    return Sighting(row.article_id, discussion, stand, earliest(stand.turns_at, _end(row)))


_TAKEN_BY_ID = Lookup(select(Article.id).where(Article.id == bindparam("ref", type_=Uuid()), is_taken_down()))
_TAKEN_BY_SLUG = Lookup(
    select(Article.id).join(_SHOWN, _SHOWN.article_id == Article.id)
    .where(_SHOWN.slug == bindparam("ref", type_=ByteText), _SHOWN.visible_from <= Article.taken_down_at)
)  # fmt: skip


async def missing(lookups: Asking, text: str) -> ArticleNotFound | ArticleTakenDown:
    """How to refuse `text`, at which readers find nothing: there is nothing, or it was taken down."""
    lookup, values = _taken(text)
    return _missing(text, await lookups.all(lookup, **values))


async def is_withheld(session: ReadSession, slug: str) -> bool:
    """Whether what readers once found under this slug was taken down."""
    return bool(await session.ask(_TAKEN_BY_SLUG, ref=slug))


def _taken(text: str) -> tuple[Lookup, dict[str, Any]]:
    ref = Ref.of("art", text)
    return (_TAKEN_BY_ID, {"ref": ref.id}) if ref.id else (_TAKEN_BY_SLUG, {"ref": ref.slug})


def _missing(text: str, taken: Sequence[Any]) -> ArticleNotFound | ArticleTakenDown:
    return ArticleTakenDown() if taken else ArticleNotFound(f"Readers see no article {text} at this moment.")


def _end(row: Any) -> datetime | None:
    """When readers stop seeing what they see, where that is known."""
    return earliest(row.next_from, None if row.visible_until == clock.FOREVER else row.visible_until)


async def resolve_slug(session: ReadSession, slug: str, at: datetime) -> tuple[Wire, datetime | None] | None:
    """The public article behind a slug, present or former: its id and path, and until when that is surely true."""
    found = await session.ask(_RESOLVED, ref=slug, at=at)
    if not found:
        return None
    row = found[0]
    return {"id": ids.encode("art", row.article_id), "path": f"{row.path or ''}/{row.slug}"}, _end(row)
