"""What a list of articles can be asked for, and what that means as conditions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, and_, exists, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.articles import models
from app.articles.models import Article, Publication
from app.articles.schemas import STAGES, STATUSES
from app.articles.visibility import has_status
from app.core.errors import Fault
from app.core.schemas import Instant

_MANY = r"^[^,\s\u0000-\u001f\u007f-\u009f]+(,[^,\s\u0000-\u001f\u007f-\u009f]+)*$"

Many = Annotated[str | None, Field(max_length=4000, pattern=_MANY)]
Text = Annotated[str | None, Field(max_length=4000)]
Moment = Annotated[Instant | None, Field(description="RFC 3339.")]


class ArticleFilters(BaseModel):
    """Filters: `a,b` is any of, different fields must all hold, `[ne]` is none of."""

    model_config = ConfigDict(extra="ignore")

    section: Many = Field(None, description="Sections: id, path or slug; their descendants count too.", examples=["world"])
    section_ne: Many = Field(None, alias="section[ne]", description="None of these sections.")
    descendants: bool = Field(True, description="Whether `section` takes the sections below it too.")
    tag: Many = Field(None, description="Tags: id or slug.", examples=["ferries"])
    tag_ne: Many = Field(None, alias="tag[ne]", description="None of these tags.")
    author: Many = Field(None, description="Authors: id or slug.", examples=["ana-ruiz"])
    author_ne: Many = Field(None, alias="author[ne]", description="None of these authors.")
    kind: Many = Field(None, description="Kinds.", examples=["article"])
    kind_ne: Many = Field(None, alias="kind[ne]", description="None of these kinds.")
    genre: Many = Field(None, description="Genres.", examples=["news,analysis"])
    genre_ne: Many = Field(None, alias="genre[ne]", description="None of these genres.")
    language: Many = Field(None, description="Languages.", examples=["en"])
    language_ne: Many = Field(None, alias="language[ne]", description="None of these languages.")
    source: Text = Field(
        None, description="Names of sources, as in `source.name`; not those of `by-source`.", examples=["North Sound Agency"]
    )
    source_ne: Text = Field(None, alias="source[ne]", description="None of these sources.")
    stage: Many = Field(None, description=f"With `view=draft`: {', '.join(STAGES)}.", examples=["in_review"])
    assignee: Text = Field(None, description="With `view=draft`: who works on it, by name.", examples=["ana"])
    status: Many = Field(None, description=f"With `view=draft`: {', '.join(STATUSES)}; deleted ones show only when asked for.")
    published_at_gte: Moment = Field(None, alias="published_at[gte]", description="Printed at or after.")
    published_at_gt: Moment = Field(None, alias="published_at[gt]", description="Printed after.")
    published_at_lte: Moment = Field(None, alias="published_at[lte]", description="Printed at or before.")
    published_at_lt: Moment = Field(None, alias="published_at[lt]", description="Printed before.")
    first_published_at_gte: Moment = Field(None, alias="first_published_at[gte]", description="First seen at or after.")
    first_published_at_gt: Moment = Field(None, alias="first_published_at[gt]", description="First seen after.")
    first_published_at_lte: Moment = Field(None, alias="first_published_at[lte]", description="First seen at or before.")
    first_published_at_lt: Moment = Field(None, alias="first_published_at[lt]", description="First seen before.")
    updated_at_gte: Moment = Field(None, alias="updated_at[gte]", description="Updated at or after.")
    updated_at_gt: Moment = Field(None, alias="updated_at[gt]", description="Updated after.")
    updated_at_lte: Moment = Field(None, alias="updated_at[lte]", description="Updated at or before.")
    updated_at_lt: Moment = Field(None, alias="updated_at[lt]", description="Updated before.")
    created_at_gte: Moment = Field(None, alias="created_at[gte]", description="With `view=draft`: created at or after.")
    created_at_gt: Moment = Field(None, alias="created_at[gt]", description="With `view=draft`: created after.")
    created_at_lte: Moment = Field(None, alias="created_at[lte]", description="With `view=draft`: created at or before.")
    created_at_lt: Moment = Field(None, alias="created_at[lt]", description="With `view=draft`: created before.")
    revised_at_gte: Moment = Field(None, alias="revised_at[gte]", description="With `view=draft`: changed at or after.")
    revised_at_gt: Moment = Field(None, alias="revised_at[gt]", description="With `view=draft`: changed after.")
    revised_at_lte: Moment = Field(None, alias="revised_at[lte]", description="With `view=draft`: changed at or before.")
    revised_at_lt: Moment = Field(None, alias="revised_at[lt]", description="With `view=draft`: changed before.")

    def given(self) -> dict[str, Any]:
        """The filters that were set, by their name on the wire."""
        fields = type(self).model_fields
        return {fields[name].alias or name: getattr(self, name) for name in self.model_fields_set if getattr(self, name) is not None}


AS_OF = "What readers saw at this moment; or will see, as it is scheduled, which needs a key with `articles:read`. RFC 3339."


class ArticleListing(BaseModel):
    """How a list of articles is answered."""

    model_config = ConfigDict(extra="ignore")

    q: str | None = Field(
        None,
        max_length=500,
        description="Words to be found in headline, dek, standfirst, body, authors or tags, or together in one update of a live blog; "
        '`"a phrase"`, `-without`, `OR`.',
        examples=["ferry -strike"],
    )
    highlight: bool = Field(False, description="With `q`: show in `highlight` where the words were found.")
    sort: str | None = Field(
        None,
        max_length=40,
        description="`published_at`, `updated_at`, `first_published_at`; in drafts `revised_at`, `created_at`; with `q` `relevance`. "
        "A `-` before it turns it round. Default: `-relevance` with `q`, else `-published_at`, in drafts `-revised_at`.",
        examples=["-published_at"],
    )
    limit: int = Field(20, ge=1, le=100, description="The most items a page holds.")
    cursor: str | None = Field(
        None,
        max_length=2000,
        pattern="^[A-Za-z0-9_-]+$",
        description="`page.next_cursor` of the page before; bound to its filters and sort.",
    )
    count: Literal["exact", "estimated"] | None = Field(
        None, description="Adds `page.total`: `exact`, or `estimated` which stops counting at 10,000."
    )
    fields: str | None = Field(
        None,
        max_length=1000,
        description="Only these fields, such as `headline,section.name`; `id` is always there.",
        examples=["headline,section.name"],
    )
    include: str | None = Field(
        None, max_length=200, description="Also `body`, `body_html`, `body_text`, `comments`, `related`.", examples=["body_text"]
    )
    as_of: Moment = Field(None, description=AS_OF, examples=["2026-02-28T16:15:00Z"])
    view: Literal["published", "draft"] = Field(
        "published", description="`draft` shows working copies; it needs a key with `articles:read`."
    )


class ArticleAsked(BaseModel):
    """How one article is answered."""

    model_config = ConfigDict(extra="ignore")

    view: str = Field(
        "published",
        max_length=9,
        pattern="^(published|draft)$",
        description="`draft` shows the working copy; it needs a key with `articles:read`.",
    )
    fields: str | None = Field(
        None, max_length=1000, description="Only these fields, such as `headline,section.name`.", examples=["headline,section.name"]
    )
    include: str | None = Field(
        None, max_length=200, description="Also `body_html`, `body_text`, `comments`, `related`, `translations`.", examples=["body_html"]
    )
    as_of: Moment = Field(None, description=AS_OF, examples=["2026-02-28T16:15:00Z"])


@dataclass(frozen=True, slots=True)
class View:
    """One of the two tables that lists are asked of, with what belongs to it."""

    name: str
    table: type[Article | Publication]
    owner: InstrumentedAttribute[Any]
    article: InstrumentedAttribute[Any]
    sections: Any
    authors: Any
    tags: Any
    moments: tuple[str, ...]
    default_sort: str


PUBLISHED = View(
    "published", Publication, Publication.id, Publication.article_id,
    models.PublicationSection, models.PublicationAuthor, models.PublicationTag,
    ("published_at", "updated_at", "first_published_at"), "-published_at",
)  # fmt: skip
WORKING = View(
    "draft", Article, Article.id, Article.id, models.ArticleSection, models.ArticleAuthor, models.ArticleTag,
    ("revised_at", "created_at"), "-revised_at",
)  # fmt: skip
VIEWS = {view.name: view for view in (PUBLISHED, WORKING)}
REFERRING = {"section": "section_id", "tag": "tag_id", "author": "author_id"}
_PLAIN = {"kind": "kind", "genre": "genre", "language": "language", "source": "source_name", "stage": "stage"}
_NAME = re.compile(r"^(\w+)(?:\[(\w+)\])?$")


def split_name(name: str) -> tuple[str, str]:
    """`published_at[gte]` as field and operator; `eq` where none is written."""
    match = _NAME.match(name)
    return (match[1], match[2] or "eq") if match else (name, "eq")


def values(text: str) -> list[str]:
    """The values of `a,b`, each once: what a condition costs goes by their number."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def faults_of_view(view: View, given: Mapping[str, Any]) -> list[Fault]:
    """Filters that this view does not have."""
    only_in_drafts = {"status", "stage", "assignee", "revised_at", "created_at"}
    only_published = {"published_at", "updated_at", "first_published_at"}
    missing = only_in_drafts if view is PUBLISHED else only_published
    where = "view=draft" if view is PUBLISHED else "view=published"
    wrong = [name for name in given if split_name(name)[0] in missing]
    faults = [Fault("view", f"This filter goes with {where} only.", parameter=name) for name in wrong]
    closed: dict[str, tuple[str, ...]] = {"status": STATUSES, "stage": STAGES}
    return faults + [
        Fault(name, f"'{value[:40]}' is none of {', '.join(known)}.", parameter=name)
        for name, known in closed.items()
        for value in values(given.get(name) or "")
        if value not in known
    ]


def conditions(view: View, given: Mapping[str, Any], found: Mapping[str, Sequence[Any]], at: Any) -> list[ColumnElement[bool]]:
    """The filters as conditions; `found` has the ids behind references, by the filter's name."""
    parts = [_condition(view, name, value, found, at) for name, value in given.items() if name != "descendants"]
    if view is WORKING and "status" not in given:
        parts.append(Article.deleted_at.is_(None))
    return parts


def _condition(view: View, name: str, value: Any, found: Mapping[str, Sequence[Any]], at: Any) -> ColumnElement[bool]:
    field, operator = split_name(name)
    if field == "status":
        return or_(*(has_status(status, at) for status in values(value)))  # type: ignore[arg-type] # checked by faults_of_view
    if field == "assignee":
        mine = select(models.ArticleAssignee.owner_id).where(models.ArticleAssignee.name.in_(values(value)))
        return Article.id.in_(mine)
    if field in REFERRING:
        inside = _is_linked(view, field, found[name])
        return not_(inside) if operator == "ne" else inside
    if field in _PLAIN:
        column = getattr(view.table, _PLAIN[field])
        return or_(column.is_(None), column.not_in(values(value))) if operator == "ne" else column.in_(values(value))
    column = getattr(view.table, field)
    return and_({"gte": column >= value, "gt": column > value, "lte": column <= value, "lt": column < value}[operator])


def _is_linked(view: View, field: str, targets: Sequence[Any]) -> ColumnElement[bool]:
    """Asked of each row while the list is walked in its order; a set of all that are linked would be sorted first."""
    links = getattr(view, f"{field}s")
    return exists(select(links.owner_id).where(links.owner_id == view.owner, getattr(links, REFERRING[field]).in_(targets)))
