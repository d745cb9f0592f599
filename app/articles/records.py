"""From rows to what goes over the wire, without the detour over models: a test holds it equal to the schemas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.articles.discussing import Discussion
from app.articles.models import Article, Publication
from app.articles.visibility import Standing, end_of
from app.authors.kind import AUTHORS
from app.body import outline as bodies
from app.catalogue.kinds import Kind
from app.core import ids
from app.core.schemas import wire_instant
from app.discussion.rules import Stand
from app.tags.kind import TAGS

Wire = dict[str, Any]
_TERMS: dict[str, Kind[Any]] = {"aut": AUTHORS, "tag": TAGS}


@dataclass(slots=True)
class References:
    """The stubs of everything that one article refers to, in the article's order."""

    sections: list[Wire] = field(default_factory=list)
    crumbs: list[Wire] = field(default_factory=list)
    authors: list[Wire] = field(default_factory=list)
    tags: list[Wire] = field(default_factory=list)
    articles: dict[str, Wire] = field(default_factory=dict)
    assignees: list[str] = field(default_factory=list)


def article_id(value: UUID) -> str:
    """An article's id on the wire."""
    return ids.encode("art", value)


def stub(prefix: str, row: Any) -> Wire:
    """What is shown of a section, an author or a tag wherever it is referred to; only a section's `row` has a path of its own."""
    path = row.path if prefix == "sec" else _TERMS[prefix].path(row.slug)
    return {"id": ids.encode(prefix, row.id), "name": row.name, "slug": row.slug, "path": path}


def moment(value: datetime | None) -> str | None:
    """An instant on the wire, or null."""
    return None if value is None else wire_instant(value)


def comments(count: int, stand: Stand) -> Wire:
    """A discussion with so many comments, as it stands."""
    return {"status": stand.state, "count": 0 if stand.state == "disabled" else count, "closes_at": moment(stand.closes_at)}


def summary(row: Article | Publication | Any, refs: References, discussion: Wire) -> Wire:
    """What publications and working copies show alike, without the body and without what belongs to one of them."""
    section = refs.sections[0] if row.section_id is not None and refs.sections else None
    return {
        "id": "",
        "type": "article",
        "kind": row.kind,
        "genre": row.genre,
        "version": row.version,
        "status": "published",
        "slug": row.slug,
        "path": f"{section['path'] if section else ''}/{row.slug}",
        "canonical_url": row.canonical_url,
        "headline": row.headline,
        "kicker": row.kicker,
        "dek": row.dek,
        "standfirst": row.standfirst,
        "byline": row.byline,
        "language": row.language,
        "location": row.location,
        "section": section,
        "other_sections": refs.sections[1:] if section else refs.sections,
        "breadcrumbs": [{"name": "Home", "path": "/"}, *refs.crumbs],
        "authors": refs.authors,
        "tags": refs.tags,
        "lead_image": row.lead_image,
        "word_count": row.word_count,
        "reading_minutes": row.reading_minutes,
        "first_published_at": None,
        "published_at": moment(row.published_at),
        "updated_at": None,
        "comments": discussion,
        "source": source(row),
        "rights": row.rights,
        "seo": row.seo,
        "highlight": None,
    }


def source(row: Any) -> Wire | None:
    """Where an article comes from, or null where nothing is said."""
    found = {"name": row.source_name, "url": row.source_url, "category": row.source_category}
    return found if any(found.values()) else None


def published(row: Publication | Any, refs: References, discussion: Wire) -> Wire:
    """What readers see in lists."""
    dates = {"first_published_at": moment(row.first_published_at), "updated_at": moment(row.updated_at)}
    return {**summary(row, refs, discussion), "id": article_id(row.article_id), **dates}


def page(blocks: Sequence[Wire], corrections: Sequence[Wire]) -> Wire:
    """What the whole article adds to its list item."""
    return {"body": list(blocks), "outline": bodies.outline(list(blocks)), "corrections": list(corrections), "live": None}


def working(article: Article, refs: References, thread: Discussion, stands: Standing, at: datetime) -> Wire:
    """The working copy in lists: with what only the newsroom knows."""
    shown, latest = stands.current or stands.scheduled, stands.latest
    first = latest.first_published_at if latest else None
    ref = None if article.source is None else {"source": article.source, "external_id": article.external_id}
    return {
        **summary(article, refs, comments(thread.row.visible_count, thread.stand(first, at))),
        "id": article_id(article.id),
        "status": stands.status,
        "first_published_at": moment(first),
        "published_at": moment(
            article.published_at or (shown.published_at if shown else None) or (latest.published_at if latest else None)
        ),
        "updated_at": moment(latest.updated_at if latest else None),
        "has_unpublished_changes": shown is None or shown.content_version != article.content_version,
        "scheduled": None if stands.scheduled is None else schedule(stands.scheduled),
        "created_at": moment(article.created_at),
        "revised_at": moment(article.revised_at),
        "source_ref": ref,
        "stage": article.stage,
        "assignees": refs.assignees,
        "notes": article.notes,
        "embargo_until": moment(article.embargo_until),
        "related": [{"kind": one["kind"], "article": refs.articles[one["article"]]} for one in article.related or []],
        "translation_of": None if article.translation_of is None else refs.articles[article_id(article.translation_of)],
        "moderation": thread.rules.said.get("moderation", "post"),
        "deleted_at": moment(article.deleted_at),
        "takedown": takedown(article),
    }


def takedown(article: Article) -> Wire | None:
    """Since when and why readers see nothing of it."""
    if article.taken_down_at is None:
        return None
    return {"at": moment(article.taken_down_at), "reason": article.takedown_reason, "note": article.takedown_note}


def schedule(publication: Any) -> Wire:
    """A publication to come."""
    return {"at": moment(publication.visible_from), "until": moment(end_of(publication))}


def pick(record: Wire, fields: Sequence[str]) -> Wire:
    """Only the named fields, of objects within only the named ones; the id always."""
    if not fields:
        return record
    wanted: dict[str, list[str]] = {"id": []}
    for name in fields:
        head, _, rest = name.partition(".")
        wanted.setdefault(head, []).extend([rest] if rest else [])
    return {name: _within(value, wanted[name]) for name, value in record.items() if name in wanted}


def _within(value: Any, names: Sequence[str]) -> Any:
    if not names or value is None:
        return value
    if isinstance(value, list):
        return [_within(item, names) for item in value]
    return {name: inner for name, inner in value.items() if name in names} if isinstance(value, Mapping) else value
