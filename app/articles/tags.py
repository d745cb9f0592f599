"""What an article's events are called, whom they concern, and which answers they make untrue."""

from typing import Any

from app.articles.models import Article
from app.core import ids
from app.events.models import Actor, Happening
from app.events.versions import Content

LIST = "articles"


def public_tags(article: Article) -> tuple[str, ...]:
    """The article's own page, and every list it may stand in."""
    return (f"article:{ids.encode('art', article.id)}", LIST)


def article_happening(
    kind: str, article: Article, by: Actor, *, changed: tuple[str, ...] = (), snapshot: Content | None = None,
    public: bool = False, tags: tuple[str, ...] = (), **data: Any,
) -> Happening:  # fmt: skip
    """An event of an article; what readers cannot see is told only to those who may read drafts, and dirties nothing."""
    return Happening(
        kind, "article", article.id, by, tags or (public_tags(article) if public else ()), scope=None if public else "articles:read",
        version=article.version, changed=changed, data=data, snapshot=snapshot,
    )  # fmt: skip
