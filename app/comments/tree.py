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
from app.core.database import WriteSession

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


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


async def settle(session: WriteSession, thread: CommentThread, comment: Comment, *, before: Weight, was_open: bool) -> list[Any]:
    """Bring counters and visibility in step after the status of `comment` has changed; the others that appeared or vanished by that.

    `before` and `was_open` tell how it stood.
    """
    ancestors = await ancestors_of(session, comment)
    turned = carry(thread, ancestors, comment, before=before)
    if was_open != comment.open and comment.next_child and all(node.open for node in ancestors):
        await session.flush()
        turned += await _show_below(session, comment)
    return turned


def place(thread: CommentThread, line: Sequence[Comment], comment: Comment, deepest: int) -> Sequence[Comment]:
    """Give a new comment its place under what it answers, to which `line` leads from the top down; what it stands under then.

    Where the thread is as deep as it gets, it stands beside that.
    """
    ancestors = line[:deepest]
    if len(ancestors) < len(line):
        comment.reply_to_id = line[-1].id
    if not ancestors:
        comment.root_id, comment.depth, comment.path = comment.id, 0, step(thread.next_root)
        thread.next_root += 1
        return ancestors
    parent = ancestors[-1]
    comment.parent_id, comment.root_id, comment.depth = parent.id, parent.root_id, parent.depth + 1
    comment.path = parent.path + step(parent.next_child)
    parent.next_child += 1
    return ancestors


def step(number: int) -> str:
    """The `number`th place below a comment, or at the top of a thread: base-36 digits, so that byte order is the order of arrival."""
    digits = ""
    for _ in range(STEP):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def carry(thread: CommentThread, ancestors: Sequence[Comment], comment: Comment, *, before: Weight) -> list[Any]:
    """Count `comment`, which stood as `before`, all the way up, and show it where readers get there; the ancestors that turned by that."""
    after, stood = weigh(comment), [node.visible for node in ancestors]
    _carry_up(thread, ancestors, Weight(after.places - before.places, after.words - before.words))
    comment.visible = _mark(ancestors) and after.places > 0
    return [node for node, visible in zip(ancestors, stood, strict=True) if node.visible != visible]


async def ancestors_of(session: WriteSession, comment: Comment) -> list[Comment]:
    """What a comment stands under, from the top down."""
    paths = [comment.path[:end] for end in range(STEP, len(comment.path), STEP)]
    if not paths:
        return []
    statement = select(Comment).where(Comment.article_id == comment.article_id, Comment.path.in_(paths))
    found = await session.scalars(statement.order_by(Comment.path), execution_options={"populate_existing": True})
    return list(found)


def _carry_up(thread: CommentThread, ancestors: Sequence[Comment], change: Weight) -> None:
    """Add `change` to the parent, and what that changes about the parent's own weight to the next, up to the thread."""
    for node in reversed(ancestors):
        before = weigh(node)
        node.reply_count += change.places
        node.descendant_count += change.words
        after = weigh(node)
        change = Weight(after.places - before.places, after.words - before.words)
    thread.root_count += change.places
    thread.visible_count += change.words


def _mark(ancestors: Sequence[Comment]) -> bool:
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
