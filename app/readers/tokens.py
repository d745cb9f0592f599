"""Tokens by which a publisher's identity provider vouches for its members: JWTs (RFC 7519, checked as RFC 8725 says). Pure.

The algorithm is ours to choose, not the token's: one that is not pinned is refused before a key is looked for, and a key is used with the
algorithm of its kind only. What a header names (`jku`, `x5u`, `jwk`) is never followed; `kid` chooses among the keys that are there.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from app.core.text import scrub, tidy

LONGEST = 8_192
_LONGEST_SUBJECT, _LONGEST_NAME, _LONGEST_BADGE = 255, 80, 40
_SHORTEST_RSA = 2_048
_MOST_KEYS = 100
_SECRET = "HS256"  # noqa: S105 - the name of an algorithm
_MAKERS: dict[str, Any] = {"RSA": ("RS256", RSAAlgorithm), "OKP": ("EdDSA", OKPAlgorithm)}
_NEEDED = ["exp", "iss", "aud", "sub"]

PublicKey = RSAPublicKey | Ed25519PublicKey


class RefusedTokenError(Exception):
    """The token proves nothing; the text says why, in words that are safe to be shown."""


class UnknownKeyError(RefusedTokenError):
    """It is signed with a key that is not known, yet."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that the issuer signs with, and the one algorithm that it is for."""

    algorithm: str
    value: PublicKey | str
    kid: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a token must be like."""

    issuer: str
    audience: str
    algorithms: Collection[str]
    leeway: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of a member, once it is proved."""

    issuer: str
    subject: str
    name: str | None
    badge: str | None


def read_keys(text: bytes | str) -> list[Key]:
    """The keys of a JWK set that tokens can be signed with; others in it are passed over. Raises ValueError where it is none."""
    document = json.loads(text)
    found = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise ValueError("It is no JWK set: `keys` is missing.")  # noqa: TRY004 - it is about what the text says
    return [key for each in found[:_MOST_KEYS] if isinstance(each, dict) and (key := _read_key(each)) is not None]


def _read_key(jwk: dict[str, Any]) -> Key | None:
    algorithm, maker = _MAKERS.get(str(jwk.get("kty")), (None, None))
    if algorithm is None or jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm or "d" in jwk:
        return None
    try:
        value = maker.from_jwk(jwk)
    except (jwt.InvalidKeyError, ValueError, TypeError, KeyError):
        return None
    weak = isinstance(value, RSAPublicKey) and value.key_size < _SHORTEST_RSA
    if weak or not isinstance(value, RSAPublicKey | Ed25519PublicKey):
        return None
    kid = jwk.get("kid")
    return Key(algorithm, value, kid if isinstance(kid, str) else None)


def secret_key(secret: str) -> Key:
    """The secret that is shared with the issuer."""
    return Key(_SECRET, secret)


def prove(token: str, rules: Rules, keys: Sequence[Key]) -> Claims:
    """What the token says; raises RefusedTokenError, or UnknownKeyError where newer keys may help."""
    if len(token) > LONGEST:
        raise RefusedTokenError("The token is too long.")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise RefusedTokenError("The token is neither a key of this service nor a JWT.") from None
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in rules.algorithms:
        raise RefusedTokenError("The token is not signed by an algorithm that is accepted here.")
    if "crit" in header:
        raise RefusedTokenError("The token asks for an extension that is not known here.")
    payload = _decoded(token, rules, _key_for(header, keys))
    return _claims(payload, rules)


def _key_for(header: dict[str, Any], keys: Sequence[Key]) -> Key:
    fitting = [key for key in keys if key.algorithm == header["alg"]]
    if header.get("kid") is not None and any(key.kid is not None for key in fitting):
        fitting = [key for key in fitting if key.kid == header["kid"]]
    if len(fitting) != 1:
        raise UnknownKeyError("The token is signed with a key that is not known here.")
    return fitting[0]


def _decoded(token: str, rules: Rules, key: Key) -> dict[str, Any]:
    try:
        payload: dict[str, Any] = jwt.decode(
            token, key.value, algorithms=[key.algorithm], audience=rules.audience, issuer=rules.issuer, leeway=rules.leeway,
            options={"require": _NEEDED},
        )  # fmt: skip
    except jwt.ExpiredSignatureError:
        raise RefusedTokenError("The token has expired.") from None
    except jwt.MissingRequiredClaimError as error:
        raise RefusedTokenError(f"The token lacks the claim {error.claim}.") from None
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
        raise RefusedTokenError("The token was made by somebody else, or for somebody else.") from None
    except (jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError):
        raise RefusedTokenError("The token is not valid yet.") from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        raise RefusedTokenError("The token's signature or content does not hold.") from None
    return payload


def _claims(payload: dict[str, Any], rules: Rules) -> Claims:
    subject = payload["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or scrub(subject) != subject:
        raise RefusedTokenError("The token's `sub` names nobody.")
    name = _text(payload.get("name"), _LONGEST_NAME) or _text(payload.get("preferred_username"), _LONGEST_NAME)
    return Claims(rules.issuer, subject, name, _text(payload.get("badge"), _LONGEST_BADGE))


def _text(value: Any, most: int) -> str | None:
    """A claim as one line of text, cut where it is too long; none where it is none."""
    if not isinstance(value, str):
        return None
    return " ".join(tidy(scrub(value)).split())[:most].strip() or None
