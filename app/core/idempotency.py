"""A retried POST has its effect once: the answer is kept in the same transaction as the effect."""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request, Response
from pydantic_core import to_json
from sqlalchemy import LargeBinary, String, bindparam, delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import WriteSession
from app.core.errors import Fault, IdempotencyKeyInUse, IdempotencyKeyReused, InvalidParameter, NotFound
from app.core.lookups import Lookup
from app.core.models import Base, short_text, table_of
from app.core.rows import entering_unless_taken

HEADER = "Idempotency-Key"
_FORM = re.compile(r'^"?([\x21\x23-\x7e]{1,255})"?$')
_KEPT_HEADERS = ("content-type", "location", "etag", "cache-control")
_LOCK_NOT_AVAILABLE = "55P03"


class IdempotencyRecord(Base):
    """The first answer to a key, and a digest of the request that got it."""

    __tablename__ = "idempotency_records"

    key: Mapped[str] = mapped_column(short_text(), primary_key=True)
    request_digest: Mapped[str] = mapped_column(short_text())
    created_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


_RECORDS = table_of(IdempotencyRecord)
_KEY = bindparam("owner", type_=String())
_FIND = Lookup(select(*_RECORDS.c).where(IdempotencyRecord.key == _KEY))
_KEEP = Lookup(update(_RECORDS).where(IdempotencyRecord.key == _KEY), fills=("status", "headers", "body"))


class Replay(Exception):  # noqa: N818 - it is an answer, not an error
    """The kept answer, raised past the endpoint."""

    def __init__(self, record: Any) -> None:
        super().__init__()
        headers = {str(name): str(value) for name, value in (record.headers or {}).items()}
        self.response = Response(record.body, record.status or 200, {**headers, "Idempotent-Replayed": "true"})


def key_of(headers: Mapping[str, str]) -> str | None:
    """The client's key, bare or quoted; None where none was sent."""
    value = headers.get(HEADER)
    if value is None:
        return None
    match = _FORM.match(value)
    if match is None:
        fault = Fault("pattern", "1 to 255 visible ASCII characters, with or without quotes.", parameter=HEADER)
        raise InvalidParameter(errors=[fault])
    return match[1]


class _Taken(Exception):  # noqa: N818 - a state, not an error
    """The key was used before."""


@dataclass(slots=True)
class Claim:
    """A key that this transaction takes; its answer is yet to be made."""

    session: WriteSession
    owner: str
    wanted: str
    taken: bool = False

    def hear(self, entered: list[Any]) -> None:
        """Whether it could be taken."""
        if not entered:
            raise _Taken
        self.taken = True

    def insist(self) -> None:
        """Raise unless it was taken."""
        if not self.taken:
            raise _Taken

    def keep(self, response: Response) -> None:
        """Remember `response` as the answer to the key, in the transaction of its effect."""
        kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        answer = {"status": response.status_code, "headers": kept, "body": bytes(response.body)}
        self.session.tell(_KEEP, {"owner": self.owner, **answer})

    async def first_answer(self) -> "Replay | IdempotencyKeyReused":
        """How to answer to a key that was used before."""
        record = (await self.session.ask(_FIND, owner=self.owner))[0]
        return Replay(record) if record.request_digest == self.wanted else IdempotencyKeyReused()


@asynccontextmanager
async def claimed(session: WriteSession, request: Request) -> AsyncIterator[Claim | None]:
    """Take the request's key for this transaction, before anything else in it; raises Replay where it already has its answer.

    A second request with the same key waits at the primary key until the first has committed, and then finds its answer. The key belongs
    to whoever sent it: the same text from another caller is another key. A guard may name them in `request.state.caller`, where they are
    the same though what they send to prove it changes. It is taken with the first statement of the block.
    """
    key = key_of(request.headers)
    if key is None:
        yield None
        return
    owner = _digest(getattr(request.state, "caller", request.headers.get("authorization", "")), key)
    wanted = _digest(request.method, request.url.path, request.url.query, await request.body())
    claim = Claim(session, owner, wanted)
    row = {"key": owner, "request_digest": wanted, "created_at": clock.now(), "status": None, "headers": None, "body": None}
    session.tell_all(entering_unless_taken(session, IdempotencyRecord, [row]), claim.hear)
    try:
        yield claim
        if not claim.taken:
            await session.send()
        claim.insist()  # Whoever asked first may have caught what it was told.
    except _Taken:
        raise await claim.first_answer() from None
    except OperationalError as error:
        if not claim.taken and getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise IdempotencyKeyInUse(headers={"Retry-After": "2"}) from error
        raise


async def kept_answers(session: WriteSession, behind: str, most: int) -> Sequence[Any]:
    """At most so many kept answers, in the order of their keys, from behind one of them."""
    statement = select(IdempotencyRecord.key, IdempotencyRecord.body).where(IdempotencyRecord.key > behind)
    return (await session.execute(statement.order_by(IdempotencyRecord.key).limit(most))).all()


async def let_go(session: WriteSession, keys: Sequence[str]) -> None:
    """Forget what was answered to these keys, but not that it was: who asks again is told that it is gone, and nothing happens twice."""
    gone = to_json(NotFound("What was answered to this key was erased since.").wire("erased"))
    told = {"status": NotFound.status, "headers": {"content-type": "application/problem+json", "cache-control": "no-store"}, "body": gone}
    await session.execute(update(IdempotencyRecord).where(IdempotencyRecord.key.in_(keys)).values(told))


async def sweep(session: WriteSession, hours: int) -> None:
    """Forget keys older than this."""
    await session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < clock.now() - timedelta(hours=hours)))


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()
