"""Who takes part, as requests show it: put before the endpoints where readers write."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.access.errors import Unauthorized
from app.access.guards import Caller, Credentials, find_caller
from app.access.secrets import PREFIX
from app.core.http import A_MEMBER
from app.core.inside import inside_of
from app.readers.addresses import Digests
from app.readers.kind import NOBODY, Commenter
from app.readers.members import Members
from app.readers.tokens import RefusedTokenError

member = HTTPBearer(
    auto_error=False, scheme_name="member", bearerFormat="JWT",
    description="A member's token, as the publisher's identity provider signed it.",
)  # fmt: skip
Token = Annotated[HTTPAuthorizationCredentials | None, Depends(member)]


async def find_speaker(request: Request, credentials: Credentials, _token: Token) -> Caller:
    """Whoever is asking, where members may ask too: a member has no key, and the log names them as any reader."""
    if inside_of(request.scope) is None and credentials is not None and _is_of_a_member(request, credentials.credentials):
        return Caller(None)
    return await find_caller(request, credentials)


Speaker = Annotated[Caller, Depends(find_speaker)]


async def find_member(request: Request, credentials: Credentials, caller: Speaker) -> Commenter:
    """A member, by their token; else a guest of whom nothing is known."""
    if caller.key is not None or credentials is None or inside_of(request.scope) is not None:
        return NOBODY
    return await _prove(request, credentials.credentials)


Visitor = Annotated[Commenter, Depends(find_member)]


async def insist_on_member(who: Annotated[Commenter, Security(find_member, scopes=[A_MEMBER])]) -> Commenter:
    """A member, by their token; raises Unauthorized where there is none."""
    if who.member_id is None:
        raise Unauthorized("This needs the token of a member.")
    return who


MemberOnly = Annotated[Commenter, Depends(insist_on_member)]


async def find_participant(request: Request, caller: Speaker, who: Visitor) -> Commenter:
    """Who takes part: a member by their token, a guest by digests of the address.

    Whoever sends a key speaks for others, whose address is not that of the request: of them nothing is known.
    """
    if caller.key is not None:
        return who
    digests: Digests = request.app.state.digests
    known = await digests.of(None if request.client is None else request.client.host)
    return replace(who, address_digest=known.address, network_digest=known.network, earlier_digests=known.earlier)


def _is_of_a_member(request: Request, secret: str) -> bool:
    members: Members = request.app.state.members
    return members.known and not secret.startswith(PREFIX)


async def _prove(request: Request, token: str) -> Commenter:
    members: Members = request.app.state.members
    try:
        who = await members.prove(token)
    except RefusedTokenError as error:
        raise Unauthorized(str(error)) from None
    request.state.caller = f"member {who.member_id}"
    await request.app.state.limits.take_member(who.member_id, request.method, request.headers["authorization"])
    return who


Participant = Annotated[Commenter, Depends(find_participant)]
