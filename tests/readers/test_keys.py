"""The keys of the publisher's identity provider at an address: fetched when they are needed, and kept where they cannot be."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import trustme

from app.core import clock
from app.core.net import Outbound
from app.core.settings import Settings
from app.readers.errors import MembersUnavailable
from app.readers.members import Members
from app.readers.tokens import RefusedTokenError, UnknownKeyError
from tests.readers.conftest import AUDIENCE, ISSUER, jwk_set, token


@dataclass(slots=True)
class Provider:
    """A provider that says what it is told to, and counts how often it is asked."""

    port: int = 0
    status: str = "200 OK"
    body: str = field(default_factory=jwk_set)
    asked: list[bytes] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\n\r\n{self.body}".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def provider() -> AsyncIterator[tuple[Provider, Members]]:
    """A provider behind TLS, and what asks it."""
    authority, serving, asking = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    authority.configure_trust(asking)
    found = Provider()
    server = await asyncio.start_server(found.handle, "127.0.0.1", 0, ssl=serving)
    found.port = server.sockets[0].getsockname()[1]
    settings = Settings(
        _env_file=None, member_issuer=ISSUER, member_audience=AUDIENCE, member_keys=f"https://127.0.0.1:{found.port}/keys",
        allowed_private_hosts=["127.0.0.1"],
    )  # fmt: skip
    members = Members(settings, Outbound(["127.0.0.1"], tls=asking))
    yield found, members
    members.close()
    server.close()


async def test_keys_are_fetched_once_for_many_tokens_and_again_after_a_while(provider: tuple[Provider, Members]) -> None:
    serving, members = provider
    begun = clock.now()

    await asyncio.gather(*(members.prove(token(f"u-{number}")) for number in range(5)))
    assert len(serving.asked) == 1
    assert serving.asked[0].startswith(b"GET /keys HTTP/1.1\r\n")
    with clock.stopped_at(begun + timedelta(minutes=11)):
        await members.prove(token())
    assert len(serving.asked) == 2


async def test_a_key_that_is_new_is_fetched_but_not_at_a_strangers_pace(provider: tuple[Provider, Members]) -> None:
    serving, members = provider
    both = json.loads(serving.body)
    serving.body, begun = json.dumps({"keys": both["keys"][1:]}), clock.now()

    with clock.stopped_at(begun):
        for _ in range(5):
            with pytest.raises(UnknownKeyError):
                await members.prove(token())
    serving.body = json.dumps(both)
    with clock.stopped_at(begun + timedelta(seconds=31)):
        assert (await members.prove(token())).subject == "u-1"
        for number in range(5):
            with pytest.raises(RefusedTokenError):
                await members.prove(token(kid=f"made up {number}"))

    assert len(serving.asked) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [("500 No", "{}"), ("200 OK", "no JSON"), ("200 OK", "[]"), ("200 OK", "[" * 150_000), ("302 There", "{}")],
    ids=["refused", "text", "list", "deep", "elsewhere"],
)
async def test_keys_that_are_known_stay_where_none_can_be_had(provider: tuple[Provider, Members], status: str, body: str) -> None:
    serving, members = provider
    begun = clock.now()
    await members.prove(token())
    serving.status, serving.body = status, body

    with clock.stopped_at(begun + timedelta(minutes=11)):
        assert (await members.prove(token())).subject == "u-1"


async def test_where_none_were_ever_had_it_is_said_so(provider: tuple[Provider, Members]) -> None:
    serving, members = provider
    serving.status = "503 Later"

    with pytest.raises(MembersUnavailable):
        await members.prove(token())


async def test_an_address_that_is_not_public_is_not_asked() -> None:
    members = Members(Settings(_env_file=None, member_issuer=ISSUER, member_audience=AUDIENCE, member_keys="https://127.0.0.1/keys"))

    with pytest.raises(MembersUnavailable):
        await members.prove(token())
    members.close()
