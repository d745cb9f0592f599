"""Where an article in the trash is let go of at once."""

from typing import Annotated

from fastapi import Depends, Response

from app.access.guards import Caller, require
from app.articles import queries as articles
from app.articles.errors import ArticleDeleted
from app.articles.guards import CHANGES, ArticleRef
from app.core import clock, ids
from app.core.caching import PRIVATE
from app.core.errors import IdempotencyKeyInUse, IdempotencyKeyReused
from app.core.http import IfMatch, Operation, Repeatable, Router, answer, problems
from app.trash import actions, schemas
from app.trash.errors import ArticleNotInTrash

router = Router(prefix="/v1/articles/{ref}/purge", route_class=Operation, tags=["articles"])
Purger = Annotated[Caller, Depends(require(actions.SCOPE))]
_REFUSALS = (*(kind for kind in CHANGES if kind is not ArticleDeleted), ArticleNotInTrash, IdempotencyKeyInUse, IdempotencyKeyReused)


@router.post("", response_model=schemas.Purged, responses=problems(*_REFUSALS))
async def purge_article(ref: ArticleRef, desk: Purger, session: Repeatable, match: IfMatch) -> Response:
    """Let go of an article in the trash at once and for good: with all that readers saw of it, its comments, its history and its links.

    Nothing brings it back. Without this call it happens when it has been in the trash for `DATELINE_TRASH_DAYS`.
    """
    article = await articles.get_article(session, ref, for_change=True)
    gone = schemas.Purged(id=ids.encode("art", article.id), purged_at=clock.now())
    await actions.purge(session, article, by=desk.actor, if_match=match)
    return answer(gone, headers=PRIVATE)
