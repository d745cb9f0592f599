"""Who is asking, and whether they may: what routers put before their endpoints."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy import or_, update
from sqlalchemy.exc import DBAPIError
from starlette.types import Scope

from app.access import queries
from app.access.bounds import CONFINED, bind
from app.access.errors import Forbidden, OutsideSections, Unauthorized
from app.access.models import Key
from app.access.scopes import allows
from app.access.secrets import PREFIX, digest, is_well_formed
from app.core import clock
from app.core.database import Database, Occupied
from app.core.http import ANY_KEY, database_of
from app.core.inside import inside_of
from app.events.models import READER, Actor

_USE_IS_NOTED_EVERY = timedelta(minutes=1)
_FOUND = "found_caller"

_bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="Paste the key alone, as `make run` or `dateline keys create` printed it: `dl_…`."
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: a key, or a reader without one; and what they say of why, in a `message` for the log."""

    key: Key | None
    message: str | None = None

    @property
    def actor(self) -> Actor:
        """How the log names them."""
        return READER if self.key is None else Actor("key", self.key.id, self.key.name, self.message)

    @property
    def scopes(self) -> list[str]:
        """What the key allows; nothing without one. One that keeps to sections has no scope that reaches beyond them."""
        if self.key is None:
            return []
        return self.key.scopes if self.key.sections is None else [scope for scope in self.key.scopes if scope in CONFINED]

    @property
    def hears_with(self) -> list[str]:
        """The scopes with which the caller hears of the log. A key that keeps to sections hears what everybody does."""
        return [] if self.key is None or self.key.sections is not None else self.key.scopes

    def may(self, scope: str) -> bool:
        """Whether the key has this scope."""
        return allows(self.scopes, scope)

    def demand(self, scope: str) -> None:
        """Raise unless the key has this scope."""
        if self.key is None:
            raise Unauthorized(f"This takes a key with {scope}, sent as `Authorization: Bearer dl_…`.")
        if not self.may(scope):
            raise Forbidden(f"The key lacks the scope {scope}.", scope=scope)

    def demand_everywhere(self, scope: str) -> None:
        """Raise unless the key has this scope, and for the whole newsroom."""
        self.demand(scope)
        if self.key is not None and self.key.sections is not None:
            raise OutsideSections("This shows what readers do not see of the whole newsroom, and your key keeps to some sections.")


class _FindCaller(SecurityBase):
    """Finds whoever is asking; the documentation shows it as the way in which a key is sent."""

    model, scheme_name = _bearer.model, _bearer.scheme_name

    async def __call__(self, request: Request) -> Caller:
        """Whoever is asking, found once and so counted once, however many guards ask; raises Unauthorized for a key that is not valid."""
        found: Caller | None = getattr(request.state, _FOUND, None)
        if found is None:
            found = await caller_of(request, await _bearer(request))
            setattr(request.state, _FOUND, found)
        return found


find_caller = _FindCaller()


async def vouch(scope: Scope) -> bool:
    """Whether the request is sent with a key, found before much of it is read; raises Unauthorized for one that is not valid.

    A database that is away is for the operation to report.
    """
    request = Request(scope)
    sent = await _bearer(request)
    if sent is None or not sent.credentials.startswith(PREFIX):
        return False
    with suppress(DBAPIError):
        await find_caller(request)
    return True


async def caller_of(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Caller:
    """Whoever sends these. A key that is sent must be valid: to be silently taken for a reader would hide the mistake."""
    inside = inside_of(request.scope)
    if inside is not None:
        return _bound(request, inside.caller)
    if credentials is None:
        if "authorization" in request.headers:
            raise Unauthorized("The Authorization header is not of the form 'Bearer dl_…'.")
        return Caller(None)
    key = await _valid_key(request, credentials.credentials)
    await request.app.state.limits.take_key(key.id, request.method, request.headers["authorization"])
    return _bound(request, Caller(key))


def _bound(request: Request, caller: Caller) -> Caller:
    """The caller, once it is noted what binds them."""
    if caller.key is not None:
        asked = request.app.state.settings.publish_needs_approval
        bind(caller.key.sections, needs_approval=asked and not caller.may("articles:publish_unapproved"))
    return caller


async def _valid_key(request: Request, secret: str) -> Key:
    if not secret.startswith(PREFIX):
        raise Unauthorized(f"It is no key: keys begin with {PREFIX}.")
    if not is_well_formed(secret):
        raise Unauthorized("The key is mistyped: its checksum does not fit.")
    database, name = database_of(request), digest(secret)
    look_up = partial(queries.find_by_digest, database.lookups, name)
    key = await request.app.state.ring.find(name, look_up) if request.app.state.follower.sync() else await look_up()
    now = clock.now()
    if key is None:
        raise Unauthorized("The key is unknown.")
    if key.revoked_at is not None:
        raise Unauthorized("The key was revoked.")
    if key.expires_at is not None and key.expires_at <= now:
        raise Unauthorized("The key has expired.")
    if key.last_used_at is None or now - key.last_used_at > _USE_IS_NOTED_EVERY:
        await _note_use(database, key)
    return key


async def _note_use(database: Database, key: Key) -> None:
    """Note it once a minute, and only where that is at once possible: nobody's request waits for it, or fails with it."""
    now = clock.now()
    stale = or_(Key.last_used_at.is_(None), Key.last_used_at < now - _USE_IS_NOTED_EVERY)
    with suppress(DBAPIError, Occupied):
        async with database.attempting() as session:
            await session.execute(update(Key).where(Key.id == key.id, stale).values(last_used_at=now))
        key.last_used_at = now


def require(*scopes: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets in callers with one of `scopes` and no others."""

    async def required(caller: Annotated[Caller, Security(find_caller, scopes=scopes)]) -> Caller:
        if not any(caller.may(scope) for scope in scopes):
            caller.demand(scopes[0])
        return caller

    return required


async def _hold_a_key(caller: Annotated[Caller, Security(find_caller, scopes=[ANY_KEY])]) -> Key:
    if caller.key is None:
        raise Unauthorized
    return caller.key


Anyone = Annotated[Caller, Depends(find_caller)]
KeyHolder = Annotated[Key, Depends(_hold_a_key)]
