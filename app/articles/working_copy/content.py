"""The working copy as one document: the form in which it is edited, compared, kept in history and given back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    Uuid,
    bindparam,
    delete,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)

from app.articles import models
from app.articles.filters import WORKING, View
from app.articles.models import Article
from app.articles.records import References, moment, source
from app.articles.schemas import ArticleFields
from app.articles.working_copy import indexing, inflow, relations
from app.articles.working_copy.targets import Targets, find_targets, hold
from app.body import markup
from app.body import outline as bodies
from app.body.union import Block, Markup, kind_of
from app.core import ids
from app.core.database import ReadSession, WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.fulltext import Words
from app.core.lookups import Lookup
from app.core.models import table_of
from app.core.rows import entering
from app.events.versions import Content

_PLAIN = (
    "kind", "genre", "language", "slug", "headline", "kicker", "dek", "standfirst", "byline", "location",
    "canonical_url", "rights", "lead_image", "seo", "body", "body_source", "notes",
)  # fmt: skip
_MOMENTS = ("published_at", "embargo_until")

EDITABLE = (
    *(name for name in _PLAIN if name != "body_source"),
    *_MOMENTS, "source", "section", "other_sections", "authors", "tags", "related", "translation_of",
)  # fmt: skip
"""The fields of a content; the original of a body goes with the body."""

Body = Sequence[BaseModel] | Markup


async def content_of(session: ReadSession, article: Article) -> Content:
    """Everything that can be edited of `article`; references as ids."""
    return {**_own(article), **_links(await session.ask(_LINKS, owner=article.id))}


def _own(article: Article) -> Content:
    return {
        **{name: getattr(article, name) for name in _PLAIN},
        **{name: moment(getattr(article, name)) for name in _MOMENTS},
        "source": source(article),
        "section": None if article.section_id is None else ids.encode("sec", article.section_id),
        "related": article.related or [],
        "translation_of": None if article.translation_of is None else ids.encode("art", article.translation_of),
    }


def said_of(article: Article, refs: References) -> Content:
    """The same, of an article whose stubs are known."""
    sections = [stub["id"] for stub in refs.sections]
    links = {
        "other_sections": sections[1:] if article.section_id is not None else sections,
        "authors": [{"author": stub["id"], "role": stub["role"]} for stub in refs.authors],
        "tags": [stub["id"] for stub in refs.tags],
    }
    return {**_own(article), **links}


async def contents_of(session: ReadSession, articles: Sequence[Article]) -> dict[UUID, Content]:
    """The same of many, with one statement for all that they refer to."""
    rows: dict[UUID, list[Any]] = {article.id: [] for article in articles}
    for row in await session.execute(_linking(lambda owner: owner.in_(rows))):
        rows[row.owner_id].append(row)
    return {article.id: {**_own(article), **_links(rows[article.id])} for article in articles}


def _links(rows: Sequence[Any]) -> Content:
    found = {prefix: [(ids.encode(prefix, row.target), row) for row in rows if row.prefix == prefix] for prefix in ("sec", "aut", "tag")}
    return {
        "other_sections": [ref for ref, row in found["sec"] if row.position > 0],
        "authors": [{"author": ref, "role": row.role} for ref, row in found["aut"]],
        "tags": [ref for ref, _ in found["tag"]],
    }


_Whose = Callable[[Any], ColumnElement[bool]]


def _linked(prefix: str, table: Any, target: str, whose: _Whose) -> Select[Any]:
    role = table.role if prefix == "aut" else type_coerce(null(), Text())
    kind = literal_column(f"'{prefix}'", Text()).label("prefix")
    columns = (kind, getattr(table, target).label("target"), table.position.label("position"), role.label("role"), table.owner_id)
    return select(*columns).where(whose(table.owner_id))


def _linking(whose: _Whose) -> CompoundSelect[*tuple[Any, ...]]:
    """What working copies refer to, all kinds in one statement."""
    return union_all(
        _linked("sec", WORKING.sections, "section_id", whose),
        _linked("aut", WORKING.authors, "author_id", whose),
        _linked("tag", WORKING.tags, "tag_id", whose),
    ).order_by("prefix", "position")


_OWNER = bindparam("owner", type_=Uuid())
_LINKS = Lookup(_linking(lambda owner: owner == _OWNER))
_UNLINKING = [
    Lookup(delete(table_of(table)).where(table_of(table).c.owner_id == _OWNER))
    for table in (WORKING.sections, WORKING.authors, WORKING.tags)
]


class Resolved(NamedTuple):
    """What was sent, as a content, and what it refers to."""

    content: Content
    known: Targets


async def resolve(
    session: WriteSession, order: ArticleFields, sent: Content, *, previous: Sequence[Block] = (), reserved: Sequence[str] = (),
    updates: Sequence[Block] | None = None,
) -> Resolved:  # fmt: skip
    """What `sent` (the fields of `order` that count) says, with every reference as an id and the body as identified blocks.

    No new block gets an id that is `reserved`. `updates` are those that a live blog has; None where it is none.

    Raises ValidationFailed naming every reference that leads nowhere and every block id that stands twice.
    """
    faults: list[Fault] = []
    found = {name: value for name, value in sent.items() if name not in {"body", "comments", "source_ref", "assignees"}}
    if "authors" in found:
        found["authors"] = [_credit(written) for written in found["authors"]]
    sections = [ref for ref in [found.get("section"), *found.get("other_sections", [])] if ref]
    authors = [credit["author"] for credit in found.get("authors", [])]
    writers = inflow.writers_in(order.body) if "body" in sent else []
    known = await find_targets(session, sections=sections, authors=[*authors, *writers], tags=found.get("tags", []))
    known = replace(known, authors=await hold(session, known.authors)) if writers else known
    _resolve_sections(found, known.sections, faults)
    _resolve_terms(found, known, faults)
    await relations.resolve(session, found, faults)
    found |= {name: none_if_empty(found[name]) for name in ("seo", "source") if name in found}
    found |= {name: moment(getattr(order, name)) for name in _MOMENTS if name in found}
    if "body" in sent:
        completed = partial(_with_updates, known=known, faults=faults, updates=updates)
        found["body"] = await _read_body(order.body, previous, faults, completed, [*reserved, *bodies.ids_of(updates or ())])
        found["body_source"] = order.body.model_dump() if isinstance(order.body, Markup) else None
    if faults:
        raise ValidationFailed(errors=faults)
    return Resolved(found, known)


def none_if_empty(value: Content | None) -> Content | None:
    """An object in which nothing is said is null, so that it is the same however often it is sent."""
    return value if value and any(part is not None for part in value.values()) else None


def _resolve_sections(found: Content, known: Mapping[str, str], faults: list[Fault]) -> None:
    pointers = {"#/section": found.get("section")} | {
        f"#/other_sections/{place}": ref for place, ref in enumerate(found.get("other_sections", []))
    }
    faults += [_unknown("section", ref, pointer) for pointer, ref in pointers.items() if ref and ref not in known]
    if found.get("section"):
        found["section"] = known.get(found["section"])
    if "other_sections" in found:
        found["other_sections"] = _once(known.get(ref) for ref in found["other_sections"])


def _resolve_terms(found: Content, known: Targets, faults: list[Fault]) -> None:
    written = found.get("authors", [])
    faults += [
        _unknown("author", credit["author"], f"#/authors/{place}")
        for place, credit in enumerate(written)
        if credit["author"] not in known.authors
    ]
    faults += [_unknown("tag", ref, f"#/tags/{place}") for place, ref in enumerate(found.get("tags", [])) if ref not in known.tags]
    if "authors" in found:
        by_author = {known.authors[credit["author"]]: credit["role"] for credit in written if credit["author"] in known.authors}
        found["authors"] = [{"author": author, "role": role} for author, role in by_author.items()]
    if "tags" in found:
        found["tags"] = _once(known.tags.get(ref) for ref in found["tags"])


def _credit(written: Any) -> Content:
    return written if isinstance(written, dict) else {"author": written, "role": "author"}


def _once(values: Any) -> list[Any]:
    return [value for value in dict.fromkeys(values) if value is not None]


def _unknown(kind: str, ref: str, pointer: str) -> Fault:
    or_many = ", or several have this slug" if kind == "section" else ""
    return Fault("unknown_reference", f"There is no {kind} {ref}{or_many}.", pointer)


def _with_updates(blocks: list[Block], *, known: Targets, faults: list[Fault], updates: Sequence[Block] | None) -> None:
    inflow.credited(blocks, known.authors, faults, live=updates is not None)
    if updates is not None:
        inflow.named(blocks, updates, faults)


async def _read_body(
    body: Body, previous: Sequence[Block], faults: list[Fault], completed: Callable[[list[Block]], None], reserved: Sequence[str] = ()
) -> list[Any]:
    """The blocks as they are identified among those that stood there."""
    try:
        sent = await bodies.read_aside(body)
        completed(sent)
        return bodies.identify(sent, previous, reserved=reserved)
    except bodies.DuplicateBlockIds as error:
        faults += [Fault("duplicate_id", f"The block id {one.id} stands twice.", f"#/body{one.pointer}") for one in error.duplicates]
    except markup.TooManyBlocks as error:
        faults.append(Fault("too_long", str(error), "#/body/content"))
    return []


async def read_blocks(body: Body, *, live: bool) -> list[Any]:
    """The blocks of a part of a body, those sent without an id still without; raises ValidationFailed as `resolve` does.

    Where the article is `live`, its updates are rows, which stand in no part.
    """
    faults, sent = list[Fault](), list[Any]()
    await _read_body(body, (), faults, sent.extend)
    if live:
        inflow.refuse_updates(sent, faults)
    else:
        inflow.credited(sent, {}, faults, live=False)
    if faults:
        raise ValidationFailed(errors=faults)
    return sent


def raw_html(blocks: Sequence[Any]) -> set[str]:
    """The markup of every raw `html` block of a body; to write it asks for a scope of its own."""
    own = {block["html"] for block in blocks if block["type"] == "html"}
    return own.union(*(raw_html(block["blocks"]) for block in blocks if block["type"] == "live_update"))


async def raw_html_sent(body: Body) -> set[str]:
    """The same of live updates in a body that was sent, which may have become rows."""
    updates = [] if isinstance(body, Markup) else [block for block in body if kind_of(block) == "live_update"]
    return raw_html(await bodies.read_aside(updates))


def fill(article: Article, content: Content, body: Words) -> None:
    """Make the row of an article that is to be entered say what `content` says, with a body of these words."""
    article.__dict__.update(_columns(content, body))  # It is new: nobody has to notice.


async def apply(session: WriteSession, article: Article, content: Content) -> None:
    """Make the rows of `article` say what `content` says, and what follows from it."""
    body = await bodies.words_aside(content["body"])
    for name, value in _columns(content, body).items():
        setattr(article, name, value)
    await session.flush()
    relink(session, article.id, content)
    await indexing.reindex(session, article.id, article, await indexing.names_in(session, WORKING, article.id), body, anew=False)


def relink(session: WriteSession, owner: UUID, content: Content) -> None:
    """Make the references of a working copy those of `content`, in the place of what they were."""
    session.tell_all([(unlinking, {"owner": owner}) for unlinking in _UNLINKING])
    link(session, WORKING, owner, content)


def _columns(content: Content, body: Words) -> dict[str, Any]:
    """What the columns of an article say of a content."""
    given = content["source"] or {}
    word_count, reading_minutes = bodies.measured(content["standfirst"], body)
    return {
        **{name: content[name] for name in _PLAIN},
        **{f"source_{name}": given.get(name) for name in ("name", "url", "category")},
        # What was kept before there was such a field does not name it.
        **{name: None if content.get(name) is None else datetime.fromisoformat(content[name]) for name in _MOMENTS},
        "section_id": _uuid("sec", content["section"]),
        "related": content["related"] or None,
        "translation_of": _uuid("art", content["translation_of"]),
        "word_count": word_count,
        "reading_minutes": reading_minutes,
    }


def link(session: WriteSession, view: View, owner: UUID, content: Mapping[str, Any], **columns: Any) -> None:
    """Make the references of a working copy or a publication, which has none, those of `content`; `columns` go into each row."""
    sections = [section for section in [content["section"], *content["other_sections"]] if section]
    first = 0 if content["section"] else 1
    rows = {
        view.sections: [{"section_id": _uuid("sec", ref), "position": first + place} for place, ref in enumerate(dict.fromkeys(sections))],
        view.authors: [
            {"author_id": _uuid("aut", one["author"]), "role": one["role"], "position": place}
            for place, one in enumerate(content["authors"])
        ],
        view.tags: [{"tag_id": _uuid("tag", ref), "position": place} for place, ref in enumerate(content["tags"])],
    }
    for table, values in rows.items():
        session.tell_all(entering(table, [{**row, **columns, "owner_id": owner} for row in values]))


def _uuid(prefix: str, text: str | None) -> UUID | None:
    return None if text is None else ids.decode(prefix, text)


CONTENT_COLUMNS = models.CONTENT_COLUMNS
