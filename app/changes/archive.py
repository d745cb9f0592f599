"""The archive: every row of the newsroom as it is in the database, as lines of JSON, for another database to begin with.

Not in it: keys, the log, and what readers are promised that nobody sees (their addresses, and digests of their tokens). A backup has these.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import JSON, Column, Uuid, select
from sqlalchemy.orm import DeclarativeBase

from app.articles import models as articles
from app.articles.shown.former_words import FormerWords
from app.articles.working_copy.revisions import ArticleContent, Revision
from app.authors.models import Author
from app.comments.models import Comment, CommentSource, ModerationAction
from app.comments.signal_models import CommentSignal
from app.comments.votes import CommentVote
from app.core import clock
from app.core.aliases import Alias
from app.core.database import ReadSession
from app.core.former import FormerName
from app.core.models import Instant
from app.core.schemas import wire_instant
from app.core.search_index import SearchEntry
from app.curation import models as curation
from app.discussion.models import CommentPolicy
from app.events.models import LogHead
from app.moderation.models import Appeal
from app.readers.models import Member
from app.screening.models import CommentRule, WordList
from app.sections.models import Section
from app.tags.models import Tag
from app.workflow.models import Note

VERSION = 1
LARGEST = 2**63 - 1
"""The largest number that both databases take."""
_BATCH = 200
_OMITTED = {
    "comments": {"author_email", "sealed_email", "email_digest", "author_url", "claim_digest", "address_digest", "network_digest"},
    "former_words": {"id"},
}
"""Columns that are not in an archive: what readers are promised, and a number that the database gives."""
_ORDER: tuple[tuple[type[DeclarativeBase], tuple[Any, ...]], ...] = (
    (Section, (Section.path,)), (Author, (Author.id,)), (Tag, (Tag.id,)), (Alias, (Alias.kind, Alias.address)),
    (FormerName, ()),
    (articles.Article, (articles.Article.id,)), (articles.ArticleSection, ()), (articles.ArticleAuthor, ()), (articles.ArticleTag, ()),
    (articles.ArticleAssignee, ()), (Note, (Note.id,)),
    (articles.Publication, (articles.Publication.id,)), (articles.PublicationSection, ()), (articles.PublicationAuthor, ()),
    (articles.PublicationTag, ()), (articles.Correction, (articles.Correction.id,)),
    (articles.LiveUpdate, (articles.LiveUpdate.id,)), (articles.LivePosting, (articles.LivePosting.id,)),
    (ArticleContent, ()), (Revision, ()), (articles.Transition, ()),
    (CommentPolicy, (CommentPolicy.id,)), (articles.CommentThread, ()), (Member, (Member.id,)),
    (Comment, (Comment.article_id, Comment.path)),
    (curation.CuratedList, (curation.CuratedList.id,)), (curation.ListPublication, (curation.ListPublication.id,)),
    (curation.ListTransition, ()), (ModerationAction, (ModerationAction.id,)), (CommentSignal, ()), (Appeal, (Appeal.comment_id,)),
    (CommentVote, ()),
    (CommentSource, ()), (WordList, (WordList.id,)), (CommentRule, (CommentRule.id,)), (SearchEntry, (SearchEntry.id,)),
    (FormerWords, (FormerWords.publication_id, FormerWords.until)),
)  # fmt: skip
"""Every table, behind those that it refers to; rows behind those of the same table that they refer to."""
TABLES: dict[str, Any] = {model.__tablename__: model.__table__ for model, _ in _ORDER}


def columns_of(table: str) -> dict[str, Column[Any]]:
    """The columns of a table that are in an archive."""
    return {column.name: column for column in TABLES[table].columns if column.name not in _OMITTED.get(table, ())}


def restored(column: Column[Any], value: Any) -> Any:
    """A value of a line as the database takes it; raises ValueError or TypeError where it is none."""
    if value is None:
        if not column.nullable:
            raise ValueError(f"{column.name} is missing")
        return None
    if isinstance(column.type, Uuid):
        return UUID(value)
    if isinstance(column.type, Instant):
        return _instant(value)
    expected = column.type.python_type
    if not isinstance(column.type, JSON) and type(value) is not expected:
        raise ValueError(f"{column.name} is no {expected.__name__}")
    if expected is int and abs(value) > LARGEST:
        raise ValueError(f"{column.name} is too large")
    return value


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment.astimezone(UTC)


async def header(session: ReadSession, form: str, **more: Any) -> tuple[int, bytes]:
    """The `seq` of the log that this session sees, and the first line of what is exported of it."""
    seq = (await session.scalars(select(LogHead.seq))).one()
    line = {"dateline": "export", "form": form, "version": VERSION, "seq": seq, "at": wire_instant(clock.now()), **more}
    return seq, to_json(line) + b"\n"


def footer(lines: int) -> bytes:
    """The last line: without it, an export is not whole."""
    return to_json({"end": True, "lines": lines}) + b"\n"


async def lines(session: ReadSession) -> AsyncIterator[bytes]:
    """The whole archive; the session sees one moment."""
    yield (await header(session, "archive"))[1]
    count = 0
    for model, order in _ORDER:
        name = str(model.__tablename__)
        columns = list(columns_of(name).values())
        keys = order or tuple(TABLES[name].primary_key.columns)
        rows = await session.stream(select(*columns).order_by(*keys).execution_options(yield_per=_BATCH))
        async for some in rows.partitions():
            count += len(some)
            yield b"".join(_line(name, row._mapping) for row in some)  # noqa: SLF001 - SQLAlchemy's name for a public view
    yield footer(count)


def _line(table: str, row: Any) -> bytes:
    return to_json({"table": table, "row": {name: _plain(value) for name, value in row.items()}}) + b"\n"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
