"""The arithmetic of a thread: what a change of one comment does to the counters above and to the visibility below.

Every function works in a transaction that holds the lock on the thread's row, so that no two of them add to one counter
at a time.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, update
from sqlalchemy.orm import aliased

from app.articles.models import CommentThread
from app.comments.models import HIGHEST, MAX_DEPTH, STEP, Comment
from app.comments.paths import above
from app.core.database import WriteSession


class Weight(NamedTuple):
    """What a comment adds to the counters above: its place in a list, and the words to be read at it and below it."""

    places: int
    words: int


NOTHING = Weight(0, 0)


def weigh(comment: Comment) -> Weight:
    """The comment's weight: nothing where readers cannot pass, and no place where nothing is to be read."""
    if not comment.open:
        return NOTHING
    words = comment.descendant_count + (comment.status == "approved")
    return Weight(min(words, 1), words)


async def settle(
    session: WriteSession, thread: CommentThread, comment: Comment, *, before: Weight, was_open: bool,
    ancestors: list[Comment] | None = None,
) -> list[Any]:  # fmt: skip
    """Bring counters and visibility in step after the status of `comment` has changed; the others that appeared or vanished by that.

    `before` and `was_open` tell how it stood. `ancestors`, from the top down, are asked for unless somebody holds them already.
    """
    ancestors = await _ancestors(session, comment) if ancestors is None else ancestors
    after = weigh(comment)
    _carry_up(thread, ancestors, Weight(after.places - before.places, after.words - before.words))
    stood = [node.visible for node in ancestors]
    reached = _mark(ancestors)
    turned: list[Any] = [node for node, visible in zip(ancestors, stood, strict=True) if node.visible != visible]
    comment.visible = reached and after.places > 0
    if reached and was_open != comment.open and comment.next_child:
        await session.flush()
        turned += await _show_below(session, comment)
    return turned


async def _ancestors(session: WriteSession, comment: Comment) -> list[Comment]:
    """From the top down."""
    paths = above(comment.path)
    if not paths:
        return []
    statement = select(Comment).where(Comment.article_id == comment.article_id, Comment.path.in_(paths))
    found = await session.scalars(statement.order_by(Comment.path), execution_options={"populate_existing": True})
    return list(found)


def _carry_up(thread: CommentThread, ancestors: list[Comment], change: Weight) -> None:
    """Add `change` to the parent, and what that changes about the parent's own weight to the next, up to the thread."""
    for node in reversed(ancestors):
        before = weigh(node)
        node.reply_count += change.places
        node.descendant_count += change.words
        after = weigh(node)
        change = Weight(after.places - before.places, after.words - before.words)
    thread.root_count += change.places
    thread.visible_count += change.words


def _mark(ancestors: list[Comment]) -> bool:
    """Set `visible` along the way down; says whether readers get to its end. Tombstones appear and vanish here."""
    reached = True
    for node in ancestors:
        node.visible = reached and weigh(node).places > 0
        reached = reached and node.open
    return reached


async def _show_below(session: WriteSession, comment: Comment) -> Sequence[Any]:
    """Show, or hide, everything below a comment that has just become open, or ceased to be; those that readers see now, or no more."""
    has_words = or_(Comment.status == "approved", Comment.descendant_count > 0)
    shown = and_(has_words, ~_is_shut_off(comment)) if comment.open else false()
    below = (Comment.article_id == comment.article_id, _below(comment.path), Comment.visible.is_(not comment.open))
    told = (Comment.id, Comment.parent_id, Comment.status, Comment.version, Comment.visible)
    statement = update(Comment).where(*below).values(visible=shown).returning(*told)
    rows = (await session.execute(statement, execution_options={"synchronize_session": False})).all()
    return sorted((row for row in rows if row.visible is comment.open), key=lambda row: row.id)


def _is_shut_off(top: Comment) -> ColumnElement[bool]:
    """Whether a comment below `top`, or one between them, lets no reader pass: at most eight look-ups by path."""
    between = aliased(Comment)
    steps = [func.substr(Comment.path, 1, end) for end in range(len(top.path) + STEP, (MAX_DEPTH + 1) * STEP + 1, STEP)]
    on_the_way = (between.article_id == top.article_id, between.path.in_(steps), ~between.open)
    return exists(select(between.id).where(*on_the_way))


def _below(path: str) -> ColumnElement[bool]:
    return and_(Comment.path > path, Comment.path < path + HIGHEST)
