"""The newest comments inside an article, for those who ask with `include=comments`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.articles import inclusions
from app.comments import queries
from app.comments.threads import pages
from app.comments.threads.threads import Listing
from app.core.database import ReadSession
from app.core.pagination import Page, cut

ROOTS = 5
REPLIES = 3


def install(key: bytes) -> None:
    """Offer comments to articles: of each the newest, with their first replies, in two statements for all articles.

    `key` signs the cursors that lead on from there to the whole thread.
    """

    async def load(session: ReadSession, articles: Sequence[UUID], _at: datetime) -> dict[UUID, Any]:
        found = await queries.first_roots(session, articles, ROOTS)
        firsts = {article: _page(key, article, found.get(article, [])) for article in articles}
        roots = [row for page in firsts.values() for row in page.rows]
        nested = iter(await pages.nest(session, key, roots, REPLIES))
        return {article: page.wire([next(nested) for _ in page.rows]) for article, page in firsts.items()}

    inclusions.register("comments", load)


def _page(key: bytes, article: UUID, rows: Sequence[Row[Any]]) -> Page[Row[Any]]:
    return cut(rows, ROOTS, Listing(article).pager(key), pages.position_of)
