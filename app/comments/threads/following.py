"""What has changed in one article's discussion, for those who show it as it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, cast, func, literal, select, true, tuple_, union_all
from sqlalchemy.orm import aliased

from app.comments import queries
from app.comments.models import Comment
from app.core import ids
from app.core.database import ReadSession
from app.core.errors import Fault, InvalidParameter
from app.events.errors import ChangesGone
from app.events.models import Event, LogHead
from app.events.queries import newest

_AWAY = ("article.unpublished", "article.taken_down", "article.deleted", "article.discussion_changed")
"""After these, what happens to comments may be told to nobody until the article is back, and its discussion is enabled again."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What readers are told of behind a number: comments that are new to them, changed ones, the ids of those that are gone."""

    new: Sequence[Row[Any]]
    changed: Sequence[Row[Any]]
    removed: Sequence[UUID]
    reached: int
    has_more: bool


async def changes_since(session: ReadSession, article: UUID, since: int | None, limit: int) -> Changes:
    """What `limit` events behind `since` have changed, nothing where that is left out; two statements.

    `reached` is the number to go on with: the last event that readers were told of, or where the log begins, if that is further. Raises
    ChangesGone where the log does not reach back so far, or readers may not have seen the discussion in between; and InvalidParameter where
    it has not come so far yet.
    """
    found = (await session.execute(_events(article, since or 0, limit + 1))).all()
    head = found[0]
    if since is None:
        return Changes((), (), (), max(head.newest, head.turned, head.floor), has_more=False)
    _refuse(article, head, since)
    events = [row for row in found if row.seq is not None]
    more, events = len(events) > limit, events[:limit]
    reached = events[-1].seq if more else max(head.newest, since)
    known = {row.object_id: row.known for row in events}
    statement = select(*queries.shown()).where(Comment.id.in_(known), Comment.article_id == article, Comment.visible)
    rows = (await session.execute(statement.order_by(Comment.created_at, Comment.id))).all() if known else []
    seen = {row.id for row in rows}
    return Changes(
        [row for row in rows if not known[row.id]],
        [row for row in rows if known[row.id]],
        [one for one, before in known.items() if before and one not in seen],
        reached,
        more,
    )


def _events(article: UUID, since: int, most: int) -> Any:
    """The events of a discussion that everybody may know, beside the head of the log: at least one row.

    `known` says whether readers were told of the comment before. Where the log has forgotten its beginning, they surely were.
    That is asked of each comment singly, which PostgreSQL need not do where it is asked whether there `exists` something.
    """
    before = aliased(Event)
    mine = before.object_id == Event.object_id
    told = select(before.seq).where(mine, before.scope.is_(None), before.seq <= since).limit(1).scalar_subquery()
    begun = select(before.seq).where(mine, before.type == "comment.created").limit(1).scalar_subquery()
    behind = select(Event.seq, Event.object_id, (told.is_not(None) | begun.is_(None)).label("known"))
    place, public = (Event.thread_id, Event.seq), Event.scope.is_(None)
    further = tuple_(*place) > tuple_(literal(article, Event.thread_id.type), literal(since, Event.seq.type))
    listed = behind.where(further, Event.thread_id <= article, public).order_by(*place).limit(most).subquery()
    last = func.coalesce(newest(Event.thread_id, article).where(public).limit(1).scalar_subquery(), 0)
    facts = (LogHead.floor, LogHead.seq.label("head"), last.label("newest"), _last_turn(article).label("turned"))
    return select(*facts, *listed.c).select_from(LogHead).outerjoin(listed, true()).where(LogHead.id == 1).order_by(listed.c.seq)


def _last_turn(article: UUID) -> Any:
    """The last event after which readers may have ceased to see the discussion, or begun again: 0 where there was none.

    An article, or its section, may have moved below a section whose policy disables discussions.
    """
    of_article = select(Event.seq).where(Event.object_id == article)
    moves = (Event.type == "article.published", Event.data["previous_path"].as_string().is_not(None))
    elsewhere = (
        ("comment_policy.updated", cast(Event.changed, Text()).contains('"state"')),
        ("section.updated", cast(Event.changed, Text()).contains('"parent"')),
        ("section.deleted", true()),
    )
    latest = (newest(Event.type, name).where(where).limit(1).subquery() for name, where in elsewhere)
    parts = [of_article.where(Event.type.in_(_AWAY)), of_article.where(*moves), *(select(each.c.seq) for each in latest)]
    turns = union_all(*parts).subquery()
    return select(func.coalesce(func.max(turns.c.seq), 0)).scalar_subquery()


def _refuse(article: UUID, head: Any, since: int) -> None:
    if since > head.head:
        fault = Fault(
            "unknown_seq", "The log has not come so far. Leave it out, load the list, and go on with `next_since`.", parameter="since"
        )
        raise InvalidParameter(errors=[fault])
    if since < max(head.floor, head.turned):
        why = f"The log begins behind {head.floor}." if since < head.floor else "Readers may not have seen the discussion in between."
        raise ChangesGone(why, restart=f"/v1/articles/{ids.encode('art', article)}/comments", floor=head.floor)
