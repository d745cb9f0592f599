"""What is said above an article, as part of the statements that find articles."""

from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.discussion.models import CommentPolicy
from app.discussion.rules import BEFORE, BETWEEN
from app.sections.models import Section
from app.sections.queries import below

_HOME, _ABOVE = aliased(Section), aliased(Section)


class _Joined(FunctionElement[str]):
    """The texts of all rows as one. SQLAlchemy's own writes its separator late, which is no use to statements that are written once."""

    type = Text()
    inherit_cache = True
    name = "joined"


@compiles(_Joined, "sqlite")
def _for_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, '')"


@compiles(_Joined, "postgresql")
def _for_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, '')"


def said_above(home: Any) -> ColumnElement[str | None]:
    """Every policy on the way from the site down to the section `home`, as one text (`rules.read`): nothing more has to be asked.

    Policies are few, so that each is held against the place of the section.
    """
    on_the_way = select(_HOME.id).where(_HOME.id == home, or_(_HOME.path == _ABOVE.path, below(_ABOVE.path, _HOME.path)))
    on_the_way = on_the_way.correlate_except(_HOME)
    one = literal(BEFORE) + func.coalesce(_ABOVE.path, "") + literal(BETWEEN) + cast(CommentPolicy.settings, Text())
    all_of_them = select(_Joined(one)).select_from(CommentPolicy).outerjoin(_ABOVE, _ABOVE.id == CommentPolicy.section_id)
    here = or_(CommentPolicy.section_id.is_(None), on_the_way.exists())
    found: ColumnElement[str | None] = all_of_them.where(here).scalar_subquery().label("said_above")
    return found
