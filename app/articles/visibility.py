"""The one answer to 'may a reader see it?': every public question about articles goes through here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, exists, not_, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.articles.models import Article, LivePosting, Publication
from app.articles.schemas import STAGES, Status
from app.core import clock
from app.core.models import Instant


def visible_at(moment: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a publication is what readers see at `moment`: the only definition of 'public' in the house."""
    return holds_at(Publication, moment)


def holds_at(periods: Any, moment: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a row of `periods`, publications of articles or of whatever else is published as they are, holds at `moment`."""
    return and_(_Plain(periods.visible_from) <= moment, _Plain(periods.visible_until) > moment)


def begun_by(periods: Any, moment: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a row of `periods` holds at `moment`, or held before."""
    return _Plain(periods.visible_from) <= moment


def posted_at(moment: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The same of a live update, for those who see its article: that is asked first."""
    return and_(holds_at(LivePosting, moment), LivePosting.gone.is_(False))


def shown_at(publications: Iterable[Any], moment: datetime) -> Any | None:
    """The same of rows that were read: the one of an article's publications that readers see at `moment`, where there is one."""
    return next((row for row in publications if row.visible_from <= moment < row.visible_until), None)


def turn_at(publications: Sequence[Any], moment: datetime) -> tuple[Any | None, Any | None]:
    """What readers saw until `moment`, and what they see from it on."""
    until = next((row for row in publications if row.visible_from < moment <= row.visible_until), None)
    return until, shown_at(publications, moment)


class _Plain(FunctionElement[datetime]):
    """A column as it is, but no way into its table for SQLite.

    Nearly all publications of a list are visible. SQLite cannot know, begins with an index of these moments, and sorts all that it finds.
    """

    type = Instant()
    inherit_cache = True
    name = "plain"


@compiles(_Plain)
def _as_it_is(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_Plain, "sqlite")
def _for_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an article stands at a moment: what readers see, what they will see, and what they saw first."""

    status: Status
    current: Any | None
    scheduled: Any | None
    latest: Any | None


def standing(article: Article, publications: Sequence[Any], moment: datetime) -> Standing:
    """Derive the standing from the article's publications in the order of `visible_from`; nothing of it is stored."""
    current = shown_at(publications, moment)
    scheduled = next((row for row in publications if moment < row.visible_from < row.visible_until), None)
    seen = [row for row in publications if row.visible_from <= min(moment, article.taken_down_at or moment)]
    return Standing(_status(article, current, scheduled, seen), current, scheduled, seen[-1] if seen else None)


def _status(article: Article, current: Any | None, scheduled: Any | None, seen: Sequence[Any]) -> Status:
    if article.deleted_at is not None:
        return "deleted"
    if article.taken_down_at is not None:
        return "taken_down"
    if current is not None:
        return "published"
    if scheduled is not None:
        return "scheduled"
    return "unpublished" if seen else article.stage  # type: ignore[return-value] # a stage is a status too


def has_status(status: Status, moment: datetime) -> ColumnElement[bool]:
    """The same derivation as a condition on articles."""
    mine = select(Publication.id).where(Publication.article_id == Article.id)
    current, scheduled = exists(mine.where(visible_at(moment))), exists(mine.where(Publication.visible_from > moment))
    seen, deleted, taken = exists(mine.where(Publication.visible_from <= moment)), Article.deleted_at.is_not(None), _taken_down()
    away = or_(deleted, taken)
    if status in STAGES:
        return and_(not_(or_(away, scheduled)), not_(seen), Article.stage == status)
    return {
        "deleted": deleted,
        "taken_down": and_(not_(deleted), taken),
        "published": and_(not_(away), current),
        "scheduled": and_(not_(away), not_(current), scheduled),
        "unpublished": and_(not_(or_(away, current, scheduled)), seen),
    }[status]


def _taken_down() -> ColumnElement[bool]:
    return Article.taken_down_at.is_not(None)


def is_taken_down() -> ColumnElement[bool]:
    """Whether an article was taken down that readers have seen before: they are told so, instead of that there is none."""
    seen = select(Publication.id).where(Publication.article_id == Article.id, Publication.visible_from <= Article.taken_down_at)
    return and_(_taken_down(), exists(seen))


def end_of(publication: Any) -> datetime | None:
    """When readers stop seeing it; None where no end is set."""
    return None if publication.visible_until == clock.FOREVER else publication.visible_until
