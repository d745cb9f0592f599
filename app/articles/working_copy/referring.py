"""Many working copies that refer to something else from now on. What one alone takes several exchanges for, all of them take together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.articles import reach
from app.articles.filters import WORKING
from app.articles.models import Article
from app.articles.shown.places import sections_in
from app.articles.shown.tags import article_happening
from app.articles.working_copy import assigning, indexing, revisions
from app.articles.working_copy import content as contents
from app.articles.working_copy.slugs import refuse_taken, rivals_of
from app.core import clock, ids, places, search_index
from app.core.database import WriteSession
from app.core.rows import change
from app.events.actions import record
from app.events.models import Actor
from app.events.versions import Content, changed_fields


@dataclass(frozen=True)
class Referring:
    """A working copy that is locked, and what its content was, and is to be; only its sections, authors or tags differ."""

    article: Article
    before: Content
    after: Content

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """The names of the fields that differ."""
        return changed_fields(self.before, self.after)


async def change_references(session: WriteSession, asked: Sequence[Referring], *, by: Actor) -> None:
    """Give each the references that it is to have, as `save_content` would; those that have them are left alone."""
    saved, now = [one for one in asked if one.changed], clock.now()
    to_keep = [(one.article, one.after, one.changed, (one.article.content_version, one.before)) for one in saved]
    for one in saved:
        await reach.demand_places(session, one.before, one.after)
        number = one.article.version + 1
        home = None if one.after["section"] is None else ids.decode("sec", one.after["section"])
        change(session, one.article, version=number, content_version=number, revised_at=now, section_id=home)
        contents.relink(session, one.article.id, one.after)
    await _refuse_taken(session, [one.article for one in saved if "section" in one.changed])
    await revisions.keep_all(session, to_keep, by=by)
    await _find_anew(session, [one.article for one in saved])
    for one in saved:
        about: Any = {"changed": one.changed, "sections": sections_in(one.before, one.after)}
        record(session, article_happening("article.updated", one.article, by, **about))
        assigning.fall_back(session, one.article, by, **about)
    await session.flush()


async def _refuse_taken(session: WriteSession, moved: Sequence[Article]) -> None:
    for home in dict.fromkeys(article.section_id for article in moved):
        places.enter(session, home)
    for article, rivals in zip(moved, await session.ask_all([rivals_of(article) for article in moved]), strict=True):
        refuse_taken(article.slug, rivals)


async def _find_anew(session: WriteSession, articles: Sequence[Article]) -> None:
    """Let search find them by the names that they have now, and by the words that it has of them."""
    owners = [article.id for article in articles]
    names, texts = await indexing.names(session, WORKING, owners), await search_index.texts(session, owners)
    for article in articles:
        lead = indexing.lead_of(article, names[article.id])
        search_index.forget(session, article.id)
        search_index.enter(
            session, article.id, kin=article.id, at=article.revised_at, public=False, title=article.headline, lead=lead,
            text=texts.get(article.id, ""),
        )  # fmt: skip
