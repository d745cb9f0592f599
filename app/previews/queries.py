"""Questions about preview links, and what one shows. Nothing here changes anything."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.access.secrets import digest
from app.articles import records, whole
from app.articles.errors import ArticleTakenDown
from app.articles.models import Article
from app.articles.records import References, Wire
from app.articles.working_copy import revisions
from app.authors.kind import AUTHORS
from app.authors.models import Author
from app.body import outline as bodies
from app.catalogue.kinds import Kind
from app.core import clock, ids
from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.events.versions import Content
from app.previews.errors import PreviewNotFound
from app.previews.models import PreviewLink
from app.previews.schemas import SHOWN
from app.sections.models import Section
from app.sections.queries import ancestors_of
from app.sections.schemas import breadcrumbs, stub
from app.tags.kind import TAGS
from app.tags.models import Tag

_NEWEST_FIRST = Keyset((PreviewLink.id,), descending=True)


async def list_links(session: ReadSession, article: UUID, position: Sequence[Any] | None, limit: int) -> Sequence[PreviewLink]:
    """At most `limit` links of an article, the newest first, from behind `position`."""
    mine = select(PreviewLink).where(PreviewLink.article_id == article)
    return (await session.scalars(_NEWEST_FIRST.after(mine, position).limit(limit))).all()


async def get_link(session: ReadSession, article: UUID, link: UUID | None) -> PreviewLink:
    """One link of this article, expired and revoked ones included; raises PreviewNotFound."""
    mine = select(PreviewLink).where(PreviewLink.id == link, PreviewLink.article_id == article)
    found = (await session.scalars(mine)).one_or_none()
    if found is None:
        raise PreviewNotFound
    return found


async def open_link(session: ReadSession, token: str) -> tuple[PreviewLink, Article]:
    """The link behind `token` and the article that it shows; raises PreviewNotFound, ArticleTakenDown."""
    good = (PreviewLink.digest == digest(token), PreviewLink.revoked_at.is_(None), PreviewLink.expires_at > clock.now())
    statement = select(PreviewLink, Article).join(Article, Article.id == PreviewLink.article_id).where(*good, Article.deleted_at.is_(None))
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise PreviewNotFound
    if row.Article.taken_down_at is not None:
        raise ArticleTakenDown
    return row.PreviewLink, row.Article


async def show(session: ReadSession, link: PreviewLink, article: Article) -> Wire:
    """What the link shows: what readers would be shown; raises PreviewNotFound where its revision is kept no more."""
    record = await whole.draft(session, article)
    if link.revision is not None:
        content = await revisions.content_at(session, article, link.revision)
        if content is None:
            raise PreviewNotFound
        record |= await _as_written(session, article, content, link.revision)
    shown = {name: value for name, value in record.items() if name in SHOWN}
    return {**shown, "revision": link.revision, "expires_at": records.moment(link.expires_at)}


async def _as_written(session: ReadSession, article: Article, content: Content, revision: int) -> Wire:
    """What readers would be shown of this content: as it was written, under the names that are true now."""
    refs = await _references(session, content)
    source, words, minutes = content["source"] or {}, *bodies.measure(content["standfirst"], content["body"])
    home = next((one["id"] for one in refs.sections if one["id"] == content["section"]), None)
    row = SimpleNamespace(
        **{**content, "source": None}, version=revision, section_id=home, word_count=words, reading_minutes=minutes,
        source_name=source.get("name"), source_url=source.get("url"), source_category=source.get("category"),
    )  # fmt: skip
    row.published_at = None
    moves = ("id", "status", "published_at", "first_published_at", "updated_at", "comments")
    written = {name: value for name, value in records.summary(row, refs, {}).items() if name not in moves}
    dates = {} if content["published_at"] is None else {"published_at": content["published_at"]}
    body = {"body": content["body"], "outline": bodies.outline(content["body"])}
    return {**written, **dates, **body, "id": records.article_id(article.id)}


async def _references(session: ReadSession, content: Content) -> References:
    """The stubs of what the content refers to; what there is no more is left out."""
    wanted = [ref for ref in (content["section"], *content["other_sections"]) if ref is not None]
    homes = {ids.encode("sec", one.id): one for one in await _found(session, Section, "sec", wanted)}
    refs = References(sections=[stub(homes[ref]) for ref in dict.fromkeys(wanted) if ref in homes])
    home = homes.get(content["section"])
    if home is not None:
        way = await ancestors_of(session, [home])
        refs.crumbs = breadcrumbs(home.path, {path: one.name for path, one in way.items()})[1:]
    authors = await _terms(session, Author, AUTHORS, [credit["author"] for credit in content["authors"]])
    refs.authors = [{**authors[one["author"]], "role": one["role"]} for one in content["authors"] if one["author"] in authors]
    tags = await _terms(session, Tag, TAGS, content["tags"])
    refs.tags = [tags[ref] for ref in content["tags"] if ref in tags]
    return refs


async def _terms(session: ReadSession, model: Any, kind: Kind[Any], refs: Sequence[str]) -> dict[str, Wire]:
    rows = await _found(session, model, kind.prefix, refs)
    own = [{"id": ids.encode(kind.prefix, row.id), "name": row.name, "slug": row.slug, "path": kind.path(row.slug)} for row in rows]
    return {each["id"]: each for each in own}


async def _found(session: ReadSession, model: Any, prefix: str, refs: Sequence[str]) -> Sequence[Any]:
    wanted = {ids.decode(prefix, ref) for ref in refs}
    return (await session.scalars(select(model).where(model.id.in_(wanted)))).all() if wanted else []
