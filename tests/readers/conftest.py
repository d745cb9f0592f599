"""A publisher's identity provider, and the members that it vouches for."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from app.core import clock
from app.core.settings import Settings
from tests.conftest import serving
from tests.newsroom import Client, Newsroom

ISSUER, AUDIENCE = "https://accounts.paper.example", "comments"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EDWARDS = ed25519.Ed25519PrivateKey.generate()


def claims(subject: str = "u-1", **more: Any) -> dict[str, Any]:
    """What a sound token says; a claim that is None is left out."""
    until = int((clock.now() + timedelta(hours=1)).timestamp())
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": until, "name": "Ida Holm", **more}
    return {name: value for name, value in said.items() if value is not None}


def token(subject: str = "u-1", *, algorithm: str = "RS256", key: Any = None, kid: str | None = "k1", **more: Any) -> str:
    """A token of a member, signed by the provider unless `key` is another."""
    own: dict[str, Any] = {"RS256": RSA, "EdDSA": EDWARDS}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(subject, **more), own[algorithm] if key is None else key, algorithm=algorithm, headers=headers)


def jwk_set() -> str:
    """The provider's public keys."""
    first = {**json.loads(RSAAlgorithm.to_jwk(RSA.public_key())), "kid": "k1", "use": "sig", "alg": "RS256"}
    second = {**json.loads(OKPAlgorithm.to_jwk(EDWARDS.public_key())), "kid": "k2"}
    return json.dumps({"keys": [first, second]})


def part(value: Any) -> str:
    """A part of a token, as it is written."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_members(settings: Settings, keys: Path) -> Settings:
    """The same settings, with a provider whose keys stand in a file."""
    keys.write_text(jwk_set())
    said = {"member_issuer": ISSUER, "member_audience": AUDIENCE, "member_algorithms": ["RS256", "EdDSA"], "member_keys": str(keys)}
    return settings.model_copy(update=said)


@dataclass(slots=True)
class Club:
    """A newsroom that has members."""

    newsroom: Newsroom
    article: dict[str, Any]

    @property
    def address(self) -> str:
        return f"/v1/articles/{self.article['id']}/comments"

    def member(self, subject: str = "u-1", **more: Any) -> Client:
        """Somebody with a sound token."""
        return self.newsroom.client(token(subject, **more))


@pytest.fixture
async def club(settings: Settings, tmp_path: Path) -> AsyncIterator[Club]:
    async with serving(with_members(settings, tmp_path / "jwks.json")) as newsroom:
        yield Club(newsroom, await newsroom.article())
