"""What holds for the discussion of an article, once everybody on the way down to it was heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, or_, select

from app.articles.discussing import Discussion, own_of
from app.articles.models import Article, CommentThread, Publication
from app.articles.records import article_id
from app.articles.visibility import visible_at
from app.core import ids
from app.core.database import ReadSession
from app.discussion.models import SITE, CommentPolicy
from app.discussion.queries import said_above
from app.discussion.rules import DEFAULTS, Said
from app.policies import schemas
from app.policies.kind import Policy
from app.sections.models import Section
from app.sections.schemas import ancestry

FIRST_VERSION = 1
"""That of a policy of which nothing was ever said."""
_HOME = case((Publication.id.is_not(None), Publication.section_id), else_=Article.section_id)
"""Where readers see it; an article that they do not see stands where the newsroom put it."""
_ABOVE = said_above(_HOME)


async def effective(session: ReadSession, article: UUID, at: datetime) -> Policy:
    """What holds for the discussion of an article at the instant `at`, as readers are told it; one statement."""
    statement = select(CommentThread, Publication.first_published_at, _ABOVE)
    statement = statement.join(Article, Article.id == CommentThread.article_id)
    statement = statement.outerjoin(Publication, and_(Publication.article_id == Article.id, visible_at(at)))
    thread, first, above = (await session.execute(statement.where(CommentThread.article_id == article))).one()
    discussion = Discussion.of(thread, above)
    return discussion.rules.policy(discussion.stand(first, at))


@dataclass(frozen=True, slots=True)
class Layer:
    """What is said at one place; `by` names that for the newsroom."""

    by: str
    said: Said


async def layers_above(session: ReadSession, path: str | None) -> list[Layer]:
    """What is said on the way from the site down to the section at `path`, that one included; one statement."""
    statement = select(CommentPolicy.settings, Section.path).outerjoin(Section, Section.id == CommentPolicy.section_id)
    here = or_(CommentPolicy.section_id.is_(None), Section.path.in_(ancestry(path)))
    rows = (await session.execute(statement.where(here))).all()
    return [Layer(row.path or "site", row.settings) for row in sorted(rows, key=lambda row: row.path or "")]


async def find_policy(session: ReadSession, place: Section | None) -> CommentPolicy | None:
    """What is said of the site, or of a section, itself; None where nothing was ever said."""
    return await session.get(CommentPolicy, SITE if place is None else place.id)


async def policy_out(session: ReadSession, place: Section | None) -> dict[str, Any]:
    """The policy of the site or of a section, in wire form; two statements."""
    row = await find_policy(session, place)
    of = "site" if place is None else ids.encode("sec", place.id)
    layers = await layers_above(session, None if place is None else place.path)
    return _out(of, FIRST_VERSION if row is None else row.version, {} if row is None else row.settings, layers)


async def article_policy_out(session: ReadSession, article: Article) -> dict[str, Any]:
    """The policy of a working copy, in wire form; at most three statements."""
    thread = (await session.scalars(select(CommentThread).where(CommentThread.article_id == article.id))).one()
    section = None if article.section_id is None else await session.get_one(Section, article.section_id)
    own = own_of(thread) | ({} if thread.closes_at is None else {"closes_at": thread.closes_at})
    layers = await layers_above(session, None if section is None else section.path)
    return _out(article_id(article.id), article.version, own, [*layers, Layer("article", own)])


def _out(of: str, version: int, own: Said, layers: Sequence[Layer]) -> dict[str, Any]:
    holding = {name: value for layer in layers for name, value in layer.said.items()}
    by = {name: layer.by for layer in layers for name in layer.said}
    return {
        "type": "comment_policy", "of": of, "version": version, "said": schemas.said_out(own), "holds": schemas.holds_out(holding),
        "said_by": {name: by.get(name, "default") for name in (*DEFAULTS, "closes_at")},
    }  # fmt: skip
