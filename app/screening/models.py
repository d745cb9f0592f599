"""What checks remember of comments, as rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Base, Record, short_text

PERSON, ADDRESS, NETWORK, APPROVED, COPY, BAND, THREAD = range(1, 8)
"""What a mark is of: who posted, from where; whose comment was approved; which words it has, in whole or in part; in which thread."""

PASSING = text(f"NOT (kind = {APPROVED} AND value = 1)")
"""Which marks are forgotten in time: all but those that say that a member's comment was approved."""


class CommentMark(Base):
    """That a comment bears a mark which others may bear too: how rates are counted, and copies found.

    A mark is a keyed digest: it can be compared, and not read back. It is forgotten after some days, but for those that say that
    a member's comment was approved. `value` is what to compare once a mark has been found: of a copy and of an approved comment who
    it is of, of a part of its words their sketch.
    """

    __tablename__ = "comment_marks"
    __table_args__ = (
        Index(None, "comment_id", "kind"),
        Index("ix_comment_marks_passing", "at", postgresql_where=PASSING, sqlite_where=PASSING),
    )

    kind: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mark: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    comment_id: Mapped[UUID] = mapped_column(primary_key=True)
    value: Mapped[int | None]


class WordList(Record):
    """Terms that the newsroom wants to be told of where they stand in a comment, and what a comment that has one leans to.

    `applies_to` says where they are looked for: in the `text`, among the hosts of its `links`, as the domain of its author's `email`,
    or in a text that names staff (`attacks`).
    """

    __tablename__ = "word_lists"

    name: Mapped[str]
    applies_to: Mapped[str] = mapped_column(short_text())
    leaning: Mapped[str] = mapped_column(short_text())
    terms: Mapped[list[Any]]
    enabled: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's form


class CommentRule(Record):
    """What must be true of a comment (`conditions`, as data), and what it leans to then."""

    __tablename__ = "comment_rules"

    name: Mapped[str]
    leaning: Mapped[str] = mapped_column(short_text())
    conditions: Mapped[list[Any]]
    enabled: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's form


class SpentProof(Base):
    """A proof of work that was accepted, by the digest of its challenge: nobody posts twice with one. Gone once it has expired anyway."""

    __tablename__ = "spent_proofs"

    challenge: Mapped[str] = mapped_column(short_text(), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class BayesModel(Base):
    """The one row that says how many lessons moderators have given, and up to where in the log their decisions were read.

    `version` moves with every lesson, and words bear the one that last touched them: who keeps the model reads what has changed.
    """

    __tablename__ = "bayes_model"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    approved: Mapped[int]
    refused: Mapped[int]
    learned_seq: Mapped[int]


class BayesWord(Base):
    """In how many comments that moderators approved, and in how many that they refused, a word stood; the word itself is a keyed digest."""

    __tablename__ = "bayes_words"

    word: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    approved: Mapped[int]
    refused: Mapped[int]
    version: Mapped[int] = mapped_column(index=True)


class BayesLesson(Base):
    """What was learned of one comment, so that it can be unlearned when a moderator thinks better of it."""

    __tablename__ = "bayes_lessons"

    comment_id: Mapped[UUID] = mapped_column(primary_key=True)
    refused: Mapped[bool]
    words: Mapped[list[Any]]
