"""Where forms for comments are opened, and word lists made, read and changed."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from app.access.guards import Caller, require
from app.core import clock, ids
from app.core.caching import PRIVATE
from app.core.errors import ValidationFailed
from app.core.http import AppSettings, IfMatch, Reader, Repeatable, Router, Writer, answer, answer_version, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.core.schemas import wire_instant
from app.screening import forms, keeping, schemas
from app.screening.bounds import Bounds
from app.screening.errors import WordListNotFound
from app.screening.keeping import WORD_LISTS

router = Router(prefix="/v1/moderation/word-lists", tags=["moderation"])
Keeper = Annotated[Caller, Depends(require(keeping.SCOPE))]
WordListId = Annotated[
    str, Path(pattern=ids.pattern("wdl"), max_length=40, description="The list's id.", examples=[schemas.word_list_id(ids.EXAMPLE)])
]

_CHANGES = problems(WordListNotFound, ValidationFailed)


form = Router(prefix="/v1/comments/form", tags=["comments"])


@form.get("", response_model=schemas.FormOut)
async def open_comment_form(request: Request) -> Response:
    """What a form for comments needs: a token that says when it was opened, and a challenge where a proof of work is asked.

    Ask for it when the form is opened, and again after each comment: a solution is taken once.
    """
    bounds: Bounds = request.app.state.screening
    now = clock.now()
    body = {
        "token": forms.new_token(bounds.key, now), "asked": bounds.form_asked, "honeypot": "website", "proof": bounds.proof,
        "challenge": None if bounds.proof == "off" else forms.new_challenge(bounds.key, bounds.proof_cost, now),
        "expires_at": wire_instant(now + forms.VALID),
    }  # fmt: skip
    return answer(body, headers=PRIVATE)


@router.get("", response_model=schemas.WordListPage)
async def list_word_lists(
    request: Request, _desk: Keeper, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List the word lists that comments are held against, the oldest first."""
    pager = Pager(settings.signing_key, "word-lists")
    rows = await keeping.list_kept(session, WORD_LISTS, pager.decode(cursor) if cursor else None, limit + 1)
    page = cut(rows, limit, pager, lambda row: [row.id])
    return private_list_answer(request, page.wire([schemas.word_list_out(row) for row in page.rows]))


@router.post(
    "", status_code=201, response_model=schemas.WordListOut,
    responses=problems(ValidationFailed),
)  # fmt: skip
async def create_word_list(order: schemas.WordListCreate, desk: Keeper, session: Repeatable) -> Response:
    """Make a list of words, or of domains. Comments are held against it from now on; those that stand are not looked at again."""
    made = schemas.word_list_out(await keeping.create(session, WORD_LISTS, order.model_dump(), by=desk.actor))
    return answer_version(made, status=201, location=f"/v1/moderation/word-lists/{made['id']}")


@router.get("/{word_list_id}", response_model=schemas.WordListOut, responses=problems(WordListNotFound))
async def get_word_list(word_list_id: WordListId, _desk: Keeper, session: Reader) -> Response:
    """Show one list with all its terms."""
    return answer_version(schemas.word_list_out(await keeping.get_kept(session, WORD_LISTS, word_list_id)))


@router.patch("/{word_list_id}", response_model=schemas.WordListOut, responses=_CHANGES)
async def update_word_list(
    word_list_id: WordListId, patch: schemas.WordListUpdate, desk: Keeper, session: Writer, match: IfMatch
) -> Response:
    """Change a list. What was said of comments before stays as it was."""
    found = await keeping.get_kept(session, WORD_LISTS, word_list_id, for_change=True)
    yours = patch.model_dump(exclude_unset=True)
    return answer_version(schemas.word_list_out(await keeping.update(session, WORD_LISTS, found, yours, by=desk.actor, if_match=match)))


@router.delete("/{word_list_id}", status_code=204, responses=_CHANGES)
async def delete_word_list(word_list_id: WordListId, desk: Keeper, session: Writer, match: IfMatch) -> Response:
    """Delete a list for good."""
    found = await keeping.get_kept(session, WORD_LISTS, word_list_id, for_change=True)
    await keeping.delete(session, WORD_LISTS, found, by=desk.actor, if_match=match)
    return Response(status_code=204)
