"""What an article is, as rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.core import clock, ids
from app.core.models import Base, ByteText, Record, short_text


class Content:
    """The columns that a working copy and a publication share: what one is, the other shows.

    `related` and `translation_of` name other articles, whatever becomes of those: what is not public is left out when it is read.
    `translation_of` is the original, and so the name of the group: the original itself has none.
    """

    kind: Mapped[str] = mapped_column(short_text())
    genre: Mapped[str] = mapped_column(short_text())
    language: Mapped[str] = mapped_column(short_text())
    slug: Mapped[str] = mapped_column(ByteText)
    headline: Mapped[str] = mapped_column(ByteText)
    kicker: Mapped[str | None]
    dek: Mapped[str | None]
    standfirst: Mapped[str | None]
    byline: Mapped[str | None]
    location: Mapped[str | None]
    canonical_url: Mapped[str | None]
    rights: Mapped[str | None]
    lead_image: Mapped[dict[str, Any] | None]
    seo: Mapped[dict[str, Any] | None]
    source_name: Mapped[str | None]
    source_url: Mapped[str | None]
    source_category: Mapped[str | None] = mapped_column(short_text())
    body: Mapped[list[Any]]
    word_count: Mapped[int]
    reading_minutes: Mapped[int]
    related: Mapped[list[Any] | None]
    translation_of: Mapped[UUID | None] = mapped_column(index=True)

    @declared_attr
    @classmethod
    def section_id(cls) -> Mapped[UUID | None]:
        """The section it stands in, which is part of its address."""
        return mapped_column(ForeignKey("sections.id"), index=True)


CONTENT_COLUMNS = (*(name for name in Content.__annotations__ if not name.startswith("_")), "section_id")
_AHEAD = text("published_at > visible_from")  # Printed with a date to come: few.


class Article(Content, Record):
    """The newsroom's working copy. Readers never see it; they see publications."""

    __tablename__ = "articles"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index(None, "revised_at", "id"),
        Index(None, "created_at", "id"),
        Index(None, "deleted_at", postgresql_where=text("deleted_at IS NOT NULL"), sqlite_where=text("deleted_at IS NOT NULL")),
        Index(None, "stage", "revised_at", "id"),
    )

    slug: Mapped[str] = mapped_column(ByteText, unique=True)
    version: Mapped[int] = mapped_column(default=1)
    content_version: Mapped[int] = mapped_column(default=1)
    stage: Mapped[str] = mapped_column(short_text(), default="draft", server_default="draft")
    published_at: Mapped[datetime | None]
    body_source: Mapped[dict[str, Any] | None]
    notes: Mapped[str | None]
    source: Mapped[str | None] = mapped_column(ByteText)
    external_id: Mapped[str | None] = mapped_column(ByteText)
    embargo_until: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    taken_down_at: Mapped[datetime | None]
    takedown_reason: Mapped[str | None] = mapped_column(short_text())
    takedown_note: Mapped[str | None]

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's form


class Publication(Content, Base):
    """What readers see of one article, from `visible_from` until `visible_until`.

    Rows are not rewritten: publishing again closes the open row and opens the next, so the table also answers what readers saw at any
    moment before, and what they will see at any moment already scheduled. Only a row that nobody has seen yet may be moved or withdrawn.
    `ordered_until` is the end that was ordered, where the next publication makes it an earlier one; `printed_at` is `published_at` where
    that was set, and does not follow from the publications before.

    While the article is taken down, its periods are empty: each ends where it begins, and `withheld_until` keeps where it ended. So
    nobody who asks for a moment, past or to come, meets one, and no question has to think of it.

    `item`, `outline` and `refs` are what answers are made of (`prepared.py`); those of older versions `dateline migrate` fills.
    """

    __tablename__ = "publications"
    __table_args__ = (
        Index(None, "article_id", "visible_from"),
        Index(None, "slug", "visible_from"),
        Index(None, "published_at", "article_id"),
        Index(None, "updated_at", "article_id"),
        Index(None, "first_published_at", "article_id"),
        Index(None, "visible_from"),
        Index(None, "visible_until"),
        Index("ix_publications_ahead", "published_at", postgresql_where=_AHEAD, sqlite_where=_AHEAD),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"))
    version: Mapped[int]
    content_version: Mapped[int]
    visible_from: Mapped[datetime]
    visible_until: Mapped[datetime] = mapped_column(default=clock.FOREVER)
    ordered_until: Mapped[datetime | None]
    withheld_until: Mapped[datetime | None]
    published_at: Mapped[datetime]
    printed_at: Mapped[datetime | None]
    first_published_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    significance: Mapped[str] = mapped_column(short_text())
    item: Mapped[str] = mapped_column(default="", server_default="")
    outline: Mapped[str] = mapped_column(default="", server_default="")
    refs: Mapped[str] = mapped_column(default="", server_default="")
    corrections: Mapped[str | None]


class Correction(Base):
    """A dated public note: what was wrong in one revision, and which one mends it; readers are told from its publication on.

    `at` is that publication's `visible_from`. Publications carry the corrections up to themselves (`corrections`) as text.
    """

    __tablename__ = "corrections"
    __table_args__ = (Index(None, "at", "id"), Index(None, "article_id", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    publication_id: Mapped[UUID] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"), unique=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(short_text())
    text: Mapped[str]
    corrects: Mapped[int]
    corrected_by: Mapped[int]


class Transition(Base):
    """A moment to come at which what readers see of an article changes by itself; gone once it is in the log."""

    __tablename__ = "transitions"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True, index=True)


class LiveUpdate(Record):
    """One post of live coverage, as the newsroom works on it: a row of its own, so that a post costs the same however many there are.

    `place` is its place in the order, and `position` that with the pinned ones in front: what lists are sorted by. `shown_version` is the
    version that readers see, or will see; None where they were given none yet.
    """

    __tablename__ = "live_updates"
    __table_args__ = (
        UniqueConstraint("article_id", "block_id"),
        Index(None, "article_id", "place"),
        Index(None, "article_id", "position"),
    )

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    block_id: Mapped[str] = mapped_column(ByteText)
    version: Mapped[int] = mapped_column(default=1)
    place: Mapped[str] = mapped_column(ByteText)
    position: Mapped[str] = mapped_column(ByteText)
    content: Mapped[dict[str, Any]]
    shown_version: Mapped[int | None]
    deleted_at: Mapped[datetime | None]


class LivePosting(Base):
    """What readers see of one live update, from `visible_from` until `visible_until`, as long as they see its article.

    Every change opens a row and closes the one before, as publications do; a deletion opens one that is `gone`. `seq` is the event that
    told of it, None until one did: whoever comes back with a number asks for the rows behind it. The other numbers say which event first
    showed the update, last changed its content and last moved it. `text` is the block as JSON, with a hole for the names of its `authors`,
    whose ids stand beside it.
    """

    __tablename__ = "live_postings"
    __table_args__ = (
        Index(None, "article_id", "position"),
        Index(None, "article_id", "seq"),
        Index(None, "update_id", "visible_from"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    update_id: Mapped[UUID] = mapped_column(ForeignKey("live_updates.id", ondelete="CASCADE"))
    block_id: Mapped[str] = mapped_column(ByteText)
    version: Mapped[int]
    position: Mapped[str] = mapped_column(ByteText)
    key_event: Mapped[bool]
    gone: Mapped[bool]
    authors: Mapped[str]
    text: Mapped[str]
    visible_from: Mapped[datetime]
    visible_until: Mapped[datetime] = mapped_column(default=clock.FOREVER)
    seq: Mapped[int | None]
    shown_seq: Mapped[int | None]
    content_seq: Mapped[int | None]
    place_seq: Mapped[int | None]


class _SectionLink:
    """A section that an article stands in; the first is the one that makes its address."""

    position: Mapped[int]

    @declared_attr
    @classmethod
    def section_id(cls) -> Mapped[UUID]:
        """The section."""
        return mapped_column(ForeignKey("sections.id"))


class _AuthorLink:
    """Somebody behind an article, and in which role."""

    position: Mapped[int]
    role: Mapped[str] = mapped_column(short_text())

    @declared_attr
    @classmethod
    def author_id(cls) -> Mapped[UUID]:
        """The author."""
        return mapped_column(ForeignKey("authors.id"))


class _TagLink:
    """A subject of an article."""

    position: Mapped[int]

    @declared_attr
    @classmethod
    def tag_id(cls) -> Mapped[UUID]:
        """The tag."""
        return mapped_column(ForeignKey("tags.id"))


class _OfArticle:
    @declared_attr
    @classmethod
    def owner_id(cls) -> Mapped[UUID]:
        """The working copy."""
        return mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))


class _OfPublication:
    """The sort key stands beside the target, so that a filtered list is one walk along an index in the list's own order."""

    published_at: Mapped[datetime]
    article_id: Mapped[UUID]

    @declared_attr
    @classmethod
    def owner_id(cls) -> Mapped[UUID]:
        """The publication."""
        return mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))


class ArticleSection(_SectionLink, _OfArticle, Base):
    """A section of a working copy."""

    __tablename__ = "article_sections"
    __table_args__ = (PrimaryKeyConstraint("owner_id", "section_id"), Index(None, "section_id", "owner_id"))


class ArticleAuthor(_AuthorLink, _OfArticle, Base):
    """An author of a working copy."""

    __tablename__ = "article_authors"
    __table_args__ = (PrimaryKeyConstraint("owner_id", "author_id"), Index(None, "author_id", "owner_id"))


class ArticleTag(_TagLink, _OfArticle, Base):
    """A tag of a working copy."""

    __tablename__ = "article_tags"
    __table_args__ = (PrimaryKeyConstraint("owner_id", "tag_id"), Index(None, "tag_id", "owner_id"))


class ArticleAssignee(_OfArticle, Base):
    """Who works on an article: whatever the newsroom calls them."""

    __tablename__ = "article_assignees"
    __table_args__ = (PrimaryKeyConstraint("owner_id", "name"), Index(None, "name", "owner_id"))

    name: Mapped[str] = mapped_column(ByteText)
    position: Mapped[int]


class PublicationSection(_SectionLink, _OfPublication, Base):
    """A section of what readers see."""

    __tablename__ = "publication_sections"
    __table_args__ = (
        PrimaryKeyConstraint("owner_id", "section_id"),
        Index("ix_publication_sections_walk", "section_id", "published_at", "article_id", "owner_id"),
    )


class PublicationAuthor(_AuthorLink, _OfPublication, Base):
    """An author of what readers see."""

    __tablename__ = "publication_authors"
    __table_args__ = (
        PrimaryKeyConstraint("owner_id", "author_id"),
        Index("ix_publication_authors_walk", "author_id", "published_at", "article_id", "owner_id"),
    )


class PublicationTag(_TagLink, _OfPublication, Base):
    """A tag of what readers see."""

    __tablename__ = "publication_tags"
    __table_args__ = (
        PrimaryKeyConstraint("owner_id", "tag_id"),
        Index("ix_publication_tags_walk", "tag_id", "published_at", "article_id", "owner_id"),
    )


class CommentThread(Base):
    """The discussion of one article: what is said of it (`discussing.py`), and counters, so that a comment never touches the article."""

    __tablename__ = "comment_threads"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    status: Mapped[str] = mapped_column(short_text(), default="open")
    moderation: Mapped[str] = mapped_column(short_text(), default="post")
    policy: Mapped[dict[str, Any] | None]
    closes_at: Mapped[datetime | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    """Moves with whatever readers can see of it."""
    visible_count: Mapped[int] = mapped_column(default=0)
    root_count: Mapped[int] = mapped_column(default=0)
    next_root: Mapped[int] = mapped_column(default=0)
