"""Where keys are made, listed and revoked."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request, Response

from app.access import actions, queries, schemas
from app.access.guards import Caller, KeyHolder, require
from app.access.scopes import SCOPES
from app.core import ids
from app.core.caching import PRIVATE
from app.core.errors import NotFound
from app.core.http import Reader, Repeatable, Router, Writer, answer, problems

router = Router(prefix="/v1", tags=["access"])
Administrator = Annotated[Caller, Depends(require("keys:admin"))]
KeyId = Annotated[
    str, Path(pattern=ids.pattern("key"), max_length=40, description="The key's id.", examples=["key_01m82536fhesjaqzv7y0v141hx"])
]


@router.get("/me", response_model=schemas.Me)
async def get_me(key: KeyHolder) -> Response:
    """Tell who you are: the key that you sent, and what it allows."""
    scopes = sorted(SCOPES) if "*" in key.scopes else key.scopes
    return answer(schemas.Me(key=schemas.KeyOut.of(key), scopes=scopes), headers=PRIVATE)


@router.get("/keys", response_model=schemas.KeyList)
async def list_keys(_desk: Administrator, session: Reader) -> Response:
    """List every key, the oldest first; never their secrets."""
    keys = [schemas.KeyOut.of(key) for key in await queries.list_keys(session)]
    return answer(schemas.KeyList(data=keys), headers=PRIVATE)


@router.post(
    "/keys", status_code=201, response_model=schemas.KeyCreated,
)  # fmt: skip
async def create_key(request: Request, order: schemas.KeyCreate, desk: Administrator, session: Repeatable) -> Response:
    """Make a key with at most the scopes of your own. Its `secret` is shown in this answer and never again: a repeat has null there."""
    for scope in order.scopes:
        desk.demand(scope)
    key, secret = await actions.create_key(
        session, name=order.name, scopes=order.scopes, by=desk.actor, expires_at=order.expires_at, sections=order.sections
    )
    made = schemas.KeyCreated.with_secret(key, secret)
    headers = {**PRIVATE, "Location": f"/v1/keys/{made.id}"}
    request.state.kept_answer = answer(made.model_copy(update={"secret": None}), status=201, headers=headers)
    return answer(made, status=201, headers=headers)


@router.get(
    "/keys/{key_id}",
    response_model=schemas.KeyOut,
    responses=problems(NotFound),
)
async def get_key(key_id: KeyId, _desk: Administrator, session: Reader) -> Response:
    """Show one key, without its secret."""
    return answer(schemas.KeyOut.of(await queries.get_key(session, _uuid(key_id))), headers=PRIVATE)


@router.delete("/keys/{key_id}", status_code=204, responses=problems(NotFound))
async def revoke_key(key_id: KeyId, desk: Administrator, session: Writer) -> Response:
    """Revoke a key at once. It stays in the list, since the log refers to it; revoking it again changes nothing."""
    await actions.revoke_key(session, await queries.get_key(session, _uuid(key_id)), by=desk.actor)
    return Response(status_code=204)


def _uuid(text: str) -> UUID:
    found = ids.decode("key", text)
    if found is None:
        raise NotFound("There is no such key.")
    return found
