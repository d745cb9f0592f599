"""Who takes part, as requests show it: put before the endpoints where readers write."""

from dataclasses import replace
from typing import Annotated, NamedTuple

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.access.errors import Unauthorized
from app.access.guards import Caller, Credentials, caller_of
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


class Voice(NamedTuple):
    """Who asks, as the log and the scopes know them, and who it is that takes part. A member has no key: the log names any reader."""

    caller: Caller
    who: Commenter


async def find_visitor(request: Request, credentials: Credentials, _token: Token) -> Voice:
    """Whoever is asking, where members may ask too: a member by their token, else somebody of whom nothing is known."""
    if inside_of(request.scope) is None and credentials is not None and not credentials.credentials.startswith(PREFIX):
        return Voice(Caller(None), await _prove(request, credentials.credentials))
    return Voice(await caller_of(request, credentials), NOBODY)


Visitor = Annotated[Voice, Depends(find_visitor)]


async def insist_on_member(voice: Annotated[Voice, Security(find_visitor, scopes=[A_MEMBER])]) -> Commenter:
    """A member, by their token; raises Unauthorized where there is none."""
    if voice.who.member_id is None:
        raise Unauthorized("This needs the token of a member.")
    return voice.who


MemberOnly = Annotated[Commenter, Depends(insist_on_member)]


async def find_participant(request: Request, credentials: Credentials, token: Token) -> Voice:
    """Who takes part: a member by their token, a guest by digests of the address.

    Whoever sends a key speaks for others, whose address is not that of the request: of them nothing is known.
    """
    voice = await find_visitor(request, credentials, token)
    if voice.caller.key is not None:
        return voice
    digests: Digests = request.app.state.digests
    known = await digests.of(None if request.client is None else request.client.host)
    who = replace(voice.who, address_digest=known.address, network_digest=known.network, earlier_digests=known.earlier)
    return voice._replace(who=who)


async def _prove(request: Request, token: str) -> Commenter:
    members: Members = request.app.state.members
    if not members.known:
        raise Unauthorized(f"It is no key ({PREFIX}…), and nobody is a member here: no DATELINE_MEMBER_ISSUER is set.")
    try:
        who = await members.prove(token)
    except RefusedTokenError as error:
        raise Unauthorized(str(error)) from None
    request.state.caller = f"member {who.member_id}"
    await request.app.state.limits.take_member(who.member_id, request.method, request.headers["authorization"])
    return who


Participant = Annotated[Voice, Depends(find_participant)]
