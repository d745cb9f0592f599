"""Where readers find corrections: of all articles, and of one."""

from fastapi import Request, Response
from pydantic_core import to_json

from app.access.errors import Forbidden
from app.access.guards import Anyone
from app.articles.errors import ArticleNotFound, ArticleTakenDown
from app.articles.filters import values
from app.articles.guards import ArticleRef, AsOf, PublicReading, moment_asked
from app.articles.picking import unknown
from app.articles.records import article_id
from app.core import ids
from app.core.caching import content_etag
from app.core.errors import InvalidParameter
from app.core.http import AppSettings, IfNoneMatch, Router, not_modified, problems, read_query, takes_query
from app.core.lists import Cursor, Limit, next_link
from app.core.pagination import Pager
from app.corrections import queries, schemas

everything = Router(prefix="/v1/corrections", tags=["corrections"])
of_one = Router(prefix="/v1/articles/{ref}/corrections", tags=["corrections"])


@everything.get("", response_model=schemas.CorrectionPage, responses=problems(Forbidden))
@takes_query(schemas.CorrectionFilters)
async def list_corrections(
    request: Request, caller: Anyone, reading: PublicReading, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None,
    as_of: AsOf = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List the corrections of all articles that readers see, the newest first."""
    filters = read_query(schemas.CorrectionFilters, request)
    kinds = values(filters.kind or "")
    faults = [unknown("kind", name, schemas.KINDS) for name in kinds if name not in schemas.KINDS]
    if faults:
        raise InvalidParameter(errors=faults)
    when = moment_asked(caller, as_of)
    asked = queries.Asked(kinds, filters.section, None if filters.article is None else ids.decode("art", filters.article))
    pager = Pager(settings.signing_key, f"corrections {filters} {as_of}")
    found = await queries.list_corrections(reading.then(when), asked, pager, cursor, limit, when.at)
    raw = to_json(found.page.wire(found.page.rows))
    headers = when.headers(content_etag(raw), found.tags, None if when.as_of else found.until) | next_link(request, found.page.next_cursor)
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")


@of_one.get(
    "", response_model=schemas.ArticleCorrections,
    responses=problems(ArticleNotFound, ArticleTakenDown, Forbidden),
)  # fmt: skip
async def list_article_corrections(
    ref: ArticleRef, caller: Anyone, reading: PublicReading, as_of: AsOf = None, if_none_match: IfNoneMatch = None
) -> Response:
    """List the corrections of one article, the oldest first; its own page shows them too."""
    when = moment_asked(caller, as_of)
    shown, until = await reading.page_of(ref, when)
    raw = f'{{"data":{shown.row.corrections or "[]"}}}'.encode()
    headers = when.headers(content_etag(raw, shown.row.version), [f"article:{article_id(shown.row.article_id)}"], until)
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")
