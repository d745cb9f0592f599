"""What readers do with comments, and moderators with readers' comments. Rules live here; commits do not."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access.secrets import digest
from app.articles.models import CommentThread
from app.comments import queries
from app.comments.errors import CommentDeleted, CommentsClosed
from app.comments.models import MAX_DEPTH, Comment, ModerationAction
from app.comments.paths import step
from app.comments.schemas import CommentCreate, CommentUpdate, Status, comment_id
from app.comments.tree import NOTHING, settle, weigh
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.html import render_comment, to_text
from app.core.text import tidy
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, changed_fields, check_version

_CLAIM_BYTES = 32
_TOLD_AS = {"pending": "held"}
"""Verdicts whose event has another name than the state that they lead to."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a comment is moderated as it is: `reason` is for the newsroom, `code` and `statement` for whoever wrote it.

    `batch` names what is decided at once, and `undoes` the action that is taken back.
    """

    reason: str | None = None
    code: str | None = None
    statement: str | None = None
    batch: UUID | None = None
    undoes: UUID | None = None


UNSAID = Grounds()


async def post_comment(
    session: WriteSession, article: UUID, order: CommentCreate, *, by: Actor,
    at: datetime | None = None, hold: bool = False,
) -> tuple[Comment, str | None]:  # fmt: skip
    """A new comment under an article, and the claim token of one that is held.

    Where the thread is moderated beforehand, or with `hold`, it waits for a moderator. `at` is for imports, which know
    when it was written. Raises CommentsClosed, and ValidationFailed where readers see no comment `parent` there.
    """
    thread = await queries.lock_thread_for_posting(session, article)
    now = clock.now()
    _refuse_closed(thread, now)
    target = await _target(session, article, order.parent)
    held = hold or thread.moderation == "pre"
    token = f"claim_{secrets.token_urlsafe(_CLAIM_BYTES)}" if held else None
    comment = _draft(article, order, at or now, held=held)
    comment.claim_digest = None if token is None else digest(token)
    await place(session, thread, comment, target)
    session.add(comment)
    await session.flush()
    turned = await settle(session, thread, comment, before=NOTHING, was_open=False)
    changed = ("author", "body", "status")
    await announce(session, thread, comment, "created", by, concerns_readers=comment.visible, changed=changed, turned=turned)
    return comment, token


def _draft(article: UUID, order: CommentCreate, at: datetime, *, held: bool) -> Comment:
    """The comment, before it has its place."""
    return Comment(
        id=ids.new(), article_id=article, created_at=at, version=1, visible=False, open=not held,
        status="pending" if held else "approved", author_kind="guest", author_name=order.author.name,
        author_email=order.author.email, author_url=order.author.url, body=order.body, html=rendered(order.body),
        reply_count=0, descendant_count=0, next_child=0, up_votes=0, down_votes=0,
    )  # fmt: skip


async def edit_comment(session: WriteSession, comment: UUID, patch: CommentUpdate, *, by: Actor, if_match: int | None) -> Comment:
    """Change the words of a comment, or the name above them. What changes nothing makes no event."""
    thread, found = await queries.get_for_change(session, comment)
    if found.status == "deleted":
        raise CommentDeleted
    before, yours = content(found), _wishes(patch)
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs=before, yours=yours)
    changed = changed_fields(before, before | yours)
    if not changed:
        return found
    if "body" in changed:
        found.body, found.html = patch.body, rendered(patch.body)
    if "author" in changed:
        found.author_name = patch.author.name
    found.edited_at = found.revised_at = clock.now()
    found.version += 1
    await session.flush()
    await announce(session, thread, found, "edited", by, concerns_readers=found.visible, changed=changed)
    return found


async def moderate(
    session: WriteSession, comment: UUID, verdict: Status, *, by: Actor, if_match: int | None, grounds: Grounds = UNSAID
) -> Comment:
    """Move a comment to the state that `verdict` names.

    Repeating a verdict changes nothing and is no error, whatever the version. Deletion is final: from there it raises
    CommentDeleted.
    """
    thread, found = await queries.get_for_change(session, comment)
    await decide(session, thread, found, verdict, by=by, if_match=if_match, grounds=grounds)
    return found


async def decide(
    session: WriteSession, thread: CommentThread, found: Comment, verdict: Status, *, by: Actor, if_match: int | None,
    grounds: Grounds = UNSAID,
) -> None:  # fmt: skip
    """The same for a comment that stands behind the lock of its thread already."""
    if found.status == verdict:
        return
    if found.status == "deleted":
        raise CommentDeleted
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs=content(found), yours={})
    session.add(_decision(found, verdict, by, grounds))
    was_visible, was_open, before = found.visible, found.open, weigh(found)
    found.open = verdict == "approved" or (verdict == "deleted" and found.status == "approved")
    found.status = verdict
    found.version += 1
    found.revised_at = clock.now()
    turned = await settle(session, thread, found, before=before, was_open=was_open)
    concerns_readers, what = was_visible or found.visible, _TOLD_AS.get(verdict, verdict)
    await announce(session, thread, found, what, by, concerns_readers=concerns_readers, changed=("status",), turned=turned)


def is_claimed(claim_digest: str | None, token: str | None) -> bool:
    """Whether `token` is the one that was given with the comment whose digest this is."""
    return claim_digest is not None and token is not None and secrets.compare_digest(claim_digest, digest(token))


def content(comment: Comment) -> Content:
    """What can be edited of a comment, as its history keeps it; the address of its author is not for history."""
    return {"author": {"name": comment.author_name}, "body": comment.body}


def _wishes(patch: CommentUpdate) -> Content:
    sent = patch.model_dump(exclude_unset=True)
    return {name: value for name, value in sent.items() if value}


def rendered(body: str) -> str:
    """A reader's words as they are shown; raises ValidationFailed where nothing is left to show."""
    html = render_comment(body)
    if not tidy(to_text(html)):
        raise ValidationFailed(errors=[Fault("blank", "Nothing is left of it once HTML is left out.", "#/body")])
    return html


def _refuse_closed(thread: CommentThread, now: datetime) -> None:
    if thread.status != "open":
        raise CommentsClosed(reason=thread.status)
    if thread.closes_at is not None and thread.closes_at <= now:
        raise CommentsClosed(reason="expired")


async def _target(session: WriteSession, article: UUID, parent: str | None) -> Comment | None:
    wanted = None if parent is None else ids.decode("cmt", parent)
    target = None if wanted is None else await queries.find_parent(session, article, wanted)
    if parent is not None and target is None:
        fault = Fault("unknown_reference", f"Readers see no comment {parent} under this article.", "#/parent")
        raise ValidationFailed(errors=[fault])
    return target


async def place(session: WriteSession, thread: CommentThread, comment: Comment, target: Comment | None) -> None:
    """Give the comment its place under `target`; beside it where the thread is as deep as it gets."""
    parent = target
    if target is not None and target.depth >= MAX_DEPTH:
        parent = await session.get_one(Comment, target.parent_id)
        comment.reply_to_id = target.id
    if parent is None:
        comment.root_id, comment.depth, comment.path = comment.id, 0, step(thread.next_root)
        thread.next_root += 1
        return
    comment.parent_id, comment.root_id, comment.depth = parent.id, parent.root_id, parent.depth + 1
    comment.path = parent.path + step(parent.next_child)
    parent.next_child += 1


def _decision(comment: Comment, verdict: str, by: Actor, grounds: Grounds) -> ModerationAction:
    return ModerationAction(
        comment_id=comment.id, from_status=comment.status, to_status=verdict, version=comment.version + 1,
        actor_kind=by.kind, actor_id=by.id, actor_name=by.name, reason=grounds.reason, code=grounds.code,
        statement=grounds.statement, batch_id=grounds.batch, undoes_id=grounds.undoes,
    )  # fmt: skip


async def announce(
    session: WriteSession, thread: CommentThread, comment: Comment, what: str, by: Actor, *, concerns_readers: bool,
    changed: tuple[str, ...], turned: Sequence[Any] = (),
) -> None:  # fmt: skip
    """Log what happened: for everybody where readers see the difference, else for those who see what readers do not.

    What appeared or vanished with it, above or below, is told of each.
    """
    stands = await queries.standing(session, thread, clock.now())
    if concerns_readers or turned:
        thread.version += 1
    article = ids.encode("art", comment.article_id)
    own = _happening(f"comment.{what}", article, comment, by, stands, public=stands.public and concerns_readers)
    record(session, replace(own, changed=changed, snapshot=content(comment)))
    for other in turned:
        turn = "comment.shown" if other.visible else "comment.hidden"
        record(session, _happening(turn, article, other, by, stands, public=stands.public))


def _happening(kind: str, article: str, comment: Any, by: Actor, stands: queries.Standing, *, public: bool) -> Happening:
    tags = (f"comment:{comment_id(comment.id)}", f"comments:{article}", f"article:{article}") if public else ()
    parent = None if comment.parent_id is None else comment_id(comment.parent_id)
    data: dict[str, Any] = {
        "article": article, "parent": parent, "status": comment.status, "visible": comment.visible, "sections": list(stands.sections),
    }  # fmt: skip
    scope = None if public else "comments:read"
    return Happening(kind, "comment", comment.id, by, tags, scope=scope, version=comment.version, data=data)
