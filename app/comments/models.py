"""What a comment is, as rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, ids
from app.core.models import Base, ByteText, Record, short_text

MAX_DEPTH = 8
"""How deep replies nest; a deeper one stands beside the comment it answers, and `reply_to_id` keeps the real target."""

STEP = 6
"""How many base-36 digits a level of the path has: two thousand million replies to one comment."""

HIGHEST = "{"
"""The byte that follows `z`: everything below a path lies between the path and the path with this behind it."""


FEATURED = text("pinned_at IS NOT NULL OR picked_at IS NOT NULL")
"""Whether the newsroom puts a comment before the others: for the index alone, since in a condition it would stand without brackets."""


class Comment(Record):
    """What a reader wrote under an article, and where it stands in the thread.

    Readers reach an approved comment when every ancestor lets them pass (`open`). An approved comment does. One that is
    pending, rejected or spam does not: it takes all its replies out of sight. One that is deleted while it was approved
    does, and leaves a tombstone, a place without words and without a name, for as long as a comment that can be read
    stands below it; so a discussion survives that somebody withdraws their part of it. `visible` says all this in one
    column, for the lists to walk along.

    The counters of a comment say what can be reached from it once it is reached itself. `reply_count` is the length of
    the list of its direct replies, tombstones included; `descendant_count` is how many comments can be read below it,
    tombstones not included. So hiding a comment changes nothing below it but `visible`, and its ancestors by one sum.

    `path` is one step longer than the parent's, from the counter `next_child` there; in byte order a subtree is one
    range of it.

    Votes are rows of their own; `carried_up` and `carried_down` are those that a comment brought along from elsewhere, of which
    nothing else is known. `score` is what all of them make of it (`ranking.wilson`), kept with them, so that the best comments are a
    walk along an index too.
    """

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("article_id", "path"),
        Index(None, "article_id", "depth", "visible", "created_at", "id"),
        Index(None, "article_id", "depth", "visible", "score", "created_at", "id"),
        Index(None, "article_id", "visible", "created_at", "id"),
        Index(None, "parent_id", "visible", "created_at", "id"),
        Index(None, "parent_id", "visible", "score", "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "article_id", "status", "created_at", "id"),
        Index("ix_comments_featured_shown", "article_id", "visible", "status", postgresql_where=FEATURED, sqlite_where=FEATURED),
        Index(None, "member_id", "created_at"),
        Index(None, "email_digest", "created_at"),
        Index(None, "address_digest", "created_at"),
    )

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("comments.id"))
    root_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"), index=True)
    reply_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("comments.id"), index=True)
    path: Mapped[str] = mapped_column(ByteText)
    depth: Mapped[int]
    status: Mapped[str] = mapped_column(short_text())
    open: Mapped[bool]
    visible: Mapped[bool]
    author_kind: Mapped[str] = mapped_column(short_text(), default="guest")
    author_name: Mapped[str]
    author_badge: Mapped[str | None]
    author_email: Mapped[str | None]
    """As versions before kept it, in plain; it is sealed with the next `dateline migrate`."""
    sealed_email: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_digest: Mapped[str | None] = mapped_column(short_text())
    member_id: Mapped[UUID | None]
    address_digest: Mapped[str | None] = mapped_column(short_text())
    network_digest: Mapped[str | None] = mapped_column(short_text())
    author_url: Mapped[str | None]
    body: Mapped[str]
    html: Mapped[str]
    edited_at: Mapped[datetime | None]
    up_votes: Mapped[int] = mapped_column(default=0)
    down_votes: Mapped[int] = mapped_column(default=0)
    carried_up: Mapped[int] = mapped_column(default=0, server_default="0")
    carried_down: Mapped[int] = mapped_column(default=0, server_default="0")
    score: Mapped[int] = mapped_column(default=0, server_default="0")
    reply_count: Mapped[int] = mapped_column(default=0)
    descendant_count: Mapped[int] = mapped_column(default=0)
    next_child: Mapped[int] = mapped_column(default=0)
    claim_digest: Mapped[str | None] = mapped_column(short_text())
    picked_at: Mapped[datetime | None]
    pinned_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's form


class ModerationAction(Base):
    """One decision about a comment: who moved it from one state to another, when and why. Rows are never changed.

    `act` says what was done where that is no move. `reason` is for the newsroom, `code` and `statement` for whoever wrote the comment.
    `version` is the comment's after it: while the comment has that, nothing came behind it. `batch_id` names what was decided at once,
    and `undoes_id` the action that this one took back.
    """

    __tablename__ = "moderation_actions"
    __table_args__ = (
        Index(None, "comment_id", "at", "id"), Index(None, "batch_id"), Index(None, "at", "id"), Index(None, "actor_id", "at", "id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    from_status: Mapped[str] = mapped_column(short_text())
    to_status: Mapped[str] = mapped_column(short_text())
    actor_kind: Mapped[str] = mapped_column(short_text())
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None]
    reason: Mapped[str | None]
    act: Mapped[str | None] = mapped_column(short_text())
    code: Mapped[str | None] = mapped_column(short_text())
    statement: Mapped[str | None]
    version: Mapped[int | None]
    batch_id: Mapped[UUID | None]
    undoes_id: Mapped[UUID | None]


class CommentSource(Base):
    """Where a comment came from that was not written here, and what it is called there: carried in again, it is known by that."""

    __tablename__ = "comment_sources"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(ByteText)
    external_id: Mapped[str] = mapped_column(ByteText)
