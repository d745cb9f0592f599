"""The tables of a content API as the tutorials of FastAPI and SQLAlchemy teach them."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


def _between(name: str, other: str) -> Table:
    article = Column("article_id", ForeignKey("articles.id"), primary_key=True)
    return Table(name, Base.metadata, article, Column("other_id", ForeignKey(f"{other}.id"), primary_key=True, index=True))


article_authors = _between("article_authors", "authors")
article_tags = _between("article_tags", "tags")


class Named:
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)


class Section(Named, Base):
    __tablename__ = "sections"

    path: Mapped[str]


class Author(Named, Base):
    __tablename__ = "authors"


class Tag(Named, Base):
    __tablename__ = "tags"


class Article(Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    headline: Mapped[str]
    dek: Mapped[str]
    standfirst: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(index=True)
    word_count: Mapped[int]
    section_id: Mapped[int] = mapped_column(ForeignKey("sections.id"), index=True)

    section: Mapped[Section] = relationship()
    authors: Mapped[list[Author]] = relationship(secondary=article_authors)
    tags: Mapped[list[Tag]] = relationship(secondary=article_tags)
