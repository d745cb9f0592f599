"""Where articles are taken from readers with all that they saw of them, and brought back: from there, and from the trash."""

from typing import Annotated

from fastapi import Body, Depends, Response

from app.access.guards import Caller, require
from app.articles import examples, queries, schemas, takedown_schemas, whole
from app.articles.errors import ArticleEmbargoed, TranslationTaken
from app.articles.guards import CHANGES, ArticleRef, Reporter
from app.articles.publications import takedown
from app.articles.working_copy import actions
from app.core.http import IfMatch, Repeatable, Router, answer_version, problems

router = Router(prefix="/v1/articles/{ref}", tags=["articles"])
Keeper = Annotated[Caller, Depends(require("articles:takedown"))]
TakedownOrder = Annotated[takedown_schemas.TakedownOrder, Body(openapi_examples=examples.TAKEDOWN)]
RestoreOrder = Annotated[takedown_schemas.RestoreOrder | None, Body(openapi_examples=examples.RESTORE)]


@router.post("/takedown", response_model=schemas.ArticleDraft, responses=problems(*CHANGES))
async def take_down_article(ref: ArticleRef, order: TakedownOrder, desk: Keeper, session: Repeatable, match: IfMatch) -> Response:
    """Take an article from readers with all that they ever saw of it: its addresses answer 410, and nothing else shows it any more.

    The working copy stays, and can be edited; it is not published until the take-down is ended. Safe to repeat.
    """
    article = await queries.get_article(session, ref, for_change=True)
    return answer_version(await whole.draft(session, await takedown.take_down(session, article, order, by=desk.actor, if_match=match)))


@router.post(
    "/restore", response_model=schemas.ArticleDraft,
    responses=problems(*CHANGES, ArticleEmbargoed, TranslationTaken),
)  # fmt: skip
async def restore_article(ref: ArticleRef, desk: Reporter, session: Repeatable, match: IfMatch, order: RestoreOrder = None) -> Response:
    """Bring an article back with the same id: out of the trash, as a working copy; or from a take-down, as it was, by default.

    One that is in the trash and taken down leaves the trash first, and is taken down until it is restored once more. To end a take-down
    the key needs `articles:takedown` too.
    """
    article = await queries.get_article(session, ref, for_change=True)
    if article.deleted_at is None and article.taken_down_at is not None:
        desk.demand("articles:takedown")
        publish = order is None or order.publish
        article = await takedown.restore_taken_down(session, article, publish=publish, by=desk.actor, if_match=match)
    else:
        article = await actions.restore_deleted(session, article, by=desk.actor, if_match=match)
    return answer_version(await whole.draft(session, article))
