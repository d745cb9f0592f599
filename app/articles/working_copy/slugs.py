"""Slugs of articles: made from headlines, and held against every address that leads somewhere, or once did."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Uuid, bindparam, func, or_, select, union, union_all

from app.articles.models import Article, Publication
from app.core.aliases import Alias
from app.core.database import WriteSession
from app.core.errors import Fault, SlugTaken
from app.core.lookups import Asked, Lookup
from app.core.models import ByteText
from app.core.refs import first_free, slug_begins
from app.core.sessions import Ahead
from app.core.text import slugify
from app.sections.models import Section

_LENGTH = 114
"""Of a slug that is made; leaves room for a number."""
RESERVED_SLUGS = frozenset({"by-source"})
"""Words that stand in addresses of ours where a slug could stand."""

_SLUG, _ID, _HOME = bindparam("slug", type_=ByteText), bindparam("id", type_=Uuid()), bindparam("home", type_=Uuid())
_SHOWED = select(Publication.article_id).where(Publication.slug == _SLUG)
_HOLDERS = Lookup(select(Article.id).where(or_(Article.slug == _SLUG, Article.id.in_(_SHOWED))).with_for_update())
_PLACES = (Article.slug, Publication.slug, Section.slug)
_ITSELF = Lookup(union_all(*(select(column).where(column == _SLUG) for column in _PLACES)))
_LIKE = Lookup(union(*(select(column).where(slug_begins(column, _SLUG)) for column in _PLACES)))
_ADDRESS = func.coalesce(select(Section.path).where(Section.id == _HOME).scalar_subquery(), "") + "/" + _SLUG
_RIVALS = Lookup(
    union_all(
        select(Article.slug).where(Article.slug == _SLUG, Article.id != _ID),
        select(Publication.slug).where(Publication.slug == _SLUG, Publication.article_id != _ID),
        select(Section.path).where(Section.path == _ADDRESS),
        select(Alias.address).where(Alias.kind == "section", Alias.address == _ADDRESS),
    )
)


async def free_slug(session: WriteSession, headline: str, holders: Ahead | None) -> str:
    """A slug that no article has or ever showed, and no section has. `holders` is what was asked ahead.

    Where somebody has the slug itself, they are locked, so that those who all want it are numbered one after the other.
    """
    wanted = slugify(headline, _LENGTH)
    if wanted not in await _taken_among(holders or slug_holders(session, headline)):
        return wanted
    session.tell(_HOLDERS, {"slug": wanted})
    return first_free(wanted, await _taken_among(session.ahead(_LIKE, slug=wanted)))


def slug_holders(session: WriteSession, headline: str) -> Ahead:
    """Ask who has the slug that the headline would have. PostgreSQL plans a range of slugs anew each time, this once."""
    return session.ahead(_ITSELF, slug=slugify(headline, _LENGTH))


async def _taken_among(slugs: Ahead) -> frozenset[str]:
    return RESERVED_SLUGS.union(row.slug for row in await slugs.rows())


def rivals_of(article: Article) -> Asked:
    """Who has the slug, or the address, of an article; asked after its row stands, so that the unique index has made others wait."""
    return _RIVALS, {"slug": article.slug, "id": article.id, "home": article.section_id}


def refuse_taken(slug: str, rivals: Sequence[Any]) -> None:
    """Raise SlugTaken for a slug that has rivals, or is a word of ours."""
    if slug in RESERVED_SLUGS:
        raise SlugTaken(f"{slug} is an address of Dateline's own.", errors=[Fault("taken", "Choose another slug.", "#/slug")])
    taken = {row.slug for row in rivals}
    if slug in taken:
        raise slug_taken(slug)
    if taken:
        fault = Fault("taken", "Choose another slug, or another section.", "#/slug")
        raise SlugTaken(f"{taken.pop()} is, or once was, the address of a section.", errors=[fault])


def slug_taken(slug: str) -> SlugTaken:
    """What to raise where another article has that slug, or once had it."""
    fault = Fault("taken", "Choose another, or leave it out to have one made.", "#/slug")
    return SlugTaken(f"The slug {slug} is, or once was, another article's.", errors=[fault])
