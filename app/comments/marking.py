"""What moderators do with a comment beside letting it stand: the newsroom picks it, pins it, or locks what stands under it."""

from collections.abc import Mapping
from typing import Literal, get_args
from uuid import UUID

from app.comments import awaiting, queries
from app.comments.announcing import announce, content
from app.comments.errors import CommentDeleted
from app.comments.models import Comment, ModerationAction
from app.comments.schemas import GONE
from app.core import clock
from app.core.database import WriteSession
from app.events.models import Actor
from app.events.versions import check_version

Mark = Literal["picked", "pinned", "locked"]
MARKS: tuple[Mark, ...] = get_args(Mark)


async def mark(session: WriteSession, comment: UUID, wanted: Mapping[Mark, bool], *, by: Actor, if_match: int | None) -> Comment:
    """Give the comment the marks that are wanted, and take from it those that are not. What changes nothing makes no event.

    Raises CommentDeleted: of what is gone nothing is picked or pinned. What stands under it is locked, and let go of, as ever.
    """
    thread, found = await queries.get_for_change(session, comment)
    changed = tuple(name for name, on in wanted.items() if (getattr(found, f"{name}_at") is not None) != on)
    if not changed:
        return found
    if found.status in GONE and any(wanted[name] for name in changed if name != "locked"):
        raise CommentDeleted
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs=content(found), yours={})
    found.revised_at = now = clock.now()
    found.version += 1
    for name in changed:
        setattr(found, f"{name}_at", now if wanted[name] else None)
        session.add(_action(found, name if wanted[name] else f"un{name}", by))
    await session.flush()
    await awaiting.stay(session, found)
    await announce(session, thread, found, "marked", by, concerns_readers=found.visible, changed=changed)
    return found


def _action(comment: Comment, act: str, by: Actor) -> ModerationAction:
    return ModerationAction(
        comment_id=comment.id, from_status=comment.status, to_status=comment.status, act=act, version=comment.version,
        actor_kind=by.kind, actor_id=by.id, actor_name=by.name,
    )  # fmt: skip
