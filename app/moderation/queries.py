"""What moderators ask. Nothing here changes anything."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, exists, func, literal, or_, select, true, union_all

from app.access.bounds import bounds
from app.articles import reach
from app.articles.models import Article
from app.comments.errors import CommentNotFound
from app.comments.models import Comment, ModerationAction
from app.comments.orders import NEWEST, OLDEST, Position
from app.comments.queries import shown
from app.comments.schemas import comment_id
from app.comments.signal_models import CommentSignal
from app.core import clock
from app.core.database import ReadSession
from app.core.errors import Fault, InvalidParameter
from app.core.pagination import Keyset
from app.moderation.errors import BatchNotFound
from app.moderation.models import Appeal, Lease, Report
from app.moderation.schemas import LeaseState, Sort
from app.sections.models import Section
from app.sections.queries import below, find_sections

Rows = Sequence[Row[Any]]
LOG = Keyset((ModerationAction.at, ModerationAction.id), descending=True)
LOG_OF_ACTOR = Keyset((ModerationAction.actor_id, ModerationAction.at, ModerationAction.id), descending=True)
QUEUES = ("pending", "reported", "appeals", "spam", "rejected", "approved")
MOST_COUNTED = 1000
MOST_FEATURED = 20
MOST_OF_A_BATCH = 500
"""How many decisions of a batch are shown, or undone, at once."""


class Depth(NamedTuple):
    """How many comments a queue holds, and when the oldest of them was written."""

    comments: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which comments a queue holds; None is all of them."""

    statuses: tuple[str, ...]
    articles: tuple[UUID, ...] | None = None
    section: str | None = None
    author: str | None = None
    author_of: UUID | None = None
    signal: str | None = None
    reported: bool | None = None
    since: datetime | None = None
    before: datetime | None = None
    sort: Sort = "oldest"
    lease: LeaseState | None = None
    holder: UUID | None = None
    """Who is asking: their leases are not in their own way."""

    def purpose(self) -> str:
        """What a cursor is bound to."""
        return repr(astuple(self))


def of_articles_within() -> ColumnElement[bool]:
    """Whether a comment stands under an article that the caller may work on."""
    condition = reach.within(Article.section_id)
    return true() if condition is None else Comment.article_id.in_(select(Article.id).where(condition))


async def list_queue(session: ReadSession, sought: Sought, position: Position, limit: int) -> Rows:
    """At most `limit` comments of a queue in its order, from behind `position`."""
    order, within = OLDEST if sought.sort == "oldest" else NEWEST, await _condition(session, sought)
    statement = _queued().where(Comment.id.in_(first_of_each(sought.statuses, within, order, position, limit)))
    return (await session.execute(order.after(statement, None).limit(limit))).all()


def first_of_each(
    statuses: Sequence[str], within: ColumnElement[bool], order: Keyset, position: Position, limit: int
) -> CompoundSelect[UUID]:  # fmt: skip
    """At most `limit` comments of each status, from behind `position`.

    Each status is one walk along an index; asked for together, they would be sorted whole.
    """
    walks = [select(Comment.id).where(Comment.status == status, within) for status in statuses]
    return union_all(*(select(order.after(walk, position).limit(limit).subquery().c.id) for walk in walks))


async def list_featured(session: ReadSession, article: UUID) -> Rows:
    """The comments of an article that are pinned, then those that are picked, the last first; such as readers see."""
    featured = or_(Comment.pinned_at.is_not(None), Comment.picked_at.is_not(None))
    statement = select(*shown()).where(Comment.article_id == article, featured, Comment.visible, Comment.status == "approved")
    order = (Comment.pinned_at.is_(None), func.coalesce(Comment.pinned_at, Comment.picked_at).desc(), Comment.id.desc())
    return (await session.execute(statement.order_by(*order).limit(MOST_FEATURED))).all()


async def get_queued(session: ReadSession, wanted: UUID) -> Row[Any]:
    """One comment as a queue has it, in whatever state; raises CommentNotFound."""
    row: Row[Any] | None = (await session.execute(_queued().where(Comment.id == wanted, of_articles_within()))).first()
    if row is None:
        raise CommentNotFound(f"There is no comment {comment_id(wanted)}.")
    return row


def _queued() -> Select[Any]:
    """Comments with their articles as the newsroom has them."""
    columns = (*shown(), Comment.body, Article.headline, Article.slug, Section.path.label("section_path"))
    statement = select(*columns).join(Article, Article.id == Comment.article_id)
    return statement.outerjoin(Section, Section.id == Article.section_id)


async def _condition(session: ReadSession, sought: Sought) -> ColumnElement[bool]:
    parts = [of_articles_within()]
    if sought.articles is not None:
        parts.append(Comment.article_id.in_(sought.articles))
    if sought.section is not None:
        parts.append(Comment.article_id.in_(await _articles_in(session, sought.section)))
    if sought.author is not None:
        parts.append(Comment.author_name == sought.author)
    if sought.author_of is not None:
        parts.append(await _by_whoever_wrote(session, sought.author_of))
    if sought.reported is not None:
        reported = Comment.id.in_(select(Report.comment_id).where(Report.open))
        parts.append(reported if sought.reported else ~reported)
    if sought.signal is not None:
        parts.append(exists().where(CommentSignal.comment_id == Comment.id, CommentSignal.name == sought.signal))
    if sought.since is not None:
        parts.append(Comment.created_at >= sought.since)
    if sought.before is not None:
        parts.append(Comment.created_at < sought.before)
    if sought.lease is not None:
        parts.append(~_leased(Lease.holder_id != sought.holder) if sought.lease == "free" else _leased(Lease.holder_id == sought.holder))
    return and_(*parts)


async def _by_whoever_wrote(session: ReadSession, comment: UUID) -> ColumnElement[bool]:
    """Whether a comment is of the same member, e-mail address or network address as this one; at least that one itself."""
    marks = (Comment.member_id, Comment.email_digest, Comment.address_digest)
    known = (await session.execute(select(*marks).where(Comment.id == comment, of_articles_within()))).first()
    if known is None:
        raise InvalidParameter(errors=[Fault("unknown_reference", "There is no such comment.", parameter="author_of")])
    same = [mark == value for mark, value in zip(marks, known, strict=True) if value is not None]
    return or_(Comment.id == comment, *same)


def _leased(whose: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such a lease in force."""
    return Comment.id.in_(select(Lease.comment_id).where(Lease.until > clock.now(), whose))


async def _articles_in(session: ReadSession, ref: str) -> Select[UUID]:
    """The articles that stand in a section or below it, in the working copy."""
    section = (await find_sections(session, [ref])).get(ref)
    if section is None:
        fault = Fault("unknown_reference", f"There is no section {ref}, or several have this slug.", parameter="section")
        raise InvalidParameter(errors=[fault])
    homes = select(Section.id).where(or_(Section.id == section.id, below(section.path)))
    return select(Article.id).where(Article.section_id.in_(homes))


async def count_queues(session: ReadSession, sought: Sought) -> Mapping[str, Depth]:
    """How many comments each queue holds, up to MOST_COUNTED and one more, and when its oldest was written; one statement."""
    within = await _condition(session, sought)
    appealed = select(Appeal.comment_id).where(Appeal.outcome == "open")
    special = {
        "reported": and_(Comment.status.in_(("approved", "pending")), Comment.id.in_(select(Report.comment_id).where(Report.open))),
        "appeals": Comment.id.in_(appealed),
    }  # fmt: skip
    parts = [_depth(name, and_(special.get(name, Comment.status == name), within)) for name in QUEUES]
    found = await session.execute(union_all(*parts))
    return {row.queue: Depth(row.comments, row.oldest_at) for row in found}


def _depth(name: str, condition: ColumnElement[bool]) -> Select[Any]:
    some = select(Comment.created_at).where(condition).order_by(Comment.created_at, Comment.id).limit(MOST_COUNTED + 1).subquery()
    columns: tuple[Any, ...] = (
        literal(name).label("queue"),
        func.count().label("comments"),
        func.min(some.c.created_at).label("oldest_at"),
    )
    return select(*columns)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of the moderation log are looked for."""

    comment: UUID | None = None
    actor: UUID | None = None
    acts: tuple[str, ...] | None = None
    since: datetime | None = None
    before: datetime | None = None

    def purpose(self) -> str:
        """What a cursor is bound to."""
        return repr(astuple(self))


async def list_log(session: ReadSession, wanted: Wanted, position: Position, limit: int) -> Sequence[ModerationAction]:
    """At most `limit` of all decisions, the newest first, from behind `position`."""
    statement = select(ModerationAction)
    if bounds().sections is not None:
        statement = statement.join(Comment, Comment.id == ModerationAction.comment_id).where(of_articles_within())
    if wanted.comment is not None:
        statement = statement.where(ModerationAction.comment_id == wanted.comment)
    order, behind = LOG, position
    if wanted.actor is not None:  # In an order that only the index of actors has: PostgreSQL may look for an idle one through all else.
        statement = statement.where(ModerationAction.actor_id.between(wanted.actor, wanted.actor))
        order, behind = LOG_OF_ACTOR, None if position is None else [wanted.actor, *position]
    if wanted.acts is not None:
        statement = statement.where(func.coalesce(ModerationAction.act, ModerationAction.to_status).in_(wanted.acts))
    if wanted.since is not None:
        statement = statement.where(ModerationAction.at >= wanted.since)
    if wanted.before is not None:
        statement = statement.where(ModerationAction.at < wanted.before)
    return (await session.scalars(order.after(statement, behind).limit(limit))).all()


async def last_decisions(session: ReadSession, comments: Collection[UUID]) -> dict[UUID, ModerationAction]:
    """What was decided last about each of the comments."""
    if not comments:
        return {}
    statement = select(ModerationAction).where(ModerationAction.comment_id.in_(comments))
    found = await session.scalars(statement.order_by(ModerationAction.at, ModerationAction.id))
    return {action.comment_id: action for action in found}


async def list_decisions(session: ReadSession, comment: UUID) -> Sequence[ModerationAction]:
    """Every decision about a comment, the oldest first; raises CommentNotFound."""
    if not await session.scalar(select(exists().where(Comment.id == comment, of_articles_within()))):
        raise CommentNotFound
    statement = select(ModerationAction).where(ModerationAction.comment_id == comment)
    return (await session.scalars(statement.order_by(ModerationAction.at, ModerationAction.id))).all()


class Part(NamedTuple):
    """Decisions of a batch, and whether there are more of them."""

    actions: Sequence[ModerationAction]
    more: bool


async def list_batch(session: ReadSession, batch: UUID) -> Part:
    """The first decisions of a batch about comments that the caller reaches; raises BatchNotFound where there are none."""
    found = (await session.scalars(_of_batch(batch).order_by(ModerationAction.id).limit(MOST_OF_A_BATCH + 1))).all()
    if not found:
        raise BatchNotFound
    return Part(found[:MOST_OF_A_BATCH], len(found) > MOST_OF_A_BATCH)


async def list_undoable(session: ReadSession, batch: UUID) -> Part:
    """The same, those first to whose comments nothing has happened since; whether there are more of those."""
    touched = Comment.version != ModerationAction.version
    statement = _of_batch(batch).add_columns(touched.label("touched")).order_by(touched, ModerationAction.id)
    found = (await session.execute(statement.limit(MOST_OF_A_BATCH + 1))).all()
    if not found:
        raise BatchNotFound
    more = len(found) > MOST_OF_A_BATCH and not found[-1].touched
    return Part([row.ModerationAction for row in found[:MOST_OF_A_BATCH]], more)


def _of_batch(batch: UUID) -> Select[Any]:
    statement = select(ModerationAction).join(Comment, Comment.id == ModerationAction.comment_id)
    return statement.where(ModerationAction.batch_id == batch, of_articles_within())


async def articles_of(session: ReadSession, comments: Collection[UUID]) -> dict[UUID, UUID]:
    """The article of each of the comments that there are."""
    rows = await session.execute(select(Comment.id, Comment.article_id).where(Comment.id.in_(comments)))
    return {row.id: row.article_id for row in rows}
