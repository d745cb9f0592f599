"""Where authors are read and changed."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.access.guards import Caller, require
from app.authors import schemas
from app.authors.errors import AuthorNotFound
from app.authors.kind import AUTHORS
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

router = Router(prefix="/v1/authors", tags=["authors"])
Librarian = Annotated[Caller, Depends(require("taxonomy:write"))]
AuthorRef = Annotated[str, path_ref("aut", "author", example="ana-ruiz")]
Heir = Annotated[
    str | None, Query(max_length=160, pattern=ref_pattern("aut"), description="The author that takes its place everywhere: a merge.")
]
_CHANGES = (AuthorNotFound, SlugTaken, ValidationFailed)


@router.get("", response_model=schemas.AuthorPage)
async def list_authors(
    request: Request, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None,
    name: Annotated[str | None, Query(max_length=200, description="Only those whose name begins so; capitals count.")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List authors by name."""
    key = settings.signing_key
    body = await page_of_terms(session, AUTHORS, schemas.author_out, key=key, limit=limit, cursor=cursor, name=name)
    return terms_answer(request, body, AUTHORS, if_none_match)


@router.post(
    "", status_code=201, response_model=schemas.AuthorOut,
    responses=problems(SlugTaken, ValidationFailed),
)  # fmt: skip
async def create_author(order: schemas.AuthorCreate, desk: Librarian, session: Repeatable) -> Response:
    """Make an author: a person or an organisation."""
    body = schemas.author_out(await actions.create_term(session, AUTHORS, order.model_dump(), by=desk.actor))
    return answer_version(body, status=201, location=f"/v1/authors/{body['id']}")


@router.get("/{ref}", response_model=schemas.AuthorOut, responses=problems(AuthorNotFound))
async def get_author(ref: AuthorRef, session: Reader, if_none_match: IfNoneMatch = None) -> Response:
    """Show one author, by id or by slug; a former slug leads there too."""
    author = await queries.get_term(session, AUTHORS, ref)
    return term_answer(AUTHORS, author, schemas.author_out(author), if_none_match)


@router.patch("/{ref}", response_model=schemas.AuthorOut, responses=problems(*_CHANGES))
async def update_author(ref: AuthorRef, patch: schemas.AuthorUpdate, desk: Librarian, session: Writer, match: IfMatch) -> Response:
    """Change an author. Every article shows the new name at once; the former slug keeps leading here."""
    author = await queries.get_term(session, AUTHORS, ref, for_change=True)
    yours = patch.model_dump(exclude_unset=True)
    return answer_version(schemas.author_out(await actions.update_term(session, AUTHORS, author, yours, by=desk.actor, if_match=match)))


@router.delete("/{ref}", status_code=204, responses=problems(*_CHANGES, InUse, Conflict))
async def delete_author(
    ref: AuthorRef, desk: Librarian, session: Writer, match: IfMatch,
    move_to: Heir = None,
) -> Response:  # fmt: skip
    """Delete an author, or merge it into another with `move_to`. While articles refer to it, only a merge is possible."""
    heir = None if move_to is None else await queries.get_term(session, AUTHORS, move_to)
    author = await queries.get_term(session, AUTHORS, ref)
    await actions.delete_term(session, AUTHORS, author, by=desk.actor, if_match=match, move_to=heir)
    return Response(status_code=204)
