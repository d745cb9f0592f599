"""The words by which working copies and publications are found, in the search index."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Uuid, bindparam, select, union_all

from app.articles.filters import VIEWS, View
from app.articles.models import Article, Publication
from app.articles.records import References
from app.authors.models import Author
from app.core import search_index
from app.core.database import ReadSession, WriteSession
from app.core.fulltext import Words
from app.core.lookups import Lookup
from app.tags.models import Tag


def names_of(refs: References) -> str:
    """What the authors and tags are called, for the search index."""
    return "".join(f"\n{stub['name']}" for stub in (*refs.authors, *refs.tags))


async def names_in(session: ReadSession, view: View, owner: UUID) -> str:
    """The same of a working copy or a publication whose stubs are not known."""
    return "".join(f"\n{row.name}" for row in await session.ask(_NAMES[view], owner=owner))


async def names(session: ReadSession, view: View, owners: Sequence[UUID]) -> dict[UUID, str]:
    """What the authors and tags of working copies or publications are called, for the search index."""
    found = dict.fromkeys(owners, "")
    among = _named(view, lambda owner: owner.in_(owners))
    for row in await session.execute(among):
        found[row.owner_id] += f"\n{row.name}"
    return found


def _named(view: View, whose: Callable[[Any], ColumnElement[bool]]) -> CompoundSelect[*tuple[Any, ...]]:
    parts = (
        select(links.owner_id, model.name.label("name")).join(model, model.id == getattr(links, target)).where(whose(links.owner_id))
        for links, target, model in ((view.authors, "author_id", Author), (view.tags, "tag_id", Tag))
    )
    return union_all(*parts)


_NAMES = {view: Lookup(_named(view, lambda owner: owner == bindparam("owner", type_=Uuid()))) for view in VIEWS.values()}


def lead_of(row: Article | Publication | Any, known_names: str) -> str:
    """What counts more than the body and less than the headline."""
    return "\n".join(filter(None, (row.kicker, row.dek, row.standfirst, known_names)))


async def reindex(
    session: WriteSession, owner: UUID, row: Article | Publication, known_names: str, body: Words, *, anew: bool
) -> None:  # fmt: skip
    """Enter a working copy or a publication into the search index, for the first time where it is made `anew`."""
    public = isinstance(row, Publication)
    at, kin = (row.published_at, row.article_id) if isinstance(row, Publication) else (row.revised_at, row.id)
    lead = lead_of(row, known_names)
    await search_index.index(session, owner, kin=kin, anew=anew, at=at, public=public, title=row.headline, lead=lead, text=body)


def index_published(session: WriteSession, publication: Publication, known_names: str) -> None:
    """Enter a publication of the working copy as it is now: readers find it by the same words, which are not looked at again."""
    search_index.index_like(
        session, publication.id, like=publication.article_id, kin=publication.article_id, at=publication.published_at, public=True,
        lead=lead_of(publication, known_names),
    )  # fmt: skip
