"""Where articles are moved from stage to stage, and notes about them read and written."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response

from app.access.guards import Caller, require
from app.articles import whole
from app.articles.errors import ArticleDeleted, ArticleNotFound
from app.articles.guards import CHANGES, ArticleRef, Reporter
from app.articles.models import Article
from app.articles.queries import get_article
from app.articles.schemas import ArticleDraft
from app.core import clock, ids
from app.core.caching import PRIVATE
from app.core.database import ReadSession
from app.core.http import AppSettings, IfMatch, Reader, Repeatable, Router, Writer, answer, answer_version, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.workflow import actions, queries, schemas
from app.workflow.errors import NoteNotFound, StageMoveImpossible

router = Router(prefix="/v1/articles/{ref}", tags=["workflow"])
Mover = Annotated[Caller, Depends(require("articles:write", "articles:approve"))]
Insider = Annotated[Caller, Depends(require("articles:read"))]
NoteId = Annotated[
    str, Path(pattern=ids.pattern("not"), max_length=40, description="The note's id.", examples=["not_01m82536fhesjaqzv7y0v141hx"])
]

_NOTING = (ArticleNotFound,)


@router.post("/stage", response_model=ArticleDraft, responses=problems(*CHANGES, StageMoveImpossible))
async def move_article(ref: ArticleRef, order: schemas.StageOrder, desk: Mover, session: Repeatable, match: IfMatch) -> Response:
    """Move an article to another stage of its way: `draft`, `in_review`, `approved`. Which moves take which scope stands in one table."""
    article = await get_article(session, ref, for_change=True)
    return answer_version(await _working(session, await actions.move(session, article, order.to, order.message, desk=desk, if_match=match)))


async def _working(session: ReadSession, article: Article) -> dict[str, Any]:
    return (await whole.working(session, [article.id], clock.now()))[article.id]


@router.get("/notes", response_model=schemas.NotePage, responses=problems(*_NOTING))
async def list_notes(
    request: Request, ref: ArticleRef, _desk: Insider, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List what the newsroom noted about an article, the oldest first. Notes never leave: no reader, preview or feed sees one."""
    article = await get_article(session, ref)
    pager = Pager(settings.signing_key, f"notes:{article.id}")
    rows = await queries.list_notes(session, article.id, pager.decode(cursor) if cursor else None, limit + 1)
    page = cut(rows, limit, pager, lambda note: [note.id])
    return private_list_answer(request, page.wire([schemas.note_out(note) for note in page.rows]))


@router.post(
    "/notes", status_code=201, response_model=schemas.NoteOut,
    responses=problems(*_NOTING, ArticleDeleted),
)  # fmt: skip
async def add_note(ref: ArticleRef, order: schemas.NoteCreate, desk: Reporter, session: Repeatable) -> Response:
    """Note something about an article, or about one block of it, for the newsroom only. The article's version stays."""
    article = await get_article(session, ref, for_change=True)
    note = schemas.note_out(await actions.add_note(session, article, order.text, order.block, by=desk.actor))
    return answer(note, status=201, headers={**PRIVATE, "Location": f"/v1/articles/{ids.encode('art', article.id)}/notes"})


@router.delete("/notes/{note_id}", status_code=204, responses=problems(*_NOTING, NoteNotFound))
async def delete_note(ref: ArticleRef, note_id: NoteId, desk: Reporter, session: Writer) -> Response:
    """Remove a note for good."""
    article = await get_article(session, ref, for_change=True)
    note = await queries.get_note(session, article.id, ids.decode("not", note_id))
    await actions.delete_note(session, article, note, by=desk.actor)
    return Response(status_code=204)
