"""Where tags are read and changed."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.access.guards import Caller, require
from app.catalogue import actions, queries
from app.catalogue.answers import page_of_terms, term_answer, terms_answer
from app.core.errors import Conflict, InUse, SlugTaken, ValidationFailed
from app.core.http import (
    AppSettings,
    IfMatch,
    IfNoneMatch,
    Reader,
    Repeatable,
    Router,
    Writer,
    answer_version,
    problems,
)
from app.core.lists import Cursor, Limit
from app.core.refs import path_ref, ref_pattern
from app.tags import schemas
from app.tags.errors import TagNotFound
from app.tags.kind import TAGS

router = Router(prefix="/v1/tags", tags=["tags"])
Librarian = Annotated[Caller, Depends(require("taxonomy:write"))]
TagRef = Annotated[str, path_ref("tag", "tag", example="ferries")]
Heir = Annotated[
    str | None, Query(max_length=160, pattern=ref_pattern("tag"), description="The tag that takes its place everywhere: a merge.")
]
_CHANGES = (TagNotFound, SlugTaken, ValidationFailed)


@router.get("", response_model=schemas.TagPage)
async def list_tags(
    request: Request, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None,
    name: Annotated[str | None, Query(max_length=200, description="Only those whose name begins so; capitals count.")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List tags by name."""
    key = settings.signing_key
    body = await page_of_terms(session, TAGS, schemas.tag_out, key=key, limit=limit, cursor=cursor, name=name)
    return terms_answer(request, body, TAGS, if_none_match)


@router.post(
    "", status_code=201, response_model=schemas.TagOut,
    responses=problems(SlugTaken, ValidationFailed),
)  # fmt: skip
async def create_tag(order: schemas.TagCreate, desk: Librarian, session: Repeatable) -> Response:
    """Make a tag."""
    body = schemas.tag_out(await actions.create_term(session, TAGS, order.model_dump(), by=desk.actor))
    return answer_version(body, status=201, location=f"/v1/tags/{body['id']}")


@router.get("/{ref}", response_model=schemas.TagOut, responses=problems(TagNotFound))
async def get_tag(ref: TagRef, session: Reader, if_none_match: IfNoneMatch = None) -> Response:
    """Show one tag, by id or by slug; a former slug leads there too."""
    tag = await queries.get_term(session, TAGS, ref)
    return term_answer(TAGS, tag, schemas.tag_out(tag), if_none_match)


@router.patch("/{ref}", response_model=schemas.TagOut, responses=problems(*_CHANGES))
async def update_tag(ref: TagRef, patch: schemas.TagUpdate, desk: Librarian, session: Writer, match: IfMatch) -> Response:
    """Change a tag. Every article shows the new name at once; the former slug keeps leading here."""
    tag = await queries.get_term(session, TAGS, ref, for_change=True)
    yours = patch.model_dump(exclude_unset=True)
    return answer_version(schemas.tag_out(await actions.update_term(session, TAGS, tag, yours, by=desk.actor, if_match=match)))


@router.delete("/{ref}", status_code=204, responses=problems(*_CHANGES, InUse, Conflict))
async def delete_tag(
    ref: TagRef, desk: Librarian, session: Writer, match: IfMatch,
    move_to: Heir = None,
) -> Response:  # fmt: skip
    """Delete a tag, or merge it into another with `move_to`. While articles refer to it, only a merge is possible."""
    heir = None if move_to is None else await queries.get_term(session, TAGS, move_to)
    tag = await queries.get_term(session, TAGS, ref)
    await actions.delete_term(session, TAGS, tag, by=desk.actor, if_match=match, move_to=heir)
    return Response(status_code=204)
