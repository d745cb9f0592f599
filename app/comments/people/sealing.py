"""E-mail addresses are sealed that versions before kept in plain, or that were sealed with another secret."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.comments.models import Comment
from app.core.database import Database, WriteSession
from app.core.resealing import Sealed, Secrets
from app.readers import emails
from app.readers.sanctions import Sanction

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


async def _known_again(session: WriteSession, plain: bytes, secrets: Secrets) -> dict[str, Any]:
    """By the address somebody is found as ever, and what was imposed on them holds."""
    before, now = emails.digested(secrets.before, plain.decode()), emails.digested(secrets.now, plain.decode())
    moved = update(Sanction).where(Sanction.email_digest == before).values(email_digest=now)
    await session.execute(moved, execution_options={"synchronize_session": False})
    return {"email_digest": now}


SEALED = (Sealed(Comment.sealed_email, Comment.id, lambda _: emails.PURPOSE, _known_again),)
