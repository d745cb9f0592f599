"""Making and revoking preview links."""

from datetime import timedelta
from uuid import UUID

from app.access.secrets import digest
from app.articles.models import Article
from app.articles.working_copy import content as contents
from app.articles.working_copy import revisions
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.schemas import wire_instant
from app.events.actions import record
from app.events.models import Actor, Happening
from app.previews import tokens
from app.previews.models import PreviewLink
from app.previews.schemas import PreviewLinkCreate

SCOPE = "articles:preview"


async def create_link(
    session: WriteSession, article: Article, order: PreviewLinkCreate, *, by: Actor, key: bytes
) -> tuple[PreviewLink, str]:
    """A new link to an article, and its token; `key` signs it. Raises ValidationFailed for a revision that there is not."""
    if order.revision is not None:
        await revisions.settle(session, article, await contents.content_of(session, article))
        if await revisions.content_at(session, article, order.revision) is None:
            raise ValidationFailed(errors=[Fault("unknown_reference", f"There is no revision {order.revision}.", "#/revision")])
    token, now = tokens.new_token(key), clock.now()
    link = PreviewLink(
        id=ids.new(), article_id=article.id, revision=order.revision, digest=digest(token), created_at=now, created_by=by.name,
        expires_at=now + timedelta(seconds=order.expires_in),
    )  # fmt: skip
    session.add(link)
    await session.flush()
    record(session, _happening("preview_link.created", link, by, expires_at=wire_instant(link.expires_at), revision=link.revision))
    return link, token


async def revoke_link(session: WriteSession, link: PreviewLink, *, by: Actor) -> None:
    """Let a link show nothing any more, at once; doing so twice is no error."""
    if link.revoked_at is not None:
        return
    link.revoked_at = clock.now()
    await session.flush()
    record(session, _happening("preview_link.revoked", link, by))


def _happening(kind: str, link: PreviewLink, by: Actor, **data: object) -> Happening:
    told = {"article": ids.encode("art", link.article_id), **data}
    return Happening(kind, "preview_link", link.id, by, (), scope=SCOPE, data=told)


def uuid_of(text: str) -> UUID | None:
    """The id behind `text`."""
    return ids.decode("prv", text)
