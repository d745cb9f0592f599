"""What a person wrote is erased: the words and everything by which the person is known, wherever they stand. The thread keeps its shape.

An erasure is noted, and carried out a batch a transaction, however many comments there are. What is interrupted goes on where it was.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update

from app.articles.models import CommentThread
from app.comments import awaiting, queries, signals
from app.comments.announcing import announce
from app.comments.models import Comment, ModerationAction
from app.comments.people.forgetting import forget_votes
from app.comments.people.people_models import Erasure
from app.comments.tree import settle, weigh
from app.core import clock, idempotency, ids
from app.core.database import Database, WriteSession
from app.events.forgetting import forget_snapshots
from app.events.models import Actor
from app.readers.models import Member
from app.screening import learning, marks

BATCH = 100
_ANSWERS = 500
_COMMENT = re.compile(rb"cmt_[0-7][0-9a-hjkmnp-tv-z]{25}")
_LIST = re.compile(rb'(?:\A|"body":)\{"data":\[')
"""A list that was answered, by itself or in a bulk."""
_FORGOTTEN = {
    "author_name": "", "body": "", "html": "", "author_badge": None, "author_email": None, "author_url": None, "sealed_email": None,
    "email_digest": None, "member_id": None, "address_digest": None, "network_digest": None, "claim_digest": None,
}  # fmt: skip
Forget = Callable[[WriteSession, Sequence[UUID]], Awaitable[None]]
"""Lets go of what was kept beside these comments."""

_beside: dict[str, Forget] = {}
ForgetPerson = Callable[[WriteSession, Erasure, bytes, int], Awaitable[int]]
"""Lets go of whose it was, at most so much of what a person did beside writing; how much there was. What is sealed opens with the key."""

_of_people: dict[str, ForgetPerson] = {"votes": forget_votes}


def register_people(name: str, forget: ForgetPerson) -> None:
    """Make known who keeps what people do beside writing; done once for each name."""
    _of_people[name] = forget


def register(name: str, forget: Forget) -> None:
    """Make known who keeps words of people beside comments; done once for each name."""
    _beside[name] = forget


async def carry_on(database: Database, key: bytes) -> int:
    """Carry out every erasure that is asked for; how many comments were erased. The `key` is what is sealed with."""
    async with database.reading() as session:
        waiting = (await session.scalars(select(Erasure).where(Erasure.done_at.is_(None)).order_by(Erasure.created_at))).all()
    done = 0
    for erasure in waiting:
        while some := await _erase_some(database, erasure):
            done += some
    if waiting:
        await _forget_answers(database)
    for erasure in waiting:
        await _finish(database, erasure, key)
    return done


def of_person(person: Erasure) -> ColumnElement[bool]:
    """Whether a comment was written by the person."""
    if person.member_id is not None:
        return Comment.member_id == person.member_id
    return Comment.id == person.comment_id if person.email_digest is None else Comment.email_digest == person.email_digest


async def _erase_some(database: Database, erasure: Erasure) -> int:
    """Erase some comments of the person, all in one thread; how many."""
    left = (of_person(erasure), Comment.status != "erased")
    async with database.writing() as session:
        article = await session.scalar(select(Comment.article_id).where(*left).limit(1))
        if article is None:
            return 0
        thread = await queries.lock_thread_for_posting(session, article)
        mine = select(Comment).where(*left, Comment.article_id == article).order_by(Comment.path).limit(BATCH)
        found = (await session.scalars(mine, execution_options={"populate_existing": True})).all()
        by = Actor(erasure.actor_kind, erasure.actor_id, erasure.actor_name)  # type: ignore[arg-type] # what was written is one of them
        for comment in found:
            await _erase(session, thread, comment, by)
        await _forget_beside(session, [comment.id for comment in found])
        await session.execute(update(Erasure).where(Erasure.id == erasure.id).values(erased=Erasure.erased + len(found)))
        return len(found)


async def _erase(session: WriteSession, thread: CommentThread, comment: Comment, by: Actor) -> None:
    """Empty a comment; whether readers pass it to what stands below stays as it was."""
    before, was_visible, was_open = weigh(comment), comment.visible, comment.open
    session.add(ModerationAction(
        comment_id=comment.id, from_status=comment.status, to_status="erased", version=comment.version + 1,
        actor_kind=by.kind, actor_id=by.id, actor_name=by.name,
    ))  # fmt: skip
    for name, value in _FORGOTTEN.items():
        setattr(comment, name, value)
    comment.status = "erased"
    comment.version += 1
    comment.revised_at = clock.now()
    turned = await settle(session, thread, comment, before=before, was_open=was_open)
    changed = ("author", "body", "status")
    await announce(session, thread, comment, "erased", by, concerns_readers=was_visible, changed=changed, turned=turned)


async def _forget_beside(session: WriteSession, comments: Sequence[UUID]) -> None:
    await forget_snapshots(session, comments)
    await signals.forget(session, comments)
    await marks.forget_of(session, comments)
    await learning.forget(session, comments)
    await awaiting.drop(session, comments)
    told = update(ModerationAction).where(ModerationAction.comment_id.in_(comments)).values(reason=None, statement=None)
    await session.execute(told, execution_options={"synchronize_session": False})
    for forget in _beside.values():
        await forget(session, comments)


async def _forget_answers(database: Database) -> None:
    """Answers that are kept for those who ask again no longer tell what was erased.

    Lists among them go whatever they name, since in one a person is given what they said of others. All that are kept are looked at, so
    that is done once, however many are erased.
    """
    behind: str | None = ""
    while behind is not None:
        async with database.writing() as session:
            kept = await idempotency.kept_answers(session, behind, _ANSWERS)
            naming = {row.key: {ids.decode("cmt", each.decode()) for each in _COMMENT.findall(row.body or b"")} for row in kept}
            named = {comment for each in naming.values() for comment in each if comment is not None}
            erased = set(await session.scalars(select(Comment.id).where(Comment.id.in_(named), Comment.status == "erased")))
            lists = [row.key for row in kept if _LIST.search(row.body or b"")]
            await idempotency.let_go(session, [*lists, *(key for key, each in naming.items() if each & erased)])
        behind = kept[-1].key if len(kept) == _ANSWERS else None


async def _finish(database: Database, erasure: Erasure, key: bytes) -> None:
    for forget in _of_people.values():
        more = True
        while more:
            async with database.writing() as session:
                more = await forget(session, erasure, key, BATCH) == BATCH
    async with database.writing() as session:
        if erasure.member_id is not None:
            await session.execute(delete(Member).where(Member.id == erasure.member_id))
        nobody = {"member_id": None, "email_digest": None, "comment_id": None}
        await session.execute(update(Erasure).where(Erasure.id == erasure.id).values(**nobody, done_at=clock.now()))
