"""What an article's events are called, whom they concern, and which answers they make untrue."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, update

from app.articles.models import Article, LivePosting
from app.articles.shown.prepared import Refs
from app.core import clock, ids
from app.core.lookups import Asked, Lookup
from app.core.models import Instant, table_of
from app.events.models import NUMBER, Actor, Happening

LIVE_BLOG = "live_blog"
LIST = "articles"
"""Lists of all articles; `articles:sec_…`, `articles:aut_…` and `articles:tag_…` are those of a section, an author or a tag."""
_MOST_MEMBERSHIPS = 30
"""A list of more sections than this is purged with all lists: its tags would not fit into a header."""


def membership_tags(found: Mapping[str, Sequence[UUID]]) -> list[str]:
    """The tags of whatever could put an article into a list, or take one out: of its narrowest filter, or of all articles.

    `found` are the ids behind each of its filters.
    """
    for kind, prefix in (("author", "aut"), ("tag", "tag"), ("section", "sec")):
        if 0 < len(found.get(kind, ())) <= _MOST_MEMBERSHIPS:
            return [f"{LIST}:{ids.encode(prefix, target)}" for target in found[kind]]
    return [LIST]


def tags_of_items(rows: Sequence[Any], *, comments: bool) -> list[str]:
    """Every answer that shows these publications, with their `comments` or without."""
    kinds = ("article", "comments") if comments else ("article",)
    return [f"{kind}:{ids.encode('art', row.article_id)}" for row in rows for kind in kinds]


def own_tag(article: Article) -> str:
    """Every answer that shows the article."""
    return f"article:{ids.encode('art', article.id)}"


LIVE = "live"
"""Searches: an update of any live blog may be what is looked for."""


def live_tag(article: Article) -> str:
    """Every answer that shows live updates of the article; lists that only name it are not among them."""
    return f"live:{ids.encode('art', article.id)}"


def reference_tag(article: UUID) -> str:
    """Every answer that refers to the article, or to the group of its translations, and would show it if readers saw it.

    It is a digest: the id of what readers do not see is not told.
    """
    return f"ref:{hashlib.blake2b(article.bytes, digest_size=9).hexdigest()}"


def public_tags(article: Article, shown: Iterable[Refs], *, originals: Iterable[UUID | None] = ()) -> tuple[str, ...]:
    """The article's own page, what refers to it, and every list it stood or stands in, by what it is `shown` with: before and after.

    `originals` are those that it is or was shown as a translation of.
    """
    referring = dict.fromkeys(one for one in (article.id, article.translation_of, *originals) if one is not None)
    lists = dict.fromkeys(f"{LIST}:{ref}" for refs in shown for ref in refs.all())
    return (own_tag(article), LIST, *map(reference_tag, referring), *lists)


def article_happening(
    kind: str, article: Article, by: Actor, *, changed: tuple[str, ...] = (), public: bool = False,
    tags: tuple[str, ...] = (), **data: Any,
) -> Happening:  # fmt: skip
    """An event of an article; what readers cannot see is told only to those who may read drafts, and dirties nothing."""
    lives = public and article.kind == LIVE_BLOG
    return Happening(
        kind, "article", article.id, by, (*tags, *([live_tag(article)] if lives else [])) if public else (),
        scope=None if public else "articles:read", version=article.version, changed=changed, data=data,
        stamps=stamps(article) if lives else (),
    )  # fmt: skip


_STAMP = Lookup(
    update(table_of(LivePosting))
    .where(
        LivePosting.article_id == bindparam("article", type_=Uuid()),
        LivePosting.seq.is_(None),
        LivePosting.visible_from <= bindparam("at", type_=Instant()),
    )
    .values(
        {"seq": NUMBER} | {name: func.coalesce(table_of(LivePosting).c[name], NUMBER) for name in ("shown_seq", "content_seq", "place_seq")}
    )
)


def stamps(article: Article) -> tuple[Asked, ...]:
    """What gives the number of an event to what readers see by now of the article's live updates, and had none."""
    return ((_STAMP, {"article": article.id, "at": clock.now()}),)
