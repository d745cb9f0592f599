"""The saved states of working copies: who made each, when, through what and why; content that is the same is kept once.

Written with the change itself, in its transaction. What an older version of the program noted in the log alone is moved here when an
article's history is first needed (`settle`).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, ForeignKeyConstraint, Index, Uuid, and_, bindparam, literal, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.articles.models import Article
from app.core import clock, context, ids
from app.core.database import ReadSession, WriteSession
from app.core.lookups import Asked, Lookup
from app.core.models import Base, Instant, short_text, table_of
from app.core.rows import entering, entering_unless_taken
from app.events.models import SYSTEM, Actor, Event
from app.events.versions import Content


class ArticleContent(Base):
    """Everything that can be edited of an article, as it once was; under its digest, so that the same is kept once."""

    __tablename__ = "article_contents"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(short_text(), primary_key=True)
    content: Mapped[dict[str, Any]]


class Revision(Base):
    """One saved state of a working copy; its number is the version at which the content became this.

    `replaced_by` is the number of the revision that followed. The next one that is still known need not be that one.
    """

    __tablename__ = "article_revisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["article_id", "digest"], ["article_contents.article_id", "article_contents.digest"], ondelete="CASCADE",
        ),
        Index(None, "article_id", "digest"),
    )  # fmt: skip

    article_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(default=ids.new)
    digest: Mapped[str] = mapped_column(short_text())
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(short_text())
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None]
    request_id: Mapped[str] = mapped_column(short_text())
    message: Mapped[str | None]
    changed: Mapped[list[Any]]
    restored_from: Mapped[int | None]
    replaced_by: Mapped[int | None]
    replaced_at: Mapped[datetime | None] = mapped_column(index=True)

    @classmethod
    def kept_as(cls) -> ColumnElement[bool]:
        """Joins revisions to their contents."""
        return and_(ArticleContent.article_id == cls.article_id, ArticleContent.digest == cls.digest)


_ARTICLE, _NUMBER = bindparam("article", type_=Uuid()), bindparam("number", type_=BigInteger())
_REPLACED = Lookup(
    update(table_of(Revision))
    .where(Revision.article_id == _ARTICLE, Revision.number == _NUMBER)
    .values(replaced_by=bindparam("by", type_=BigInteger()), replaced_at=bindparam("moment", type_=Instant()))
    .returning(table_of(Revision).c.number)
)
_CONTENT_AT = Lookup(
    select(Revision.number, ArticleContent.content, Revision.replaced_by)
    .join(ArticleContent, Revision.kept_as())
    .where(Revision.article_id == _ARTICLE, Revision.number <= _NUMBER)
    .order_by(Revision.number.desc())
    .limit(1)
)
_SETTLED = Lookup(
    select(
        select(literal(1)).where(Event.object_id == _ARTICLE, Event.snapshot.is_not(None)).limit(1).scalar_subquery().label("in_the_log"),
        select(Revision.number).where(Revision.article_id == _ARTICLE, Revision.number == _NUMBER).scalar_subquery().label("present"),
    )
)


def digest_of(content: Content) -> str:
    """The name of a content: equal ones have the same, in whatever order their fields stand."""
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


async def keep(
    session: WriteSession, article: Article, content: Content, *, by: Actor, changed: Sequence[str],
    before: tuple[int, Content] | None = None, restored_from: int | None = None,
) -> None:  # fmt: skip
    """Keep `content` as the revision of the article's present version, behind the one that was present `before`."""
    asked = _keeping(session, article, content, by, changed, restored_from)
    if before is None:
        session.tell_all(asked)
        return
    *_, replaced = await session.ask_all([*asked, _replacing(article, before[0])])
    if not replaced:
        await _move(session, article.id, present=before)


async def keep_all(
    session: WriteSession, saved: Sequence[tuple[Article, Content, Sequence[str], tuple[int, Content]]], *, by: Actor
) -> None:
    """The same of many at once: each with its content, what `changed`, and what was present before."""
    for article, content, changed, _ in saved:
        session.tell_all(_keeping(session, article, content, by, changed))
    replaced = await session.ask_all([_replacing(article, before[0]) for article, _, _, before in saved])
    for (article, _, _, before), rows in zip(saved, replaced, strict=True):
        if not rows:
            await _move(session, article.id, present=before)


def _keeping(
    session: WriteSession, article: Article, content: Content, by: Actor, changed: Sequence[str], restored_from: int | None = None
) -> list[Asked]:
    """What enters the present state of an article, which takes two statements."""
    digest = digest_of(content)
    who = {"actor_kind": by.kind, "actor_id": by.id, "actor_name": by.name, "message": by.message, "request_id": context.request_id.get()}
    row = _row(article.id, article.version, digest, at=article.revised_at, changed=list(changed), restored_from=restored_from, **who)
    return [
        *entering_unless_taken(session, ArticleContent, [{"article_id": article.id, "digest": digest, "content": content}]),
        *entering(Revision, [row]),
    ]


def _replacing(article: Article, number: int) -> Asked:
    return _REPLACED, {"article": article.id, "number": number, "by": article.version, "moment": article.revised_at}


def _row(article: UUID, number: int, digest: str, **known: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "id": ids.new(), "actor_kind": SYSTEM.kind, "actor_id": None, "actor_name": None, "request_id": "", "message": None, "changed": [],
        "restored_from": None, "replaced_by": None, "replaced_at": None,
    }  # fmt: skip
    return {**nothing, "article_id": article, "number": number, "digest": digest, **known}


async def content_at(session: ReadSession, article: Article, version: int) -> Content | None:
    """What the working copy was at `version`; None where that is not known any more, or never was.

    The article's history must be settled.
    """
    if not 0 < version <= article.version:
        return None
    found = await session.ask(_CONTENT_AT, article=article.id, number=version)
    if not found or (found[0].replaced_by is not None and found[0].replaced_by <= version):
        return None
    content: Content = found[0].content
    return content


async def is_settled(session: ReadSession, article: Article) -> bool:
    """Whether all that is known of the article's history is here, its present content too."""
    state = (await session.ask(_SETTLED, article=article.id, number=article.content_version))[0]
    return state.in_the_log is None and state.present is not None


async def settle(session: WriteSession, article: Article, content: Content) -> None:
    """Move what the log keeps of a locked article here; `content` is what it says now."""
    if not await is_settled(session, article):
        await _move(session, article.id, present=(article.content_version, content))


async def _move(session: WriteSession, article: UUID, *, present: tuple[int, Content]) -> None:
    known = {row.number: row for row in await session.scalars(select(Revision).where(Revision.article_id == article))}
    columns = (
        Event.seq, Event.version, Event.at, Event.actor_kind, Event.actor_id, Event.actor_name, Event.request_id, Event.changed,
        Event.snapshot,
    )  # fmt: skip
    noted = (await session.execute(select(*columns).where(Event.object_id == article, Event.snapshot.is_not(None)))).all()
    fresh, contents = _missing(article, known, sorted(noted, key=lambda event: event.version), present)
    held = [{"article_id": article, "digest": digest, "content": content} for digest, content in contents.items()]
    await session.ask_all([*entering_unless_taken(session, ArticleContent, held), *entering(Revision, fresh)])
    await _chain(session, [*((number, row.at) for number, row in known.items()), *((row["number"], row["at"]) for row in fresh)], article)
    emptied = update(Event).where(Event.seq.in_([event.seq for event in noted])).values(snapshot=None)
    await session.execute(emptied.execution_options(synchronize_session=False))


def _missing(
    article: UUID, known: dict[int, Revision], noted: Iterable[Any], present: tuple[int, Content]
) -> tuple[list[dict[str, Any]], dict[str, Content]]:
    """Rows for the states that only the log keeps, and the contents behind them; that of a change which changed no content is none."""
    digests = {number: row.digest for number, row in known.items()}
    rows, contents = list[dict[str, Any]](), dict[str, Content]()
    for event in noted:
        digest = digest_of(event.snapshot)
        before = max((number for number in digests if number <= event.version), default=None)
        if before is not None and (before == event.version or digests[before] == digest):
            continue
        digests[event.version], contents[digest] = digest, event.snapshot
        who = {name: getattr(event, name) for name in ("at", "actor_kind", "actor_id", "actor_name", "request_id", "changed")}
        rows.append(_row(article, event.version, digest, **who))
    number, content = present
    if number not in digests:
        digest = digest_of(content)
        contents[digest] = content
        rows.append(_row(article, number, digest, at=clock.now()))
    return rows, contents


async def _chain(session: WriteSession, states: Iterable[tuple[int, datetime]], article: UUID) -> None:
    """Let each revision name the one that followed it."""
    following = [(number, later, at) for (number, _), (later, at) in pairwise(sorted(states))]
    await session.ask_all(
        [(_REPLACED, {"article": article, "number": number, "by": later, "moment": at}) for number, later, at in following]
    )
