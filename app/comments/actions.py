"""What readers do with comments, and moderators with readers' comments. Rules live here; commits do not."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.access.secrets import digest
from app.articles.models import CommentThread
from app.comments import awaiting, queries
from app.comments.announcing import announce, content
from app.comments.errors import CommentDeleted
from app.comments.models import Comment, ModerationAction
from app.comments.posting import rendered
from app.comments.schemas import GONE, CommentUpdate, Status
from app.comments.tree import settle, weigh
from app.core import clock, ids
from app.core.database import WriteSession
from app.events.models import Actor
from app.events.versions import Content, changed_fields, check_version
from app.readers.kind import Commenter
from app.screening import marks

_TOLD_AS = {"pending": "held"}
"""Verdicts whose event has another name than the state that they lead to."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a comment is moderated as it is: `reason` is for the newsroom, `code` and `statement` for whoever wrote it.

    `batch` names what is decided at once, `undoes` the action that is taken back, and `sanction` the one with which everything goes that
    they have written: nobody looks at it.
    """

    reason: str | None = None
    code: str | None = None
    statement: str | None = None
    batch: UUID | None = None
    undoes: UUID | None = None
    sanction: UUID | None = None

    @property
    def details(self) -> dict[str, str] | None:
        """What the log is told of it."""
        told = {"undoes": ("act", self.undoes), "clean_up": ("san", self.sanction)}
        return {name: ids.encode(prefix, value) for name, (prefix, value) in told.items() if value is not None} or None


UNSAID = Grounds()
Follow = Callable[[WriteSession, Comment, Grounds, Actor], Awaitable[None]]
"""Does with what is kept beside a comment what follows from the state that it has now."""

_following: dict[str, Follow] = {}


def register(name: str, follow: Follow) -> None:
    """Make known for whom something follows from each decision, whoever makes it and where; done once for each name."""
    _following[name] = follow


async def edit_comment(
    session: WriteSession, comment: UUID, patch: CommentUpdate, *, by: Actor, if_match: int | None, patience: timedelta
) -> Comment:
    """Change the words of a comment, or the name above them. What changes nothing makes no event.

    One that waits for outside services does so again, with as much `patience`, and they are asked about it as it is now.
    """
    thread, found = await queries.get_for_change(session, comment)
    if await rewrite(session, thread, found, _wishes(patch), by=by, if_match=if_match):
        await awaiting.stay(session, found, anew=patience)
    return found


async def rewrite(session: WriteSession, thread: CommentThread, found: Comment, yours: Content, *, by: Actor, if_match: int | None) -> bool:
    """The same for a comment that stands behind the lock of its thread already; whether anything changed."""
    if found.status in GONE:
        raise CommentDeleted
    before = content(found)
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs=before, yours=yours)
    changed = changed_fields(before, before | yours)
    if not changed:
        return False
    if "body" in changed:
        found.body, found.html = yours["body"], rendered(yours["body"]).html
    if "author" in changed:
        found.author_name = yours["author"]["name"]
    found.edited_at = found.revised_at = clock.now()
    found.version += 1
    await session.flush()
    await announce(session, thread, found, "edited", by, concerns_readers=found.visible, changed=changed)
    return True


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
    if found.status == verdict or (verdict == "deleted" and found.status in GONE):
        return
    if found.status in GONE:
        raise CommentDeleted
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs=content(found), yours={})
    session.add(_decision(found, verdict, by, grounds))
    was_visible, was_open, before = found.visible, found.open, weigh(found)
    found.open = verdict == "approved" or (verdict == "deleted" and found.status == "approved")
    found.status = verdict
    found.version += 1
    found.revised_at = clock.now()
    turned = await settle(session, thread, found, before=before, was_open=was_open)
    await marks.note_approved(session, found.id, approved=verdict == "approved")
    for follow in _following.values():
        await follow(session, found, grounds, by)
    concerns_readers, what = was_visible or found.visible, _TOLD_AS.get(verdict, verdict)
    told: Any = {"concerns_readers": concerns_readers, "changed": ("status",), "turned": turned, "details": grounds.details}
    await announce(session, thread, found, what, by, **told)


def is_author(comment: Any, who: Commenter, token: str | None) -> bool:
    """Whether it is theirs: of the member who wrote it, or of whoever has the `token` that was given with it."""
    if comment.member_id is not None:
        return bool(comment.member_id == who.member_id)
    claim = comment.claim_digest
    return claim is not None and token is not None and secrets.compare_digest(claim, digest(token))


def _wishes(patch: CommentUpdate) -> Content:
    sent = patch.model_dump(exclude_unset=True)
    return {name: value for name, value in sent.items() if value}


def _decision(comment: Comment, verdict: str, by: Actor, grounds: Grounds) -> ModerationAction:
    return ModerationAction(
        comment_id=comment.id, from_status=comment.status, to_status=verdict, version=comment.version + 1,
        actor_kind=by.kind, actor_id=by.id, actor_name=by.name, reason=grounds.reason, code=grounds.code,
        statement=grounds.statement, batch_id=grounds.batch, undoes_id=grounds.undoes,
    )  # fmt: skip
