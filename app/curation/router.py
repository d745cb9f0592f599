"""Where curated lists are read and changed."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response
from pydantic_core import to_json

from app.access.errors import Forbidden, OutsideSections
from app.access.guards import Anyone, Caller, require
from app.articles.errors import PublishingPeriodEmpty
from app.articles.guards import AsOf, PublicReading, ViewParameter, moment_asked
from app.articles.picking import faults_as_of
from app.articles.shown.when import When
from app.core import clock
from app.core.caching import content_etag, strong_etag
from app.core.database import ReadSession
from app.core.errors import InvalidParameter, SlugTaken, ValidationFailed
from app.core.http import (
    AppSettings,
    IfMatch,
    IfNoneMatch,
    Repeatable,
    Router,
    Writer,
    answer,
    answer_version,
    not_modified,
    problems,
)
from app.core.lists import Cursor, Limit, next_link, private_list_answer
from app.core.pagination import Pager, cut
from app.core.refs import MAX_SLUG, path_ref, ref_pattern
from app.curation import actions, publishing, queries, reading, records, schemas
from app.curation.errors import ListItemNotFound, ListNotFound
from app.curation.happenings import LISTS, UNSEEN, own_tag
from app.curation.models import CuratedList

router = Router(prefix="/v1/lists", tags=["lists"])
ListRef = Annotated[str, path_ref("lst", "list", example="front-page")]
ItemRef = Annotated[
    str,
    Path(
        pattern=ref_pattern("art"), max_length=MAX_SLUG + 40, description="The article's id or slug.",
        examples=["night-ferry-returns-to-the-grey-sound"],
    ),
]  # fmt: skip
Editor = Annotated[Caller, Depends(require("lists:write"))]
Publisher = Annotated[Caller, Depends(require("lists:publish"))]
_LOOKING = (Forbidden, OutsideSections)

_CHANGES = (ListNotFound, ValidationFailed)


@router.get("", response_model=schemas.ListPage, responses=problems(*_LOOKING))
async def list_lists(
    request: Request, caller: Anyone, source: PublicReading, settings: AppSettings, view: ViewParameter = "published", limit: Limit = 20,
    cursor: Cursor = None, as_of: AsOf = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List the curated lists that readers see, by slug, or with `view=draft` the newsroom's working copies of all."""
    if view == "draft":
        caller.demand_everywhere(UNSEEN)
    when = _moment(caller, view, as_of)
    at, pager = when.at, Pager(settings.signing_key, f"lists {view}" if as_of is None else f"lists {as_of}")
    after = pager.decode(cursor) if cursor else None
    async with source.database.reading() as session:
        if view == "draft":
            page = cut(await queries.list_working(session, after, limit + 1), limit, pager, lambda one: [one.slug])
            return private_list_answer(request, page.wire(await records.working(session, page.rows, at)))
        page = cut(await queries.list_shown(session, at, after, limit + 1), limit, pager, lambda row: [row.slug])
        until = None if when.as_of else await queries.next_change(session, at)
    raw = to_json(page.wire([records.shown(row) for row in page.rows]))
    headers = when.headers(content_etag(raw), [LISTS], until) | next_link(request, page.next_cursor)
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")


@router.post(
    "", status_code=201, response_model=schemas.ListDraft,
    responses=problems(SlugTaken, ValidationFailed),
)  # fmt: skip
async def create_list(order: schemas.ListCreate, desk: Editor, session: Repeatable) -> Response:
    """Create a list as a draft that no reader sees. Publish it when it is ready."""
    one = await actions.create_list(session, order, by=desk.actor)
    return answer_version(await _working(session, one), status=201, location=f"/v1/lists/{queries.list_id(one.id)}")


@router.get("/{ref}", response_model=schemas.ListOut, responses=problems(ListNotFound, *_LOOKING))
async def get_list(
    ref: ListRef, caller: Anyone, source: PublicReading, view: ViewParameter = "published", as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """Show a list without what stands in it, or with `view=draft` the working copy with all its items."""
    when = _moment(caller, view, as_of)
    if view == "draft":
        caller.demand_everywhere(UNSEEN)
        async with source.database.reading() as session:
            return answer_version(await _working(session, await queries.get_list(session, ref)))
    row = await queries.get_shown(source.lookups, ref, when.at)
    body = records.shown(row)
    headers = when.headers(strong_etag(body, version=row.version), [own_tag(row)], None if when.as_of else queries.end_of(row))
    return not_modified(if_none_match, headers) or answer(body, headers=headers)


@router.patch("/{ref}", response_model=schemas.ListDraft, responses=problems(*_CHANGES))
async def update_list(ref: ListRef, patch: schemas.ListUpdate, desk: Editor, session: Writer, match: IfMatch) -> Response:
    """Change the working copy of a list (RFC 7396). Readers see the change when it is published."""
    one = await queries.get_list(session, ref, for_change=True)
    return answer_version(await _working(session, await actions.update_list(session, one, patch, by=desk.actor, if_match=match)))


@router.delete("/{ref}", status_code=204, responses=problems(*_CHANGES))
async def delete_list(ref: ListRef, desk: Editor, session: Writer, match: IfMatch) -> Response:
    """Delete a list for good. The articles in it stay what they are."""
    await publishing.delete_list(session, await queries.get_list(session, ref, for_change=True), by=desk.actor, if_match=match)
    return Response(status_code=204)


@router.post(
    "/{ref}/publish", response_model=schemas.ListDraft,
    responses=problems(*_CHANGES, PublishingPeriodEmpty),
)  # fmt: skip
async def publish_list(ref: ListRef, order: schemas.ListPublishOrder, desk: Publisher, session: Repeatable, match: IfMatch) -> Response:
    """Put the working copy of a list before readers, now or at the given moment. Safe to repeat."""
    one = await queries.get_list(session, ref, for_change=True)
    return answer_version(await _working(session, await publishing.publish(session, one, order, by=desk.actor, if_match=match)))


@router.post("/{ref}/unpublish", response_model=schemas.ListDraft, responses=problems(*_CHANGES))
async def unpublish_list(ref: ListRef, order: schemas.ListUnpublishOrder, desk: Publisher, session: Repeatable, match: IfMatch) -> Response:
    """Take a list from readers, now or at the given moment; a schedule is called off. Safe to repeat."""
    one = await queries.get_list(session, ref, for_change=True)
    return answer_version(await _working(session, await publishing.unpublish(session, one, at=order.at, by=desk.actor, if_match=match)))


@router.get("/{ref}/items", response_model=schemas.ListItems, responses=problems(ListNotFound, *_LOOKING))
async def list_items(
    ref: ListRef, caller: Anyone, source: PublicReading, as_of: AsOf = None, if_none_match: IfNoneMatch = None
) -> Response:
    """List what readers see in a list, whole articles' bodies apart: what is pinned in its place, the items in order, then the backfill.

    An article that is not public leaves its place to the next, and comes back by itself. None stands there twice.
    """
    when = moment_asked(caller, as_of)
    found = await reading.items_of(source.then(when), ref, when.at)
    headers = when.headers(content_etag(found.raw), found.tags, None if when.as_of else found.until)
    return not_modified(if_none_match, headers) or Response(found.raw, 200, headers, media_type="application/json")


@router.put("/{ref}/items/{article}", response_model=schemas.ListDraft, responses=problems(*_CHANGES))
async def put_list_item(
    ref: ListRef, article: ItemRef, order: schemas.ListItemWrite, desk: Editor, session: Writer, match: IfMatch
) -> Response:
    """Put an article into the working copy of a list, move it there, or change the words that it has there. Safe to repeat."""
    one = await queries.get_list(session, ref, for_change=True)
    return answer_version(await _working(session, await actions.put_item(session, one, article, order, by=desk.actor, if_match=match)))


@router.delete("/{ref}/items/{article}", response_model=schemas.ListDraft, responses=problems(*_CHANGES, ListItemNotFound))
async def remove_list_item(ref: ListRef, article: ItemRef, desk: Editor, session: Writer, match: IfMatch) -> Response:
    """Take an article out of the working copy of a list."""
    one = await queries.get_list(session, ref, for_change=True)
    return answer_version(await _working(session, await actions.remove_item(session, one, article, by=desk.actor, if_match=match)))


def _moment(caller: Caller, view: str, as_of: datetime | None) -> When:
    """The moment that is asked for; raises InvalidParameter where the view has none but now."""
    if faults := [] if as_of is None else faults_as_of(view, ()):
        raise InvalidParameter(errors=faults)
    return moment_asked(caller, as_of)


async def _working(session: ReadSession, one: CuratedList) -> dict[str, Any]:
    return (await records.working(session, [one], clock.now()))[0]
