"""How far a key reaches that keeps to some sections: the one answer to 'may it work on this article?'. Whoever finds one asks it.

An article is within a section where the section that makes its address is that one or stands below it, in the working copy, as the tree
is at this moment. One that stands in no section is within none.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select, true
from sqlalchemy.orm import aliased

from app.access.bounds import bounds, sections_of
from app.access.errors import OutsideSections
from app.articles.errors import ArticleNotFound
from app.articles.models import Article, Publication
from app.articles.visibility import visible_at
from app.core import clock, ids
from app.core.database import ReadSession
from app.events.versions import Content
from app.sections.models import Section
from app.sections.queries import below

_TOP = aliased(Section)
_OUTSIDE = "The article stands outside the sections that your key keeps to."


def within(home: Any) -> ColumnElement[bool] | None:
    """Whether the section `home` of a row is one that the caller may work in, as a condition; None where they may in all."""
    kept = bounds().sections
    return None if kept is None else home.in_(_sections(kept))


def _sections(kept: frozenset[UUID]) -> Select[UUID]:
    return select(Section.id).join(_TOP, or_(Section.id == _TOP.id, below(_TOP.path))).where(_TOP.id.in_(kept))


def held_by(article: Any, keys: Sequence[Sequence[Any] | None]) -> ColumnElement[bool]:
    """Whether one of several keys, each of which keeps to these sections or to none, may work on the article with the id `article`."""
    if None in keys:
        return true()
    kept = sections_of(ref for sections in keys if sections is not None for ref in sections)
    reached: ColumnElement[bool] = article.in_(select(Article.id).where(Article.section_id.in_(_sections(kept))))
    return reached


async def demand(session: ReadSession, article: Article, called: str) -> None:
    """Raise where the caller may not work on `article`: OutsideSections where readers see it, else as if it were not there."""
    if bounds().sections is None or await _holds(session, {article.section_id}):
        return
    if await session.scalar(select(exists().where(Publication.article_id == article.id, visible_at(clock.now())))):
        raise OutsideSections(_OUTSIDE)
    raise ArticleNotFound(f"There is no article {called}.")


async def holds(session: ReadSession, article: UUID) -> bool:
    """Whether the caller may work on the article with this id."""
    condition = within(Article.section_id)
    if condition is None:
        return True
    return bool(await session.scalar(select(exists().where(Article.id == article, condition))))


async def demand_places(session: ReadSession, before: Content | None, after: Content) -> None:
    """Raise OutsideSections where a change would put the article into a section that the caller may not work in, or take it out of one."""
    if bounds().sections is None:
        return
    others = set(after["other_sections"]).symmetric_difference(() if before is None else before["other_sections"])
    touched = {after["section"], *others}
    if before is None or before["section"] != after["section"] or others:
        places = {None if ref is None else ids.decode("sec", ref) for ref in touched}
        if not await _holds(session, places):
            raise OutsideSections("It would stand in, or leave, a section that your key does not keep to.")


async def _holds(session: ReadSession, homes: set[UUID | None]) -> bool:
    """Whether the caller may work in every one of the sections."""
    kept = bounds().sections
    if kept is None:
        return True
    wanted = {home for home in homes if home is not None}
    if not kept or len(wanted) < len(homes):
        return False
    return set(await session.scalars(_sections(kept).where(Section.id.in_(wanted)))) == wanted
