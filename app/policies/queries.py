"""What holds for the discussion of an article, once everybody on the way down to it was heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, case, func, or_, select

from app.articles.discussing import Discussion, own_of
from app.articles.models import Article, CommentThread, Publication
from app.articles.records import article_id
from app.articles.visibility import visible_at
from app.core import ids
from app.core.database import ReadSession
from app.core.models import ByteText
from app.core.pagination import Keyset
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
SITE_WIDE = "site"
_PATH = func.coalesce(Section.path, "", type_=ByteText)
BY_PLACE = Keyset((_PATH, CommentPolicy.id), descending=False)


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


async def layers_above(session: ReadSession, *paths: str | None) -> dict[str, Said]:
    """What is said on the way from the site down to the sections at these paths, by its place and from the top down; one statement."""
    statement = select(CommentPolicy.settings, Section.path).outerjoin(Section, Section.id == CommentPolicy.section_id)
    on_the_way = {step for path in paths for step in ancestry(path)}
    here = or_(CommentPolicy.section_id.is_(None), Section.path.in_(on_the_way))
    rows = (await session.execute(statement.where(here))).all()
    return {row.path or SITE_WIDE: row.settings for row in sorted(rows, key=lambda row: row.path or "")}


def _layers(said: Mapping[str, Said], path: str | None) -> list[Layer]:
    """Those of the places on the way down to the section at `path`, that one included."""
    return [Layer(place, said[place]) for place in (SITE_WIDE, *ancestry(path)) if place in said]


async def list_policies(session: ReadSession, position: Sequence[object] | None, limit: int) -> Sequence[Row[Any]]:
    """At most `limit` of the places of which something was said, the site first and sections by their paths, from behind `position`."""
    statement = select(CommentPolicy, _PATH.label("path")).outerjoin(Section, Section.id == CommentPolicy.section_id)
    return (await session.execute(BY_PLACE.after(statement, position).limit(limit))).all()


async def policies_out(session: ReadSession, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Policies in wire form; one statement, however many they are."""
    said = await layers_above(session, *(row.path for row in rows))
    return [_place_out(row.CommentPolicy.section_id, row.path or None, row.CommentPolicy, said) for row in rows]


async def find_policy(session: ReadSession, place: Section | None) -> CommentPolicy | None:
    """What is said of the site, or of a section, itself; None where nothing was ever said."""
    return await session.get(CommentPolicy, SITE if place is None else place.id)


async def policy_out(session: ReadSession, place: Section | None) -> dict[str, Any]:
    """The policy of the site or of a section, in wire form; two statements."""
    row, path = await find_policy(session, place), None if place is None else place.path
    return _place_out(None if place is None else place.id, path, row, await layers_above(session, path))


def _place_out(section: UUID | None, path: str | None, row: CommentPolicy | None, said: Mapping[str, Said]) -> dict[str, Any]:
    of = "site" if section is None else ids.encode("sec", section)
    return _out(of, path, FIRST_VERSION if row is None else row.version, {} if row is None else row.settings, _layers(said, path))


async def article_policy_out(session: ReadSession, article: Article) -> dict[str, Any]:
    """The policy of a working copy, in wire form; at most three statements."""
    thread = (await session.scalars(select(CommentThread).where(CommentThread.article_id == article.id))).one()
    section = None if article.section_id is None else await session.get_one(Section, article.section_id)
    own = own_of(thread) | ({} if thread.closes_at is None else {"closes_at": thread.closes_at})
    path = None if section is None else section.path
    layers = _layers(await layers_above(session, path), path)
    return _out(article_id(article.id), path, article.version, own, [*layers, Layer("article", own)])


def _out(of: str, path: str | None, version: int, own: Said, layers: Sequence[Layer]) -> dict[str, Any]:
    holding = {name: value for layer in layers for name, value in layer.said.items()}
    by = {name: layer.by for layer in layers for name in layer.said}
    return {
        "type": "comment_policy", "of": of, "path": path, "version": version, "said": schemas.said_out(own),
        "holds": schemas.holds_out(holding),
        "said_by": {name: by.get(name, "default") for name in (*DEFAULTS, "closes_at")},
    }  # fmt: skip
