"""Everything that one person wrote: given out, and asked to be erased. Commits are not here."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.comments import queries
from app.comments.errors import ErasureNotFound
from app.comments.models import Comment
from app.comments.orders import NEWEST
from app.comments.people.erasing import of_person
from app.comments.people.people_models import Erasure
from app.comments.people.people_schemas import Person
from app.comments.schemas import uuid_of
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.settings import Settings
from app.events.models import Actor
from app.readers import emails
from app.readers.members import member_id


def named(person: Person, settings: Settings, by: Actor) -> Erasure:
    """The person, as rows know them."""
    row = Erasure(id=ids.new(), created_at=clock.now(), actor_kind=by.kind, actor_id=by.id, actor_name=by.name, erased=0)
    row.member_id = None if person.member is None else member_id(settings.member_issuer, person.member)
    row.email_digest = None if person.email is None else emails.digested(settings.signing_key, person.email)
    row.comment_id = None if person.comment is None else uuid_of(person.comment)
    return row


async def list_comments(session: ReadSession, person: Erasure, position: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    """At most `limit` comments of a person, the newest first, from behind `position`."""
    statement = select(*queries.shown(), Comment.body, Comment.author_url, Comment.sealed_email).where(of_person(person))
    return (await session.execute(NEWEST.after(statement, position).limit(limit))).all()


async def request_erasure(session: WriteSession, person: Erasure) -> None:
    """Note that what the person wrote is to be erased."""
    session.add(person)
    await session.flush()


async def get_erasure(session: ReadSession, wanted: UUID | None) -> Erasure:
    """The erasure with this id; raises ErasureNotFound."""
    found = None if wanted is None else await session.get(Erasure, wanted)
    if found is None:
        raise ErasureNotFound
    return found
