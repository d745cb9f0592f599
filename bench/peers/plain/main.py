"""A content API as the tutorials of FastAPI and SQLAlchemy teach it: the ORM, relationships, response models, offset paging.

It is written fairly: related rows are loaded in one statement each, not one by one, the list does not read bodies, and its order has an
index.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload, sessionmaker

from bench.peers.plain.models import Article

engine = create_engine(os.environ["PLAIN_DATABASE_URL"], pool_size=20, max_overflow=20)
make_session = sessionmaker(engine)
app = FastAPI()


class Named(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    slug: str


class SectionOut(Named):
    path: str


class ArticleSummary(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    slug: str
    headline: str
    dek: str
    standfirst: str
    published_at: datetime
    word_count: int
    section: SectionOut
    authors: list[Named]
    tags: list[Named]


class ArticleOut(ArticleSummary):
    body: str


def get_session() -> Iterator[Session]:
    with make_session() as session:
        yield session


Reader = Annotated[Session, Depends(get_session)]
RELATED = (joinedload(Article.section), selectinload(Article.authors), selectinload(Article.tags))


@app.get("/articles", response_model=list[ArticleSummary])
def list_articles(
    session: Reader, offset: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[Article]:
    newest = select(Article).order_by(Article.published_at.desc(), Article.id.desc())
    return list(session.scalars(newest.options(*RELATED, defer(Article.body)).offset(offset).limit(limit)))


@app.get("/articles/{slug}", response_model=ArticleOut)
def get_article(slug: str, session: Reader) -> Article:
    article = session.scalar(select(Article).where(Article.slug == slug).options(*RELATED))
    if article is None:
        raise HTTPException(404)
    return article
