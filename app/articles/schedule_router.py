"""Where the publications of an article that are to come are listed, moved and called off."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Path, Response

from app.access.guards import Caller, require
from app.articles import examples, queries
from app.articles.errors import (
    ArticleEmbargoed,
    ArticleNotFound,
    ArticleWithheld,
    NothingToCorrect,
    PublicationBegun,
    PublicationNotFound,
    PublishingPeriodEmpty,
    ScheduleTaken,
)
from app.articles.guards import CHANGES, ArticleRef, Publisher
from app.articles.publications import orders, scheduling
from app.core import ids
from app.core.caching import PRIVATE
from app.core.http import IfMatch, Operation, Reader, Router, Writer, answer, answer_version, problems

router = Router(prefix="/v1/articles/{ref}/schedule", route_class=Operation, tags=["schedule"])
Insider = Annotated[Caller, Depends(require("articles:read"))]
PublicationId = Annotated[
    str, Path(max_length=30, pattern=ids.pattern("pub"), description="Its id.", examples=[ids.encode("pub", ids.EXAMPLE)])
]
Change = Annotated[orders.ScheduleChange, Body(openapi_examples=examples.RESCHEDULE)]
_READING = (ArticleNotFound,)
_ONE = (PublicationNotFound, PublicationBegun)


def _id(text: str) -> UUID:
    found = ids.decode("pub", text)
    if found is None:
        raise PublicationNotFound
    return found


@router.get("", response_model=orders.Schedule, responses=problems(*_READING))
async def list_scheduled_publications(ref: ArticleRef, _desk: Insider, session: Reader) -> Response:
    """List what readers will see of an article later, in the order of time. `POST …/publish` with `at` adds to it."""
    article = await queries.get_article(session, ref)
    found = await scheduling.list_scheduled(session, article)
    return answer({"data": found}, headers={**PRIVATE, "ETag": f'"{article.version}"'})


@router.get("/{publication_id}", response_model=orders.ScheduledPublication, responses=problems(*_READING, *_ONE))
async def get_scheduled_publication(ref: ArticleRef, publication_id: PublicationId, _desk: Insider, session: Reader) -> Response:
    """Show a publication to come."""
    return answer_version(await scheduling.get_scheduled(session, await queries.get_article(session, ref), _id(publication_id)))


@router.patch(
    "/{publication_id}", response_model=orders.ScheduledPublication,
    responses=problems(*CHANGES, ArticleWithheld, *_ONE, PublishingPeriodEmpty, ScheduleTaken, ArticleEmbargoed, NothingToCorrect),
)  # fmt: skip
async def change_scheduled_publication(
    ref: ArticleRef, publication_id: PublicationId, change: Change, desk: Publisher, session: Writer, match: IfMatch
) -> Response:
    """Move a publication to come to another moment, or let it end at another. Its text stays what was scheduled."""
    article, publication = await queries.get_article(session, ref, for_change=True), _id(publication_id)
    await scheduling.change_scheduled(session, article, publication, change, by=desk.actor, if_match=match)
    return answer_version(await scheduling.get_scheduled(session, article, publication))


@router.delete("/{publication_id}", status_code=204, responses=problems(*CHANGES, ArticleWithheld, *_ONE, NothingToCorrect))
async def cancel_scheduled_publication(
    ref: ArticleRef, publication_id: PublicationId, desk: Publisher, session: Writer, match: IfMatch
) -> Response:
    """Call off a publication to come. What readers were to see before it, they go on seeing."""
    article = await queries.get_article(session, ref, for_change=True)
    await scheduling.cancel_scheduled(session, article, _id(publication_id), by=desk.actor, if_match=match)
    return Response(status_code=204)
