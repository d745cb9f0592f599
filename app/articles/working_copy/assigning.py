"""Who works on an article, and how far it is: what stands beside the content of a working copy."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select

from app.articles.models import Article, ArticleAssignee
from app.articles.shown.tags import article_happening
from app.core.database import WriteSession
from app.core.rows import entering
from app.events.actions import record
from app.events.models import Actor, Happening


def assign(session: WriteSession, article: Article, names: Sequence[str]) -> None:
    """Let these, and in this order, work on an article that nobody works on yet."""
    rows = [{"owner_id": article.id, "name": name, "position": place} for place, name in enumerate(dict.fromkeys(names))]
    session.tell_all(entering(ArticleAssignee, rows))


async def assigned(session: WriteSession, article: Article) -> list[str]:
    """Who works on it, in order."""
    mine = select(ArticleAssignee.name).where(ArticleAssignee.owner_id == article.id).order_by(ArticleAssignee.position)
    return list(await session.scalars(mine))


async def reassign(session: WriteSession, article: Article, names: Sequence[str]) -> tuple[str, ...]:
    """Let these work on it instead; the name of what changed."""
    if await assigned(session, article) == list(dict.fromkeys(names)):
        return ()
    await session.execute(delete(ArticleAssignee).where(ArticleAssignee.owner_id == article.id))
    assign(session, article, names)
    return ("assignees",)


def fall_back(session: WriteSession, article: Article, by: Actor, *, changed: Sequence[str], sections: list[str]) -> None:
    """Make what was approved a draft again, where its content has changed."""
    if changed and article.stage == "approved":
        article.stage = "draft"
        record(session, stage_changed(article, by, start="approved", cause="edit", sections=sections))


def stage_changed(article: Article, by: Actor, *, start: str, cause: str, sections: list[str]) -> Happening:
    """The event of a move from `start` to where the article is now."""
    moved: dict[str, Any] = {"from": start, "to": article.stage, "cause": cause, "sections": sections}
    return article_happening("article.stage_changed", article, by, changed=("stage",), **moved)
