"""What holds for the discussion of an article, once everybody on the way down to it was heard."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, case, select

from app.articles.discussing import Discussion
from app.articles.models import Article, CommentThread, Publication
from app.articles.visibility import visible_at
from app.core.database import ReadSession
from app.discussion.queries import said_above
from app.policies.kind import Policy

_HOME = case((Publication.id.is_not(None), Publication.section_id), else_=Article.section_id)
"""Where readers see it; an article that they do not see stands where the newsroom put it."""
_ABOVE = said_above(_HOME)


async def effective(session: ReadSession, article_id: UUID, at: datetime) -> Policy:
    """What holds for the discussion of an article at the instant `at`, as readers are told it; one statement."""
    statement = select(CommentThread, Publication.first_published_at, _ABOVE)
    statement = statement.join(Article, Article.id == CommentThread.article_id)
    statement = statement.outerjoin(Publication, and_(Publication.article_id == Article.id, visible_at(at)))
    thread, first, above = (await session.execute(statement.where(CommentThread.article_id == article_id))).one()
    discussion = Discussion.of(thread, above)
    return discussion.rules.policy(discussion.stand(first, at))
