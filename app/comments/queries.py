"""Questions about comments. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, Uuid, and_, bindparam, func, select, union_all
from sqlalchemy.orm import aliased

from app.access.errors import OutsideSections
from app.articles import reach
from app.articles.discussing import Discussion
from app.articles.errors import ArticleNotFound
from app.articles.models import Article, CommentThread, Publication
from app.articles.shown.prepared import NO_REFS, Refs
from app.articles.visibility import end_of, shown_at, visible_at
from app.comments.errors import CommentNotFound
from app.comments.models import MAX_DEPTH, STEP, Comment
from app.comments.orders import NEWEST, OLDEST
from app.comments.schemas import comment_id
from app.core import clock, ids
from app.core.caching import earliest
from app.core.database import ReadSession, WriteSession
from app.core.lookups import Asked, Lookup, filled_up
from app.core.models import Base, Instant, table_of
from app.core.rows import made
from app.discussion.queries import said_above
from app.discussion.rules import Stand

_SHOWN = (
    "id", "article_id", "status", "visible", "author_kind", "author_name", "author_badge", "html", "parent_id", "reply_to_id",
    "root_id", "depth", "created_at", "edited_at", "up_votes", "down_votes", "score", "reply_count",
    "descendant_count", "version", "picked_at", "pinned_at", "locked_at",
)  # fmt: skip
"""The columns that answers are made of. An e-mail address is not among them, so no answer can hold one."""

_ABOVE = said_above(Publication.section_id)

_FRESH = {"populate_existing": True}
"""What was read before the lock was taken is read again."""

Rows = Sequence[Row[Any]]
Owner = Literal["parent_id", "article_id"]


@dataclass(frozen=True, slots=True)
class Found:
    """A comment, and what decides whether readers see it."""

    row: Row[Any]
    discussion: Discussion
    until: datetime | None
    public: bool

    @property
    def thread(self) -> CommentThread:
        """The row of its discussion."""
        thread: CommentThread = self.discussion.row
        return thread


def shown() -> list[Any]:
    """The columns of an answer."""
    return [getattr(Comment, name) for name in _SHOWN]


async def find_comment(session: ReadSession, wanted: UUID, at: datetime) -> Found | None:
    """The comment with this id, whoever may see it: `public` says whether readers do at `at`."""
    own = (Comment.claim_digest, Comment.member_id, CommentThread, Publication.visible_until.label("visible_until"), _ABOVE)
    statement = select(*shown(), *own)
    statement = statement.join(CommentThread, CommentThread.article_id == Comment.article_id)
    statement = statement.outerjoin(Publication, and_(Publication.article_id == Comment.article_id, visible_at(at)))
    row: Any = (await session.execute(statement.where(Comment.id == wanted))).first()
    if row is None:
        return None
    discussion = Discussion.of(row.CommentThread, row.said_above)
    public = row.visible and row.visible_until is not None and discussion.rules.state != "disabled"
    return Found(row, discussion, end_of(row) if public else None, public)


async def get_public_comment(session: ReadSession, wanted: UUID, at: datetime) -> Found:
    """The comment with this id, where readers see it at `at`; raises CommentNotFound."""
    found = await find_comment(session, wanted, at)
    if found is None or not found.public:
        raise CommentNotFound(f"Readers see no comment {comment_id(wanted)}.")
    return found


async def list_public(session: ReadSession, wanted: Collection[UUID], at: datetime) -> Rows:
    """Those of the comments that readers see at `at`."""
    statement = select(*shown(), CommentThread, _ABOVE).join(CommentThread, CommentThread.article_id == Comment.article_id)
    statement = statement.join(Publication, and_(Publication.article_id == Comment.article_id, visible_at(at)))
    rows = await _rows(session, statement.where(Comment.id.in_(wanted), Comment.visible))
    return [row for row in rows if Discussion.of(row.CommentThread, row.said_above).rules.state != "disabled"]


async def list_any(session: ReadSession, wanted: Collection[UUID]) -> Rows:
    """These comments, whoever may see them, with the text as it was sent."""
    return await _rows(session, select(*shown(), Comment.body).where(Comment.id.in_(wanted)))


async def first_replies(session: ReadSession, parents: Rows, limit: int) -> dict[UUID, list[Row[Any]]]:
    """The first `limit` replies to each of the comments, and one more where there is one, by parent; one statement."""
    asked = [row.id for row in parents if row.reply_count] if limit else []
    return await _firsts(session, "parent_id", asked, limit)


async def first_roots(session: ReadSession, articles: Sequence[UUID], limit: int) -> dict[UUID, list[Row[Any]]]:
    """The newest `limit` roots of each article, and one more where there is one, by article; one statement."""
    return await _firsts(session, "article_id", articles, limit)


async def _rows(session: ReadSession, statement: Select[Any]) -> Rows:
    rows: Rows = (await session.execute(statement)).all()
    return rows


async def _firsts(session: ReadSession, by: Owner, owners: Sequence[UUID], limit: int) -> dict[UUID, list[Row[Any]]]:
    found: dict[UUID, list[Row[Any]]] = {}
    if owners:
        values = {f"owner_{number}": owner for number, owner in enumerate(filled_up(owners))}
        for row in await session.execute(_first_of_each(by, len(values)), {**values, "most": limit + 1}):
            found.setdefault(getattr(row, by), []).append(row)
    return found


@cache
def _first_of_each(by: Owner, owners: int) -> Select[Any]:
    """The first rows of so many lists: limited sub-selects, since a window function would read every row that it drops.

    It is kept: to build it and to find its compiled form by its parts takes longer than the database needs for it.
    """
    order, most = (OLDEST, NEWEST)[by == "article_id"], bindparam("most", type_=Integer())
    parts = []
    for number in range(owners):
        owner: Any = bindparam(f"owner_{number}", type_=Uuid())
        listed = is_reply_to(owner) if by == "parent_id" else is_root_of(owner)
        parts.append(select(order.after(select(Comment.id).where(listed), None).limit(most).subquery().c.id))
    return order.after(select(*shown()).where(Comment.id.in_(union_all(*parts))), None)


def is_root_of(article: UUID) -> ColumnElement[bool]:
    """Whether readers reach a comment at the top of the article's thread."""
    return and_(Comment.article_id == article, Comment.depth == 0, Comment.visible)


def is_reply_to(parent: UUID) -> ColumnElement[bool]:
    """Whether readers reach a comment that answers `parent` directly."""
    return and_(Comment.parent_id == parent, Comment.visible)


class Threads(NamedTuple):
    """The threads of articles that readers see, and how each stands, by article; and until when that is surely so."""

    seen: dict[UUID, tuple[CommentThread, Stand]]
    until: datetime | None


async def threads_seen(session: ReadSession, articles: Sequence[UUID], at: datetime) -> Threads:
    """The threads of those of the articles that readers see at `at`, and until when: one may end, another begin. One statement."""
    coming = aliased(Publication)
    begins = select(func.min(coming.visible_from)).where(coming.article_id == CommentThread.article_id, coming.visible_from > at)
    statement = select(CommentThread, Publication.first_published_at, Publication.visible_until, _ABOVE, begins.scalar_subquery())
    statement = statement.outerjoin(Publication, and_(Publication.article_id == CommentThread.article_id, visible_at(at)))
    seen, turns = dict[UUID, tuple[CommentThread, Stand]](), list[datetime | None]()
    for thread, first, until, above, begin in await session.execute(statement.where(CommentThread.article_id.in_(articles))):
        turns.append(begin)
        if until is not None:
            stand = Discussion.of(thread, above).stand(first, at)
            seen[thread.article_id] = thread, stand
            turns += [stand.turns_at, None if until == clock.FOREVER else until]
    return Threads(seen, earliest(*turns))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a comment is to be entered: its thread, what leads down to the comment that it answers, how the article stands.

    No session knows these rows; `found` has each beside what was found of it, so that what differs can be written.
    """

    thread: CommentThread
    line: Sequence[Comment]
    stands: "Standing"
    found: Sequence[tuple[Any, Base]]


async def lock_for_posting(session: WriteSession, article: UUID, parent: UUID | None, at: datetime) -> Spot:
    """The thread of an article, locked, and all that has to be known to enter a comment: it is asked in one go, behind the lock.

    The line is empty where readers see no words at `parent`. The new row's foreign key will lock the article a little, which only who
    purges it would mind: by then nobody posts there.
    """
    asked: list[Asked] = [(_LOCK_THREAD, {"article": article}), (_PERIODS, {"article": article, "at": at})]
    asked += [(_LINE, {"article": article, "parent": parent})] if parent is not None else []
    threads, periods, *lines = await session.ask_all(asked)
    if not threads:
        raise ArticleNotFound(f"{ids.encode('art', article)} was purged meanwhile.")
    thread, line = made(CommentThread, **threads[0]._asdict()), [made(Comment, **one._asdict()) for one in chain(*lines)]
    now = clock.now()
    period = shown_at(periods, now)
    stands = await standing(session, thread, now) if period is None else _standing(thread, period, shown=True)
    return Spot(thread, line, stands, list(zip(chain(threads, *lines), [thread, *line], strict=True)))


def _in_line() -> Lookup:
    """All that the comment `parent` stands under, and itself, where it is under the article, readers see it and it has words to answer."""
    table, target = table_of(Comment), table_of(Comment).alias()
    steps = [func.substr(target.c.path, 1, end) for end in range(STEP, (MAX_DEPTH + 1) * STEP + 1, STEP)]
    wanted = (target.c.id == bindparam("parent", type_=Uuid()), target.c.article_id == _ARTICLE, target.c.visible)
    line = select(*table.c).join(target, target.c.article_id == table.c.article_id)
    return Lookup(line.where(*wanted, target.c.status == "approved", table.c.path.in_(steps)).order_by(table.c.path))


_ARTICLE = bindparam("article", type_=Uuid())
_LINE = _in_line()
_LOCK_ARTICLE = Lookup(select(Article.id).where(Article.id == _ARTICLE).with_for_update(read=True, key_share=True))
"""As a comment's foreign key will, but before the thread: who purges an article locks it first, and two who lock the same rows in opposite
order would wait for each other."""
_LOCK_THREAD = Lookup(select(*table_of(CommentThread).c).where(CommentThread.article_id == _ARTICLE).with_for_update())
_PERIODS = Lookup(
    select(Publication.visible_from, Publication.visible_until, Publication.refs, _ABOVE)
    .where(Publication.article_id == _ARTICLE, Publication.visible_until > bindparam("at", type_=Instant()))
)  # fmt: skip
"""Those that may be what readers see when the lock is held: how long it is waited for is known only then."""


async def lock_thread_for_posting(session: WriteSession, article: UUID) -> CommentThread:
    """The thread of an article, locked for new comments, behind the article itself."""
    await session.ask(_LOCK_ARTICLE, article=article)
    return await _lock(session, CommentThread.article_id == article)


async def lock_thread(session: WriteSession, article: UUID) -> CommentThread:
    """The thread of an article, locked for a change of what stands there."""
    return await _lock(session, CommentThread.article_id == article)


async def get_for_change(session: WriteSession, wanted: UUID) -> tuple[CommentThread, Comment]:
    """The comment with this id behind the lock of its thread; raises CommentNotFound.

    Raises OutsideSections where the caller's key keeps to others, and readers see the comment.
    """
    article = (await session.scalars(select(Comment.article_id).where(Comment.id == wanted))).one_or_none()
    if article is None:
        raise CommentNotFound(f"There is no comment {comment_id(wanted)}.")
    if not await reach.holds(session, article):
        await get_public_comment(session, wanted, clock.now())
        raise OutsideSections
    thread = await _lock(session, CommentThread.article_id == article)
    return thread, (await session.scalars(select(Comment).where(Comment.id == wanted), execution_options=_FRESH)).one()


async def _lock(session: WriteSession, condition: ColumnElement[bool]) -> CommentThread:
    statement = select(CommentThread).where(condition).with_for_update()
    thread = (await session.scalars(statement, execution_options=_FRESH)).one_or_none()
    if thread is None:
        raise CommentNotFound("Its article was purged meanwhile.")
    return thread


async def lock_with_words(session: WriteSession, wanted: UUID, at: datetime) -> tuple[CommentThread, Comment]:
    """The comment with this id behind the lock of its thread; raises CommentNotFound where readers see no words of it at `at`."""
    seen = await get_public_comment(session, wanted, at)
    thread = await lock_thread(session, seen.row.article_id)
    with_words = (Comment.id == wanted, Comment.visible, Comment.status == "approved")
    comment = (await session.scalars(select(Comment).where(*with_words), execution_options=_FRESH)).one_or_none()
    if comment is None:
        raise CommentNotFound(f"Readers see no words at {comment_id(wanted)}.")
    return thread, comment


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether readers see an article with its discussion, and the sections in which they see it, or saw it last."""

    public: bool
    sections: Sequence[str]


async def standing(session: WriteSession, thread: CommentThread, at: datetime) -> Standing:
    """How the article of a discussion stands at `at`."""
    latest = select(Publication.refs, visible_at(at).label("shown"), _ABOVE).where(Publication.article_id == thread.article_id)
    row = (await session.execute(latest.where(Publication.visible_from <= at).order_by(Publication.visible_from.desc()).limit(1))).first()
    return Standing(public=False, sections=()) if row is None else _standing(thread, row, shown=row.shown)


def _standing(thread: CommentThread, row: Any, *, shown: bool) -> Standing:
    refs = Refs.read(row.refs) if row.refs else NO_REFS
    sections = [*([] if refs.home is None else [refs.home]), *refs.others]
    public = shown and Discussion.of(thread, row.said_above).rules.state != "disabled"
    return Standing(public=public, sections=sections)
