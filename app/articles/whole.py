"""Whole articles: one working copy, and several at a time for those who keep copies of them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import select

from app.articles import inclusions, queries, records
from app.articles.discussing import Discussion
from app.articles.models import Article, CommentThread, Publication
from app.articles.publications import correcting
from app.articles.records import Wire
from app.articles.shown import coverage, listing, posting, prepared, stubs, walks
from app.articles.shown.reading import Reading
from app.articles.visibility import standing, visible_at
from app.core import clock
from app.core.database import ReadSession


async def published(reading: Reading, session: ReadSession, articles: Collection[UUID], at: datetime) -> dict[UUID, Wire]:
    """What readers see of these articles at the moment `at`, as each one's own page shows it; what they do not see is missing."""
    wanted = walks.items(*walks.BODY).where(Publication.article_id.in_(articles), visible_at(at))

    async def read() -> Sequence[Any]:
        return (await session.execute(wanted)).all()

    shown = await reading.shown(read, at) if articles else []
    bodies = await coverage.wholes(reading, shown, at)
    return {
        one.row.article_id: from_json(prepared.paged(one.item, body.body, one.row.outline, one.row.corrections, body.live))
        for one, body in zip(shown, bodies, strict=True)
    }


async def draft(
    session: ReadSession, article: Article, include: Sequence[str] = (), *, near: queries.Surroundings | None = None
) -> Wire:  # fmt: skip
    """One working copy as its own page shows it, with what `include` asks for; what is `near` it is asked where it is not known."""
    at = clock.now()
    near = near or await queries.surroundings(session, article.id)
    extra = await inclusions.load(session, include, [article.id], at)
    await stubs.complete(session, [(article, near.references)], at)
    record = records.working(article, near.references, near.discussion, standing(article, near.history, at), at)
    notes = await correcting.of_articles(session, {article.id: near.history}, at)
    blocks = (await posting.bodies_of(session, [article]))[article.id]
    body = {**record, **records.page(blocks, notes[article.id]), "body_source": article.body_source}
    return listing.add_included(body, article.id, blocks, include, extra)


async def working(session: ReadSession, articles: Collection[UUID], at: datetime) -> dict[UUID, Wire]:
    """The working copies of these articles."""
    joined = select(Article, CommentThread, queries.ABOVE).join(CommentThread, CommentThread.article_id == Article.id)
    rows = (await session.execute(joined.where(Article.id.in_(articles)))).all() if articles else []
    owners = [article.id for article, *_ in rows]
    refs, history = await queries.references_of(session, owners), await queries.histories_of(session, owners)
    bodies = await posting.bodies_of(session, [article for article, *_ in rows])
    await stubs.complete(session, [(article, refs[article.id]) for article, *_ in rows], at)
    notes = await correcting.of_articles(session, history, at)
    return {
        article.id: {
            **records.working(article, refs[article.id], Discussion.of(thread, above), standing(article, history[article.id], at), at),
            **records.page(bodies[article.id], notes[article.id]),
            "body_source": article.body_source,
        }
        for article, thread, above in rows
    }
