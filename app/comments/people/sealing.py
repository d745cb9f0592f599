"""E-mail addresses that versions before kept in plain are sealed."""

from uuid import UUID

from sqlalchemy import select, update

from app.comments.models import Comment
from app.core.database import Database
from app.readers import emails

_BATCH = 500
_FIRST = UUID(int=0)


async def seal_emails(database: Database, key: bytes) -> int:
    """Seal every address that stands in plain, a batch a transaction; how many there were."""
    last, done = _FIRST, 0
    while True:
        plain = select(Comment.id, Comment.author_email).where(Comment.author_email.is_not(None), Comment.id > last)
        async with database.writing() as session:
            rows = (await session.execute(plain.order_by(Comment.id).limit(_BATCH))).all()
            for row in rows:
                sealed = {"sealed_email": emails.sealed(key, row.author_email), "email_digest": emails.digested(key, row.author_email)}
                await session.execute(update(Comment).where(Comment.id == row.id).values(**sealed, author_email=None))
        done += len(rows)
        if len(rows) < _BATCH:
            return done
        last = rows[-1].id
