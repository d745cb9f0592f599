"""How the log hears of comments."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.articles.models import CommentThread
from app.comments import queries
from app.comments.models import Comment
from app.comments.schemas import comment_id
from app.core import clock, ids
from app.core.database import WriteSession
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content


def content(comment: Comment) -> Content:
    """What can be edited of a comment, as its history keeps it; the address of its author is not for history."""
    return {"author": {"name": comment.author_name}, "body": comment.body}


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
