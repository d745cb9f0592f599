"""The working copy as one document: the form in which it is edited, compared, kept in history and given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import CompoundSelect, Select, Uuid, bindparam, delete, literal_column, null, select, union_all

from app.articles import models
from app.articles.filters import VIEWS, WORKING, View
from app.articles.models import Article, Publication
from app.articles.records import moment, source
from app.articles.schemas import ArticleFields
from app.authors.kind import AUTHORS
from app.authors.models import Author
from app.body import markup, render
from app.body import outline as bodies
from app.body.union import Block, Markup
from app.catalogue.queries import find_terms
from app.core import ids, search_index
from app.core.database import ReadSession, WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.rows import enter_all, enter_unless_taken
from app.events.versions import Content
from app.sections.queries import find_sections
from app.tags.kind import TAGS
from app.tags.models import Tag

_PLAIN = (
    "kind", "genre", "language", "slug", "headline", "kicker", "dek", "standfirst", "byline", "location",
    "canonical_url", "rights", "lead_image", "seo", "body", "body_source", "notes",
)  # fmt: skip


Body = Sequence[BaseModel] | Markup


@dataclass(frozen=True, slots=True)
class Links:
    """What a working copy refers to, as ids, and what its authors and tags are called, for the search index."""

    content: Content
    names: str


async def content_of(session: ReadSession, article: Article) -> Content:
    """Everything that can be edited of `article`; references as ids."""
    return content_with(article, await links_of(session, article.id))


def content_with(article: Article, links: Links) -> Content:
    """The same, where the references are known."""
    return {
        **{name: getattr(article, name) for name in _PLAIN},
        "published_at": moment(article.published_at),
        "source": source(article),
        "section": None if article.section_id is None else ids.encode("sec", article.section_id),
        **links.content,
    }


async def links_of(session: ReadSession, owner: UUID) -> Links:
    """What a working copy refers to, all kinds in one statement."""
    rows = (await session.execute(_LINKS, {"owner": owner})).all()
    found = {prefix: [(ids.encode(prefix, row.target), row) for row in rows if row.prefix == prefix] for prefix in ("sec", "aut", "tag")}
    content: Content = {
        "other_sections": [ref for ref, row in found["sec"] if row.position > 0],
        "authors": [{"author": ref, "role": row.role} for ref, row in found["aut"]],
        "tags": [ref for ref, _ in found["tag"]],
    }
    return Links(content, "".join(f"\n{row.name}" for row in rows if row.prefix != "sec"))


def _linked(prefix: str, table: Any, target: str, model: Any) -> Select[Any]:
    role, name = (table.role if prefix == "aut" else null()), (null() if prefix == "sec" else model.name)
    chosen = select(
        literal_column(f"'{prefix}'").label("prefix"), getattr(table, target).label("target"), table.position.label("position"),
        role.label("role"), name.label("name"),
    )  # fmt: skip
    joined = chosen if prefix == "sec" else chosen.join(model, model.id == getattr(table, target))
    return joined.where(table.owner_id == bindparam("owner", type_=Uuid()))


_LINKS = union_all(
    _linked("sec", WORKING.sections, "section_id", None),
    _linked("aut", WORKING.authors, "author_id", Author),
    _linked("tag", WORKING.tags, "tag_id", Tag),
).order_by("prefix", "position")


async def resolve(session: ReadSession, order: ArticleFields, sent: Content, *, previous: Sequence[Block] = ()) -> Content:
    """What `sent` (the fields of `order` that count) says, with every reference as an id and the body as identified blocks.

    Raises ValidationFailed naming every reference that leads nowhere and every block id that stands twice.
    """
    faults: list[Fault] = []
    found = {name: value for name, value in sent.items() if name not in {"body", "comments", "source_ref"}}
    await _resolve_sections(session, found, faults)
    await _resolve_terms(session, found, faults)
    found |= {name: none_if_empty(found[name]) for name in ("seo", "source") if name in found}
    if "published_at" in found:
        found["published_at"] = moment(order.published_at)
    if "body" in sent:
        _, found["body"] = _read_body(order.body, previous, faults)
        found["body_source"] = order.body.model_dump() if isinstance(order.body, Markup) else None
    if faults:
        raise ValidationFailed(errors=faults)
    return found


def none_if_empty(value: Content | None) -> Content | None:
    """An object in which nothing is said is null, so that it is the same however often it is sent."""
    return value if value and any(part is not None for part in value.values()) else None


async def _resolve_sections(session: ReadSession, found: Content, faults: list[Fault]) -> None:
    pointers = {"#/section": found.get("section")} | {
        f"#/other_sections/{place}": ref for place, ref in enumerate(found.get("other_sections", []))
    }
    known = await find_sections(session, [ref for ref in pointers.values() if ref])
    faults += [_unknown("section", ref, pointer) for pointer, ref in pointers.items() if ref and ref not in known]
    wire = {ref: ids.encode("sec", section.id) for ref, section in known.items()}
    if found.get("section"):
        found["section"] = wire.get(found["section"])
    if "other_sections" in found:
        found["other_sections"] = _once(wire.get(ref) for ref in found["other_sections"])


async def _resolve_terms(session: ReadSession, found: Content, faults: list[Fault]) -> None:
    written = [credit if isinstance(credit, dict) else {"author": credit, "role": "author"} for credit in found.get("authors", [])]
    authors = await find_terms(session, AUTHORS, [credit["author"] for credit in written])
    tags = await find_terms(session, TAGS, found.get("tags", []))
    faults += [
        _unknown("author", credit["author"], f"#/authors/{place}")
        for place, credit in enumerate(written)
        if credit["author"] not in authors
    ]
    faults += [_unknown("tag", ref, f"#/tags/{place}") for place, ref in enumerate(found.get("tags", [])) if ref not in tags]
    if "authors" in found:
        by_author = {AUTHORS.id(authors[credit["author"]]): credit["role"] for credit in written if credit["author"] in authors}
        found["authors"] = [{"author": author, "role": role} for author, role in by_author.items()]
    if "tags" in found:
        found["tags"] = _once(TAGS.id(tags[ref]) for ref in found["tags"] if ref in tags)


def _once(values: Any) -> list[Any]:
    return [value for value in dict.fromkeys(values) if value is not None]


def _unknown(kind: str, ref: str, pointer: str) -> Fault:
    return Fault("unknown_reference", f"There is no {kind} {ref}, or several have this slug.", pointer)


def _read_body(body: Body, previous: Sequence[Block], faults: list[Fault]) -> tuple[list[Any], list[Any]]:
    """The blocks as they were sent, and as they are identified among those that stood there."""
    try:
        sent = bodies.read_body(body)
        return sent, bodies.identify(sent, previous)
    except bodies.DuplicateBlockIds as error:
        faults += [Fault("duplicate_id", f"The block id {one.id} stands twice.", f"#/body{one.pointer}") for one in error.duplicates]
    except markup.TooManyBlocks as error:
        faults.append(Fault("too_long", str(error), "#/body/content"))
    return [], []


def read_blocks(body: Body) -> list[Any]:
    """The blocks that a body says, those sent without an id still without; raises ValidationFailed as `resolve` does."""
    faults: list[Fault] = []
    sent, _ = _read_body(body, (), faults)
    if faults:
        raise ValidationFailed(errors=faults)
    return sent


def raw_html(blocks: Sequence[Any]) -> set[str]:
    """The markup of every raw `html` block of a body; to write it asks for a scope of its own."""
    own = {block["html"] for block in blocks if block["type"] == "html"}
    return own.union(*(raw_html(block["blocks"]) for block in blocks if block["type"] == "live_update"))


async def enter(session: WriteSession, article: Article, content: Content) -> bool:
    """Make the rows of a new article say what `content` says; False, and none are made, where its slug or its source is another's."""
    _write(article, content)
    entered = await enter_unless_taken(session, article)
    if entered:
        await _follow(session, article, content, anew=True)
    return entered


async def apply(session: WriteSession, article: Article, content: Content) -> None:
    """Make the rows of `article` say what `content` says, and what follows from it."""
    _write(article, content)
    await session.flush()
    await _follow(session, article, content, anew=False)


def _write(article: Article, content: Content) -> None:
    for name in _PLAIN:
        setattr(article, name, content[name])
    given = content["source"] or {}
    article.source_name, article.source_url, article.source_category = (
        given.get("name"),
        given.get("url"),
        given.get("category"),
    )
    article.published_at = None if content["published_at"] is None else ArticleFields(published_at=content["published_at"]).published_at
    article.section_id = _uuid("sec", content["section"])
    article.word_count, article.reading_minutes = bodies.measure(content["standfirst"], content["body"])


async def _follow(session: WriteSession, article: Article, content: Content, *, anew: bool) -> None:
    await link(session, WORKING, article.id, content, anew=anew)
    await reindex(session, article.id, article, await names_in(session, WORKING, article.id, content), anew=anew)


async def link(session: WriteSession, view: View, owner: UUID, content: Mapping[str, Any], *, anew: bool, **columns: Any) -> None:
    """Make the references of a working copy or a publication, which has none yet where it is made `anew`, those of `content`.

    `columns` go into each row.
    """
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
        if not anew:
            await session.execute(delete(table).where(table.owner_id == owner))
        await enter_all(session, table, [{**row, **columns, "owner_id": owner} for row in values])


def _uuid(prefix: str, text: str | None) -> UUID | None:
    return None if text is None else ids.decode(prefix, text)


async def names(session: ReadSession, view: View, owners: Sequence[UUID]) -> dict[UUID, str]:
    """The names of the authors and tags of working copies or publications, for the search index."""
    found: dict[UUID, str] = dict.fromkeys(owners, "")
    for owner, name in await session.execute(_NAMES[view], {"owners": owners}):
        found[owner] += f"\n{name}"
    return found


def _named(view: View) -> CompoundSelect[Any]:
    owners = bindparam("owners", expanding=True, type_=Uuid())
    parts = (
        select(links.owner_id, model.name.label("name")).join(model, model.id == getattr(links, target)).where(links.owner_id.in_(owners))
        for links, target, model in ((view.authors, "author_id", Author), (view.tags, "tag_id", Tag))
    )
    return union_all(*parts)


_NAMES = {view: _named(view) for view in VIEWS.values()}


async def names_in(session: ReadSession, view: View, owner: UUID, content: Mapping[str, Any]) -> str:
    """The same of one that says `content`; where that names nobody, nobody is asked."""
    return (await names(session, view, [owner]))[owner] if content["authors"] or content["tags"] else ""


def lead_of(row: Article | Publication | Any, known_names: str) -> str:
    """What counts more than the body and less than the headline."""
    return "\n".join(filter(None, (row.kicker, row.dek, row.standfirst, known_names)))


async def reindex(session: WriteSession, owner: UUID, row: Article | Publication, known_names: str, *, anew: bool) -> None:
    """Enter a working copy or a publication into the search index, for the first time where it is made `anew`."""
    public = isinstance(row, Publication)
    at, kin = (row.published_at, row.article_id) if isinstance(row, Publication) else (row.revised_at, row.id)
    lead, text = lead_of(row, known_names), render.to_text(row.body)
    await search_index.index(session, owner, kin=kin, anew=anew, at=at, public=public, title=row.headline, lead=lead, text=text)


CONTENT_COLUMNS = models.CONTENT_COLUMNS
