"""What the newsroom says of one article's discussion, and how that is announced."""

from collections.abc import Mapping
from typing import Any

from app.articles import queries
from app.articles.discussing import columns_of, own_of
from app.articles.models import Article
from app.articles.shown.places import Place, moved
from app.articles.shown.prepared import Refs
from app.articles.shown.tags import article_happening, own_tag
from app.articles.visibility import shown_at
from app.core import clock, ids
from app.core.database import WriteSession
from app.events.actions import record
from app.events.models import Actor


async def settle(session: WriteSession, article: Article, wishes: Mapping[str, Any], by: Actor) -> tuple[str, ...]:
    """Change what the article says of its discussion, at once; the names of what changed. Nothing is said where a wish is None."""
    thread = await queries.get_thread_for_change(session, article.id)
    before = {**own_of(thread), "closes_at": thread.closes_at}
    wanted = {name: value for name, value in {**before, **wishes}.items() if value is not None or name == "closes_at"}
    if wanted == before:
        return ()
    for name, value in columns_of(wanted).items():
        setattr(thread, name, value)
    thread.version += 1
    await session.flush()
    await announce_discussion(session, article, by)
    return ("comments",)


async def announce_discussion(session: WriteSession, article: Article, by: Actor) -> None:
    """Tell everybody that the discussion of an article stands otherwise than it did, where readers see the article."""
    now = clock.now()
    history = await queries.history_of(session, article.id)
    shown = shown_at(history, now)
    if shown is not None:
        tags, place = (own_tag(article), f"comments:{ids.encode('art', article.id)}"), Place.of(shown.slug, Refs.read(shown.refs))
        said = await moved(session, place, place)
        record(session, article_happening("article.discussion_changed", article, by, tags=tags, public=True, **said))
